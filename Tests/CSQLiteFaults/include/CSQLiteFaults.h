#pragma once

/// Makes calls inside SQLite fail: allocations, compilations of statements, running statements. What cannot be done
/// from Swift: `sqlite3_config` is variadic and has to come before SQLite's first use, so that it is called when the
/// program is loaded. For the whole process; SQLite's own out-of-memory tests work the same way (sqlite.org/testing.html).

enum vr_sqlite_fault {
    /// malloc and realloc.
    VR_SQLITE_FAULT_MEMORY = 1,
    /// Compiling a statement is not permitted.
    VR_SQLITE_FAULT_STATEMENT = 2,
    /// A running statement is interrupted.
    VR_SQLITE_FAULT_INTERRUPT = 3,
};

/// Whether the allocator was put in place before SQLite's first use.
int vr_sqlite_faults_are_installed(void);

/// How often SQLite was called with something that is no connection or statement any more.
long vr_sqlite_faults_misuses(void);

/// How many statements the connections that are watched have begun to execute.
long vr_sqlite_faults_statements(void);

/// Whether connections that are opened from now on can have statements refused and interrupted, and counted.
void vr_sqlite_faults_watch(int is_on);

/// Makes the `call`-th call of one kind from now on fail; with `persists` every later one too.
void vr_sqlite_faults_arm(int fault, long call, int persists);

/// Ends that; gives back how many calls of the kind there were, and in `failures` how many of them failed.
long vr_sqlite_faults_disarm(long *failures);
