#include "CCurl.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#if LIBCURL_VERSION_NUM < 0x075500
#error "libcurl 7.85 or newer is needed (CURLOPT_PROTOCOLS_STR)"
#endif

enum { IDLE_HANDLES_MAX = 4 };

struct ccurl_client {
    CURLM *multi;
    CURL *idle[IDLE_HANDLES_MAX]; // a reset handle costs less than a new one
    int idle_count;
};

struct ccurl_transfer {
    ccurl_client *client;
    CURL *easy;
    struct curl_slist *header_lines;
    int (*head_line)(void *context, const char *bytes, size_t count);
    int (*body_piece)(void *context, const uint8_t *bytes, size_t count);
    void *context;
    char error[CURL_ERROR_SIZE];
};

static void initialize(void) { curl_global_init(CURL_GLOBAL_DEFAULT); }

ccurl_client *ccurl_client_create(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, initialize);
    ccurl_client *client = calloc(1, sizeof *client);
    if (client == NULL)
        return NULL;
    client->multi = curl_multi_init();
    if (client->multi == NULL) {
        free(client);
        return NULL;
    }
    return client;
}

void ccurl_client_wake(ccurl_client *client) { curl_multi_wakeup(client->multi); }

void ccurl_client_perform(ccurl_client *client) {
    int running = 0;
    curl_multi_perform(client->multi, &running);
}

void ccurl_client_wait(ccurl_client *client, int milliseconds) {
    curl_multi_poll(client->multi, NULL, 0, milliseconds, NULL);
}

ccurl_transfer *ccurl_client_next_finished(ccurl_client *client, int *code) {
    int left;
    CURLMsg *message;
    while ((message = curl_multi_info_read(client->multi, &left)) != NULL) {
        if (message->msg != CURLMSG_DONE)
            continue;
        ccurl_transfer *transfer = NULL;
        *code = message->data.result;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&transfer);
        return transfer;
    }
    return NULL;
}

void ccurl_client_destroy(ccurl_client *client) {
    for (int index = 0; index < client->idle_count; index++)
        curl_easy_cleanup(client->idle[index]);
    curl_multi_cleanup(client->multi);
    free(client);
}

static size_t header_arrived(char *bytes, size_t size, size_t count, void *argument) {
    ccurl_transfer *transfer = argument;
    size_t total = size * count;
    return transfer->head_line(transfer->context, bytes, total) == CCURL_CONTINUE ? total : CURL_WRITEFUNC_ERROR;
}

static size_t body_arrived(char *bytes, size_t size, size_t count, void *argument) {
    ccurl_transfer *transfer = argument;
    size_t total = size * count;
    switch (transfer->body_piece(transfer->context, (const uint8_t *)bytes, total)) {
    case CCURL_CONTINUE:
        return total;
    case CCURL_PAUSE:
        return CURL_WRITEFUNC_PAUSE;
    default:
        return CURL_WRITEFUNC_ERROR;
    }
}

static CURL *take_handle(ccurl_client *client) {
    return client->idle_count > 0 ? client->idle[--client->idle_count] : curl_easy_init();
}

static void give_back(ccurl_client *client, CURL *easy) {
    if (client->idle_count < IDLE_HANDLES_MAX) {
        curl_easy_reset(easy);
        client->idle[client->idle_count++] = easy;
    } else {
        curl_easy_cleanup(easy);
    }
}

