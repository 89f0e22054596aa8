#include "CSQLiteFaults.h"

#include <sqlite3.h>
#include <stdatomic.h>
#include <string.h>

static sqlite3_mem_methods system_memory;
static int config_result = -1;
static atomic_int armed, persists_on, watching;
static atomic_long failing_call, calls, failed, misuses, statements;

static int fails(int fault) {
    if (atomic_load_explicit(&armed, memory_order_acquire) != fault) return 0;
    long call = atomic_fetch_add(&calls, 1) + 1;
    long wanted = atomic_load(&failing_call);
    if (call != wanted && !(atomic_load(&persists_on) && call > wanted)) return 0;
    atomic_fetch_add(&failed, 1);
    return 1;
}

static void *faulty_malloc(int size) { return fails(VR_SQLITE_FAULT_MEMORY) ? 0 : system_memory.xMalloc(size); }

static void *faulty_realloc(void *block, int size) {
    return fails(VR_SQLITE_FAULT_MEMORY) ? 0 : system_memory.xRealloc(block, size);
}

/// What is used after its end shows itself.
static void scrubbing_free(void *block) {
    if (block) memset(block, 0xA5, (size_t)system_memory.xSize(block));
    system_memory.xFree(block);
}

static void note(void *context, int result, const char *message) {
    (void)context, (void)message;
    if ((result & 0xFF) == SQLITE_MISUSE && atomic_load(&watching)) atomic_fetch_add(&misuses, 1);
}

static int authorise(void *context, int action, const char *a, const char *b, const char *c, const char *d) {
    (void)context, (void)a, (void)b, (void)c, (void)d;
    switch (action) {
    // Once for a statement, most of the time.
    case SQLITE_SELECT: case SQLITE_INSERT: case SQLITE_UPDATE: case SQLITE_DELETE: case SQLITE_TRANSACTION:
    case SQLITE_SAVEPOINT: case SQLITE_PRAGMA:
        return fails(VR_SQLITE_FAULT_STATEMENT) ? SQLITE_DENY : SQLITE_OK;
    default: return SQLITE_OK;
    }
}

static int interrupt(void *context) {
    (void)context;
    return fails(VR_SQLITE_FAULT_INTERRUPT);
}

/// Steps of SQLite's virtual machine between two chances to interrupt it.
static const int steps = 20;

static int executed(unsigned event, void *context, void *statement, void *text) {
    (void)event, (void)context, (void)statement, (void)text;
    atomic_fetch_add(&statements, 1);
    return 0;
}

static int opened(sqlite3 *db, const char **message, const struct sqlite3_api_routines *api) {
    (void)message, (void)api;
    if (!atomic_load(&watching)) return SQLITE_OK;
    sqlite3_set_authorizer(db, authorise, 0);
    sqlite3_progress_handler(db, steps, interrupt, 0);
    // The end of a statement, not its beginning: to tell of the beginning of one within another, as the search index
    // runs them, SQLite allocates, and does not look whether it could.
    sqlite3_trace_v2(db, SQLITE_TRACE_PROFILE, executed, 0);
    return SQLITE_OK;
}

__attribute__((constructor)) static void install(void) {
    config_result = sqlite3_config(SQLITE_CONFIG_GETMALLOC, &system_memory);
    if (config_result != SQLITE_OK) return;
    sqlite3_mem_methods faulty = system_memory;
    faulty.xMalloc = faulty_malloc;
    faulty.xRealloc = faulty_realloc;
    faulty.xFree = scrubbing_free;
    config_result = sqlite3_config(SQLITE_CONFIG_MALLOC, &faulty);
    // Without memory set aside for each connection every allocation can be made to fail.
    if (config_result == SQLITE_OK) config_result = sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0);
    if (config_result == SQLITE_OK) config_result = sqlite3_config(SQLITE_CONFIG_LOG, note, (void *)0);
    if (config_result == SQLITE_OK) config_result = sqlite3_auto_extension((void (*)(void))opened);
}

int vr_sqlite_faults_are_installed(void) { return config_result == SQLITE_OK; }

long vr_sqlite_faults_misuses(void) { return atomic_load(&misuses); }

long vr_sqlite_faults_statements(void) { return atomic_load(&statements); }

void vr_sqlite_faults_watch(int is_on) { atomic_store(&watching, is_on); }

void vr_sqlite_faults_arm(int fault, long call, int persists) {
    atomic_store(&calls, 0);
    atomic_store(&failed, 0);
    atomic_store(&failing_call, call);
    atomic_store(&persists_on, persists);
    atomic_store_explicit(&armed, fault, memory_order_release);
}

long vr_sqlite_faults_disarm(long *failures) {
    atomic_store_explicit(&armed, 0, memory_order_release);
    if (failures) *failures = atomic_load(&failed);
    return atomic_load(&calls);
}
