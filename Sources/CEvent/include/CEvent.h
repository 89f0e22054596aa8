#pragma once

// What Swift cannot call of libevent: its headers do not import, and its callbacks, variadic
// options and timeval arguments need C. No policy here: limits, deadlines and the protocol are
// in HTTPServing. Only stdint and stddef are included, so that libevent's headers stay in CEvent.c.
//
// Everything but `cevent_loop_wake` belongs to the thread that runs the loop (or to the thread
// that sets the loop up, before it runs): the base is made without locks.

#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

typedef struct cevent_loop cevent_loop;
typedef struct cevent_listener cevent_listener;
typedef struct cevent_connection cevent_connection;
typedef struct cevent_tls cevent_tls;
typedef void (*cevent_callback)(void *_Nullable context);

// A loop. `woken` runs on the loop's thread after any number of `cevent_loop_wake`.
cevent_loop *_Nullable cevent_loop_create(cevent_callback woken, void *_Nullable context);
void cevent_loop_wake(cevent_loop *loop); // any thread
void cevent_loop_run(cevent_loop *loop);  // until cevent_loop_break
void cevent_loop_break(cevent_loop *loop);
void cevent_loop_destroy(cevent_loop *loop); // not while it runs; finishes pending frees first

// A listening, non-blocking TCP socket on a numeric address, or -1; port 0 lets the kernel choose. Any thread.
int cevent_listen(const char *address, uint16_t port, uint16_t *bound_port, int *error_number);

// Looks at a listening stream socket that somebody else has bound, and makes it non-blocking and close-on-exec. Its
// numeric address is "" for a Unix socket. 0, or -1 if it is none. Any thread.
int cevent_adopt(int descriptor, char *address, size_t size, uint16_t *port);

// Accepts from a listening descriptor and takes it, also when it fails. `accepted` owns each descriptor;
// `group` is the address, or the /64 network of an IPv6 address; both are "" for a Unix socket. `starved` is called when accepting fails
// (too many open files); the listener is then disabled.
typedef void (*cevent_accepted)(void *_Nullable context, int descriptor, const char *address, const char *group);
cevent_listener *_Nullable cevent_listener_create(cevent_loop *loop, int descriptor, cevent_accepted accepted,
                                                  cevent_callback starved, void *_Nullable context);
void cevent_listener_enable(cevent_listener *listener);
void cevent_listener_enable_after(cevent_listener *listener, int64_t milliseconds);
void cevent_listener_disable(cevent_listener *listener);
void cevent_listener_destroy(cevent_listener *listener);

// A server's certificate chain and key, from PEM files: TLS 1.2 or newer, no renegotiation, ALPN http/1.1 or nothing.
// Any thread. Connections keep what they need of it, so it may be released while they live. On failure NULL and why.
cevent_tls *_Nullable cevent_tls_create(const char *certificate_file, const char *key_file, char *why,
                                        size_t why_size);
void cevent_tls_release(cevent_tls *tls);

enum { CEVENT_END_OF_FILE = 1, CEVENT_FAILED = 2 };

typedef struct {
    cevent_callback readable;                                // bytes were added to the input
    cevent_callback drained;                                 // the output fell to its low mark
    void (*ended)(void *_Nullable context, int reason);      // the peer's end of file, or an error
    cevent_callback expired;                                 // the timer ran out
    void *_Nullable context;
} cevent_handlers;

// One accepted connection with its timer, encrypted if `tls` is given; the handshake happens by itself before the
// first `readable`. Takes the descriptor, also when it fails.
// No handler is called from inside these functions, nor after `cevent_connection_destroy`.
cevent_connection *_Nullable cevent_connection_create(cevent_loop *loop, int descriptor, cevent_tls *_Nullable tls,
                                                      cevent_handlers handlers);
void cevent_connection_destroy(cevent_connection *connection);

size_t cevent_connection_input_length(cevent_connection *connection);
size_t cevent_connection_read(cevent_connection *connection, void *bytes, size_t capacity);
void cevent_connection_discard_input(cevent_connection *connection);
void cevent_connection_set_input_mark(cevent_connection *connection, size_t high); // reading stops above it

int cevent_connection_write(cevent_connection *connection, const void *bytes, size_t count); // 0, or -1: no memory
size_t cevent_connection_output_length(cevent_connection *connection);
void cevent_connection_set_output_mark(cevent_connection *connection, size_t low);
// Sends close_notify under TLS, then FIN. The output must be empty.
void cevent_connection_shutdown_output(cevent_connection *connection);

void cevent_connection_start_timer(cevent_connection *connection, int64_t milliseconds);
void cevent_connection_stop_timer(cevent_connection *connection);

#pragma clang assume_nonnull end