static CURLcode set_options(ccurl_transfer *transfer, const ccurl_options *options) {
    CURL *easy = transfer->easy;
    CURLcode code = CURLE_OK;
#define SET(option, value)                                                                                            \
    if (code == CURLE_OK)                                                                                             \
    code = curl_easy_setopt(easy, option, value)

    SET(CURLOPT_PRIVATE, transfer);
    SET(CURLOPT_ERRORBUFFER, transfer->error);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_URL, options->url);
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    SET(CURLOPT_HTTPHEADER, transfer->header_lines);
    if (options->body != NULL) {
        SET(CURLOPT_POST, 1L);
        SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)options->body_count);
        SET(CURLOPT_COPYPOSTFIELDS, options->body);
    } else if (strcmp(options->method, "HEAD") == 0) {
        SET(CURLOPT_NOBODY, 1L);
    }
    SET(CURLOPT_CUSTOMREQUEST, options->method);
    SET(CURLOPT_CONNECTTIMEOUT_MS, (long)options->connect_timeout_milliseconds);
    SET(CURLOPT_TIMEOUT_MS, (long)options->timeout_milliseconds);
    SET(CURLOPT_LOW_SPEED_LIMIT, (long)options->low_speed_bytes_per_second);
    SET(CURLOPT_LOW_SPEED_TIME, (long)options->low_speed_seconds);
    SET(CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)options->body_bytes_max);
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (options->authorities_file != NULL) {
        SET(CURLOPT_CAINFO, options->authorities_file);
        SET(CURLOPT_CAPATH, NULL); // these authorities instead of the system's, not beside them
    }
    SET(CURLOPT_SSL_VERIFYPEER, options->checks_certificate ? 1L : 0L);
    SET(CURLOPT_SSL_VERIFYHOST, options->checks_certificate ? 2L : 0L);
    if (options->pinned_public_keys != NULL)
        SET(CURLOPT_PINNEDPUBLICKEY, options->pinned_public_keys);
    if (options->proxy != NULL)
        SET(CURLOPT_PROXY, options->proxy);
    SET(CURLOPT_HEADERFUNCTION, header_arrived);
    SET(CURLOPT_HEADERDATA, transfer);
    SET(CURLOPT_WRITEFUNCTION, body_arrived);
    SET(CURLOPT_WRITEDATA, transfer);
#undef SET
    return code;
}

ccurl_transfer *ccurl_transfer_start(ccurl_client *client, const ccurl_options *options, int *code) {
    *code = CURLE_OUT_OF_MEMORY;
    ccurl_transfer *transfer = calloc(1, sizeof *transfer);
    if (transfer == NULL)
        return NULL;
    transfer->client = client;
    transfer->head_line = options->head_line;
    transfer->body_piece = options->body_piece;
    transfer->context = options->context;
    transfer->easy = take_handle(client);
    if (transfer->easy == NULL) {
        free(transfer);
        return NULL;
    }
    for (size_t index = 0; index < options->header_line_count; index++) {
        struct curl_slist *longer = curl_slist_append(transfer->header_lines, options->header_lines[index]);
        if (longer == NULL) {
            ccurl_transfer_destroy(transfer);
            return NULL;
        }
        transfer->header_lines = longer;
    }
    *code = set_options(transfer, options);
    if (*code == CURLE_OK && curl_multi_add_handle(client->multi, transfer->easy) != CURLM_OK)
        *code = CURLE_FAILED_INIT;
    if (*code != CURLE_OK) {
        ccurl_transfer_destroy(transfer);
        return NULL;
    }
    return transfer;
}

void *ccurl_transfer_context(ccurl_transfer *transfer) { return transfer->context; }

void ccurl_transfer_resume(ccurl_transfer *transfer) { curl_easy_pause(transfer->easy, CURLPAUSE_CONT); }

const char *ccurl_transfer_error(ccurl_transfer *transfer) { return transfer->error; }

long ccurl_transfer_verification(ccurl_transfer *transfer) {
    long result = 0;
    curl_easy_getinfo(transfer->easy, CURLINFO_SSL_VERIFYRESULT, &result);
    return result;
}

void ccurl_transfer_destroy(ccurl_transfer *transfer) {
    curl_multi_remove_handle(transfer->client->multi, transfer->easy); // harmless if it was never added
    give_back(transfer->client, transfer->easy);
    curl_slist_free_all(transfer->header_lines);
    free(transfer);
}

const char *ccurl_code_text(int code) { return curl_easy_strerror((CURLcode)code); }
