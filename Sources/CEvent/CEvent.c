#include "CEvent.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

static struct timeval timeval_of(int64_t milliseconds) {
    if (milliseconds < 0)
        milliseconds = 0;
    struct timeval value = {.tv_sec = milliseconds / 1000, .tv_usec = (milliseconds % 1000) * 1000};
    return value;
}

// Loop

struct cevent_loop {
    struct event_base *base;
    struct event *wake_event;
    int wake_descriptor;
    cevent_callback woken;
    void *context;
};

static void loop_woken(evutil_socket_t descriptor, short what, void *argument) {
    (void)what;
    cevent_loop *loop = argument;
    uint64_t count;
    ssize_t got = read(descriptor, &count, sizeof count);
    (void)got; // EAGAIN: somebody else's wake-up was read already
    loop->woken(loop->context);
}

cevent_loop *cevent_loop_create(cevent_callback woken, void *context) {
    cevent_loop *loop = calloc(1, sizeof *loop);
    if (loop == NULL)
        return NULL;
    loop->woken = woken;
    loop->context = context;
    loop->wake_descriptor = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    struct event_config *config = event_config_new();
    if (config != NULL) {
        event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
        loop->base = event_base_new_with_config(config);
        event_config_free(config);
    }
    if (loop->base != NULL && loop->wake_descriptor >= 0)
        loop->wake_event = event_new(loop->base, loop->wake_descriptor, EV_READ | EV_PERSIST, loop_woken, loop);
    if (loop->wake_event == NULL || event_add(loop->wake_event, NULL) != 0) {
        cevent_loop_destroy(loop);
        return NULL;
    }
    return loop;
}

void cevent_loop_wake(cevent_loop *loop) {
    uint64_t one = 1;
    ssize_t put = write(loop->wake_descriptor, &one, sizeof one);
    (void)put; // EAGAIN: the counter is full, so the loop wakes up anyway
}

void cevent_loop_run(cevent_loop *loop) { event_base_loop(loop->base, EVLOOP_NO_EXIT_ON_EMPTY); }

void cevent_loop_break(cevent_loop *loop) { event_base_loopbreak(loop->base); }

void cevent_loop_destroy(cevent_loop *loop) {
    if (loop->wake_event != NULL)
        event_free(loop->wake_event);
    if (loop->base != NULL) {
        // Freed bufferevents close their descriptors in a finalizer, which is an event too.
        event_base_loop(loop->base, EVLOOP_NONBLOCK);
        event_base_free(loop->base);
    }
    if (loop->wake_descriptor >= 0)
        close(loop->wake_descriptor);
    free(loop);
}

// Listener

struct cevent_listener {
    struct evconnlistener *listener;
    struct event *retry;
    cevent_accepted accepted;
    cevent_callback starved;
    void *context;
};

static void listener_accepted(struct evconnlistener *inner, evutil_socket_t descriptor, struct sockaddr *peer,
                              int peer_length, void *argument) {
    (void)inner;
    (void)peer_length;
    cevent_listener *listener = argument;
    char address[INET6_ADDRSTRLEN] = "";
    char group[INET6_ADDRSTRLEN + 4] = "";
    if (peer->sa_family == AF_INET) {
        inet_ntop(AF_INET, &((struct sockaddr_in *)peer)->sin_addr, address, sizeof address);
        strcpy(group, address);
    } else if (peer->sa_family == AF_INET6) {
        struct in6_addr full = ((struct sockaddr_in6 *)peer)->sin6_addr;
        if (IN6_IS_ADDR_V4MAPPED(&full)) {
            inet_ntop(AF_INET, &full.s6_addr[12], address, sizeof address);
            strcpy(group, address);
        } else {
            inet_ntop(AF_INET6, &full, address, sizeof address);
            memset(&full.s6_addr[8], 0, 8);
            inet_ntop(AF_INET6, &full, group, INET6_ADDRSTRLEN);
            strcat(group, "/64");
        }
    }
    int on = 1; // fails on a Unix socket, which has no such delay
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    listener->accepted(listener->context, descriptor, address, group);
}

static void listener_failed(struct evconnlistener *inner, void *argument) {
    cevent_listener *listener = argument;
    evconnlistener_disable(inner);
    listener->starved(listener->context);
}

static void listener_retry(evutil_socket_t descriptor, short what, void *argument) {
    (void)descriptor;
    (void)what;
    evconnlistener_enable(((cevent_listener *)argument)->listener);
}

static uint16_t port_of(int descriptor) {
    struct sockaddr_storage name;
    socklen_t length = sizeof name;
    if (getsockname(descriptor, (struct sockaddr *)&name, &length) != 0)
        return 0;
    return ntohs(name.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&name)->sin6_port
                                            : ((struct sockaddr_in *)&name)->sin_port);
}

