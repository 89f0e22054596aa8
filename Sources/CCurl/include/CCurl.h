#pragma once

// What Swift cannot call of libcurl: its options are variadic and its callbacks typed by comment. No policy here:
// what is sent, when to give up and what an error means are in HTTPClient. Only stdint and stddef are included.
//
// Everything but `ccurl_client_wake` belongs to one thread, the client's.

#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

typedef struct ccurl_client ccurl_client;
typedef struct ccurl_transfer ccurl_transfer;

// A multi handle with its pool of connections. The first call in a process initialises libcurl; calls from several
// threads are in order.
ccurl_client *_Nullable ccurl_client_create(void);
void ccurl_client_wake(ccurl_client *client); // any thread: ends the current or the next wait
void ccurl_client_perform(ccurl_client *client); // moves all transfers on as far as they go now
void ccurl_client_wait(ccurl_client *client, int milliseconds); // for something to perform, at most so long
// A transfer that has finished, with its CURLcode, or NULL.
ccurl_transfer *_Nullable ccurl_client_next_finished(ccurl_client *client, int *code);
void ccurl_client_destroy(ccurl_client *client); // after its transfers

enum { CCURL_CONTINUE = 0, CCURL_ABORT = 1, CCURL_PAUSE = 2 };

typedef struct {
    const char *url;
    const char *method;
    const char *_Nonnull const *_Nonnull header_lines; // "Name: value", "Name;" for an empty one, "Name:" to omit it
    size_t header_line_count;
    const void *_Nullable body; // copied; NULL for none
    size_t body_count;
    int64_t connect_timeout_milliseconds;
    int64_t timeout_milliseconds; // 0: none
    int64_t low_speed_bytes_per_second;
    int64_t low_speed_seconds; // 0: none
    int64_t body_bytes_max;    // 0: none
    const char *_Nullable authorities_file;   // NULL: the system's
    int checks_certificate;                   // by authorities, name and dates; without it only the pin counts
    const char *_Nullable pinned_public_keys; // libcurl's form: "sha256//<base64>;…"
    const char *_Nullable proxy;              // NULL: as the environment says; "": none
    // One line of a head, with its line end; and a piece of the body. Each answers CCURL_…; only a piece may pause.
    int (*head_line)(void *context, const char *bytes, size_t count);
    int (*body_piece)(void *context, const uint8_t *bytes, size_t count);
    void *context;
} ccurl_options;

// Starts a transfer, or returns NULL and the CURLcode of the option that was refused.
ccurl_transfer *_Nullable ccurl_transfer_start(ccurl_client *client, const ccurl_options *options, int *code);
void *ccurl_transfer_context(ccurl_transfer *transfer);
void ccurl_transfer_resume(ccurl_transfer *transfer);
const char *ccurl_transfer_error(ccurl_transfer *transfer); // libcurl's sentence, maybe empty
long ccurl_transfer_verification(ccurl_transfer *transfer); // OpenSSL's X509_V_… for the server's certificate
void ccurl_transfer_destroy(ccurl_transfer *transfer);      // also while it runs

const char *ccurl_code_text(int code);

#pragma clang assume_nonnull end
