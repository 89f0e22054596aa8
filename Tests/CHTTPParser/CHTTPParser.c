#include "CHTTPParser.h"

#include <http_parser.h>
#include <string.h>

struct state {
    const char *start;
    struct chttp_result *result;
    int last_was_value;
};

static struct state *state_of(http_parser *parser) { return parser->data; }

static struct chttp_message *message_of(http_parser *parser) {
    struct chttp_result *result = state_of(parser)->result;
    return &result->messages[result->message_count - 1];
}

// A callback may get one thing in several pieces; they follow one another in the input.
static void extend(struct chttp_slice *slice, struct state *state, const char *at, size_t length) {
    if (slice->length == 0) slice->start = (size_t)(at - state->start);
    slice->length += length;
}

static int on_message_begin(http_parser *parser) {
    struct state *state = state_of(parser);
    if (state->result->message_count == CHTTP_MESSAGES_MAX) return 1;
    memset(&state->result->messages[state->result->message_count], 0, sizeof(struct chttp_message));
    state->result->message_count++;
    state->last_was_value = 1;
    return 0;
}

static int on_url(http_parser *parser, const char *at, size_t length) {
    extend(&message_of(parser)->target, state_of(parser), at, length);
    return 0;
}

static int on_header_field(http_parser *parser, const char *at, size_t length) {
    struct chttp_message *message = message_of(parser);
    if (state_of(parser)->last_was_value) {
        if (message->field_count == CHTTP_FIELDS_MAX) return 1;
        message->field_count++;
        state_of(parser)->last_was_value = 0;
    }
    extend(&message->fields[message->field_count - 1].name, state_of(parser), at, length);
    return 0;
}

static int on_header_value(http_parser *parser, const char *at, size_t length) {
    struct chttp_message *message = message_of(parser);
    state_of(parser)->last_was_value = 1;
    extend(&message->fields[message->field_count - 1].value, state_of(parser), at, length);
    return 0;
}

static int on_headers_complete(http_parser *parser) {
    struct chttp_message *message = message_of(parser);
    message->method = http_method_str((enum http_method)parser->method);
    message->minor_version = parser->http_minor;
    message->keeps_alive = http_should_keep_alive(parser);
    message->is_upgrade = parser->upgrade;
    message->head_is_complete = 1;
    return 0;
}

static int on_body(http_parser *parser, const char *at, size_t length) {
    extend(&message_of(parser)->body, state_of(parser), at, length);
    return 0;
}

static int on_message_complete(http_parser *parser) {
    message_of(parser)->is_complete = 1;
    return 0;
}

void chttp_parse_requests(const uint8_t *bytes, size_t length, struct chttp_result *result) {
    http_parser_settings settings;
    http_parser_settings_init(&settings);
    settings.on_message_begin = on_message_begin;
    settings.on_url = on_url;
    settings.on_header_field = on_header_field;
    settings.on_header_value = on_header_value;
    settings.on_headers_complete = on_headers_complete;
    settings.on_body = on_body;
    settings.on_message_complete = on_message_complete;

    result->message_count = 0;
    struct state state = {(const char *)bytes, result, 1};
    http_parser parser;
    http_parser_init(&parser, HTTP_REQUEST);
    parser.data = &state;
    result->parsed = http_parser_execute(&parser, &settings, (const char *)bytes, length);
    result->error = (int)HTTP_PARSER_ERRNO(&parser);
    result->error_name = http_errno_name(HTTP_PARSER_ERRNO(&parser));
}