int cevent_adopt(int descriptor, char *address, size_t size, uint16_t *port) {
    struct sockaddr_storage name;
    socklen_t length = sizeof name;
    int type = 0, listens = 0;
    socklen_t option_length = sizeof type;
    *port = 0;
    address[0] = '\0';
    if (getsockname(descriptor, (struct sockaddr *)&name, &length) != 0 ||
        getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &option_length) != 0 || type != SOCK_STREAM ||
        getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listens, &option_length) != 0 || !listens)
        return -1;
    if (name.ss_family == AF_INET || name.ss_family == AF_INET6) {
        if (getnameinfo((struct sockaddr *)&name, length, address, size, NULL, 0, NI_NUMERICHOST) != 0)
            return -1;
        *port = port_of(descriptor);
    } else if (name.ss_family != AF_UNIX) {
        return -1;
    }
    if (fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK) != 0 ||
        fcntl(descriptor, F_SETFD, FD_CLOEXEC) != 0)
        return -1;
    return 0;
}

int cevent_listen(const char *address, uint16_t port, uint16_t *bound_port, int *error_number) {
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE};
    struct addrinfo *found = NULL;
    char service[8];
    snprintf(service, sizeof service, "%u", port);
    if (getaddrinfo(address, service, &hints, &found) != 0) {
        *error_number = EINVAL;
        return -1;
    }
    int descriptor = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int on = 1;
    if (descriptor < 0 || setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        bind(descriptor, found->ai_addr, found->ai_addrlen) != 0 || listen(descriptor, SOMAXCONN) != 0) {
        *error_number = errno;
        if (descriptor >= 0)
            close(descriptor);
        descriptor = -1;
    } else {
        *bound_port = port_of(descriptor);
    }
    freeaddrinfo(found);
    return descriptor;
}

cevent_listener *cevent_listener_create(cevent_loop *loop, int descriptor, cevent_accepted accepted,
                                        cevent_callback starved, void *context) {
    cevent_listener *listener = calloc(1, sizeof *listener);
    if (listener != NULL) {
        listener->accepted = accepted;
        listener->starved = starved;
        listener->context = context;
        listener->retry = evtimer_new(loop->base, listener_retry, listener);
        // Backlog 0: the socket listens already.
        listener->listener = evconnlistener_new(loop->base, listener_accepted, listener,
                                                LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, descriptor);
    }
    if (listener == NULL || listener->retry == NULL || listener->listener == NULL) {
        if (listener == NULL || listener->listener == NULL)
            close(descriptor);
        if (listener != NULL)
            cevent_listener_destroy(listener);
        return NULL;
    }
    evconnlistener_set_error_cb(listener->listener, listener_failed);
    return listener;
}

void cevent_listener_enable(cevent_listener *listener) { evconnlistener_enable(listener->listener); }

void cevent_listener_enable_after(cevent_listener *listener, int64_t milliseconds) {
    struct timeval delay = timeval_of(milliseconds);
    event_add(listener->retry, &delay);
}

void cevent_listener_disable(cevent_listener *listener) { evconnlistener_disable(listener->listener); }

void cevent_listener_destroy(cevent_listener *listener) {
    if (listener->listener != NULL)
        evconnlistener_free(listener->listener);
    if (listener->retry != NULL)
        event_free(listener->retry);
    free(listener);
}

// TLS. A `cevent_tls` is an SSL_CTX under another name, and counts its users by itself.

static const unsigned char protocol[] = "\x08http/1.1";

static int select_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_length, const unsigned char *in,
                           unsigned int in_length, void *argument) {
    (void)ssl;
    (void)argument;
    unsigned char *chosen;
    if (SSL_select_next_proto(&chosen, out_length, protocol, sizeof protocol - 1, in, in_length) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL; // RFC 7301, section 3.2: no_application_protocol
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

static int no_passphrase(char *buffer, int size, int writing, void *argument) {
    (void)buffer;
    (void)size;
    (void)writing;
    (void)argument;
    return -1; // OpenSSL's own callback would ask on the terminal
}

cevent_tls *cevent_tls_create(const char *certificate_file, const char *key_file, char *why, size_t why_size) {
    ERR_clear_error();
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    if (context != NULL) {
        SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
        // A peer that ends without close_notify is at its end of file all the same: lengths frame the messages.
        SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                         SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_IGNORE_UNEXPECTED_EOF);
        // TLS 1.2 with forward secrecy and authenticated encryption only; the suites of 1.3 all have both.
        int has_ciphers = SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20");
        SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
        SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF); // tickets need no memory here
        SSL_CTX_set_alpn_select_cb(context, select_protocol, NULL);
        SSL_CTX_set_default_passwd_cb(context, no_passphrase);
        if (has_ciphers == 1 && SSL_CTX_use_certificate_chain_file(context, certificate_file) == 1 &&
            SSL_CTX_use_PrivateKey_file(context, key_file, SSL_FILETYPE_PEM) == 1 &&
            SSL_CTX_check_private_key(context) == 1)
            return (cevent_tls *)context;
    }
    ERR_error_string_n(ERR_get_error(), why, why_size);
    ERR_clear_error();
    SSL_CTX_free(context);
    return NULL;
}

void cevent_tls_release(cevent_tls *tls) { SSL_CTX_free((SSL_CTX *)tls); }

// Connection

