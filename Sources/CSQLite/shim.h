#pragma once
#include <sqlite3.h>

// Only what Swift cannot call: variadic functions and function-pointer macros.

/// SQLITE_TRANSIENT is a cast of -1 to a function pointer, which Swift cannot import.
static inline int vr_sqlite3_bind_text_copy(sqlite3_stmt *s, int i, const char *t, sqlite3_uint64 n) {
    return sqlite3_bind_text64(s, i, t, n, SQLITE_TRANSIENT, SQLITE_UTF8);
}

static inline int vr_sqlite3_bind_blob_copy(sqlite3_stmt *s, int i, const void *b, sqlite3_uint64 n) {
    return sqlite3_bind_blob64(s, i, b, n, SQLITE_TRANSIENT);
}

/// The caller keeps the bytes alive until the statement is reset.
static inline int vr_sqlite3_bind_text_borrowed(sqlite3_stmt *s, int i, const char *t, sqlite3_uint64 n) {
    return sqlite3_bind_text64(s, i, t, n, SQLITE_STATIC, SQLITE_UTF8);
}

static inline int vr_sqlite3_bind_blob_borrowed(sqlite3_stmt *s, int i, const void *b, sqlite3_uint64 n) {
    return sqlite3_bind_blob64(s, i, b, n, SQLITE_STATIC);
}

/// Variadic: SQLite counts no memory, which would take a lock of the whole process for every piece. Before its first use.
static inline int vr_sqlite3_config_without_memory_statistics(void) {
    return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

/// Variadic: switch one boolean connection option.
static inline int vr_sqlite3_db_config_bool(sqlite3 *db, int option, int on) {
    return sqlite3_db_config(db, option, on, (int *)0);
}
