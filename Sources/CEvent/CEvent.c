#include "CEvent.h"

#include <arpa/inet.h>
#include <errno.h>
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
#include <event2/event.h>
#include <event2/listener.h>

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
    int on = 1;
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

cevent_connection *cevent_connection_create(cevent_loop *loop, int descriptor, cevent_handlers handlers) {
    // Deferred callbacks: no handler ever runs inside one of our own calls into libevent.
    struct bufferevent *buffer =
        bufferevent_socket_new(loop->base, descriptor, BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
    if (buffer == NULL) {
        close(descriptor);
        return NULL;
    }
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
    shutdown(bufferevent_getfd(connection->buffer), SHUT_WR);
}

void cevent_connection_start_timer(cevent_connection *connection, int64_t milliseconds) {
    struct timeval delay = timeval_of(milliseconds);
    event_add(connection->timer, &delay);
}

void cevent_connection_stop_timer(cevent_connection *connection) { event_del(connection->timer); }