struct cevent_connection {
    struct bufferevent *buffer;
    struct event *timer;
    cevent_handlers handlers;
};

static void connection_readable(struct bufferevent *buffer, void *argument) {
    (void)buffer;
    cevent_connection *connection = argument;
    connection->handlers.readable(connection->handlers.context);
}

static void connection_drained(struct bufferevent *buffer, void *argument) {
    (void)buffer;
    cevent_connection *connection = argument;
    connection->handlers.drained(connection->handlers.context);
}

static void connection_event(struct bufferevent *buffer, short what, void *argument) {
    (void)buffer;
    cevent_connection *connection = argument;
    if (what & (BEV_EVENT_ERROR | BEV_EVENT_TIMEOUT))
        connection->handlers.ended(connection->handlers.context, CEVENT_FAILED);
    else if (what & BEV_EVENT_EOF)
        connection->handlers.ended(connection->handlers.context,
                                   (what & BEV_EVENT_READING) ? CEVENT_END_OF_FILE : CEVENT_FAILED);
}

static void connection_expired(evutil_socket_t descriptor, short what, void *argument) {
    (void)descriptor;
    (void)what;
    cevent_connection *connection = argument;
    connection->handlers.expired(connection->handlers.context);
}

// Deferred callbacks: no handler ever runs inside one of our own calls into libevent.
static struct bufferevent *new_buffer(cevent_loop *loop, int descriptor, cevent_tls *tls) {
    const int options = BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS;
    struct bufferevent *buffer = NULL;
    if (tls == NULL) {
        buffer = bufferevent_socket_new(loop->base, descriptor, options);
    } else {
        SSL *ssl = SSL_new((SSL_CTX *)tls);
        if (ssl != NULL) {
            // When this fails, for want of memory, versions differ in who frees `ssl`: a leak is the lesser evil.
            buffer =
                bufferevent_openssl_socket_new(loop->base, descriptor, ssl, BUFFEREVENT_SSL_ACCEPTING, options);
            if (buffer != NULL)
                bufferevent_openssl_set_allow_dirty_shutdown(buffer, 1);
        }
    }
    if (buffer == NULL)
        close(descriptor);
    return buffer;
}

cevent_connection *cevent_connection_create(cevent_loop *loop, int descriptor, cevent_tls *tls,
                                            cevent_handlers handlers) {
    struct bufferevent *buffer = new_buffer(loop, descriptor, tls);
    if (buffer == NULL)
        return NULL;
    cevent_connection *connection = calloc(1, sizeof *connection);
    if (connection != NULL)
        connection->timer = evtimer_new(loop->base, connection_expired, connection);
    if (connection == NULL || connection->timer == NULL) {
        bufferevent_free(buffer);
        free(connection);
        return NULL;
    }
    connection->buffer = buffer;
    connection->handlers = handlers;
    bufferevent_setcb(buffer, connection_readable, connection_drained, connection_event, connection);
    bufferevent_enable(buffer, EV_READ | EV_WRITE);
    return connection;
}

void cevent_connection_destroy(cevent_connection *connection) {
    bufferevent_free(connection->buffer); // clears the callbacks first
    event_free(connection->timer);
    free(connection);
}

size_t cevent_connection_input_length(cevent_connection *connection) {
    return evbuffer_get_length(bufferevent_get_input(connection->buffer));
}

size_t cevent_connection_read(cevent_connection *connection, void *bytes, size_t capacity) {
    int got = evbuffer_remove(bufferevent_get_input(connection->buffer), bytes, capacity);
    return got < 0 ? 0 : (size_t)got;
}

void cevent_connection_discard_input(cevent_connection *connection) {
    struct evbuffer *input = bufferevent_get_input(connection->buffer);
    evbuffer_drain(input, evbuffer_get_length(input));
}

void cevent_connection_set_input_mark(cevent_connection *connection, size_t high) {
    bufferevent_setwatermark(connection->buffer, EV_READ, 0, high);
}

int cevent_connection_write(cevent_connection *connection, const void *bytes, size_t count) {
    return bufferevent_write(connection->buffer, bytes, count);
}

size_t cevent_connection_output_length(cevent_connection *connection) {
    return evbuffer_get_length(bufferevent_get_output(connection->buffer));
}

void cevent_connection_set_output_mark(cevent_connection *connection, size_t low) {
    bufferevent_setwatermark(connection->buffer, EV_WRITE, low, 0);
}

void cevent_connection_shutdown_output(cevent_connection *connection) {
    SSL *ssl = bufferevent_openssl_get_ssl(connection->buffer);
    if (ssl != NULL && SSL_is_init_finished(ssl)) {
        ERR_clear_error();
        SSL_shutdown(ssl);
        ERR_clear_error();
    }
    shutdown(bufferevent_getfd(connection->buffer), SHUT_WR);
}

void cevent_connection_start_timer(cevent_connection *connection, int64_t milliseconds) {
    struct timeval delay = timeval_of(milliseconds);
    event_add(connection->timer, &delay);
}

void cevent_connection_stop_timer(cevent_connection *connection) { event_del(connection->timer); }
