#ifndef CHTTPPARSER_H
#define CHTTPPARSER_H

#include <stddef.h>
#include <stdint.h>

// Node's http_parser behind a plain interface: an HTTP/1 parser that shares no code with ours.

enum { CHTTP_MESSAGES_MAX = 16, CHTTP_FIELDS_MAX = 128 };

struct chttp_slice {
    size_t start, length;
};

struct chttp_field {
    struct chttp_slice name, value;
};

struct chttp_message {
    /// As the parser spells it; it knows a fixed list.
    const char *method;
    struct chttp_slice target;
    struct chttp_field fields[CHTTP_FIELDS_MAX];
    size_t field_count;
    /// Bytes of the body, which stand together in the input.
    struct chttp_slice body;
    int minor_version;
    int keeps_alive;
    int is_upgrade;
    int head_is_complete, is_complete;
};

struct chttp_result {
    struct chttp_message messages[CHTTP_MESSAGES_MAX];
    size_t message_count;
    /// 0, or the parser's error number; `error_name` says which.
    int error;
    const char *error_name;
    /// How many bytes were parsed before the end or the error.
    size_t parsed;
};

/// Parses a whole connection's worth of requests. Slices are offsets into `bytes`.
void chttp_parse_requests(const uint8_t *bytes, size_t length, struct chttp_result *result);

#endif
