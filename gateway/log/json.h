/*
 * json - one JSON object, written into a buffer of fixed size as a line (RFC 8259).
 *
 * Thread: any (pure). Memory: the caller's buffer. Errors: what does not fit makes json_end() return 0. Limits: the
 * buffer.
 */
#ifndef GATEWAY_LOG_JSON_H
#define GATEWAY_LOG_JSON_H

#include "core/base/slice.h"

struct json {
    char *out;
    size_t size;
    size_t len; /* written, or wanted when beyond size */
};

void json_begin(struct json *j, char *out, size_t size);
/* "key":"value", escaped; bytes above 0x7f must be UTF-8. */
void json_string(struct json *j, const char *key, struct slice value);
void json_text(struct json *j, const char *key, const char *value);
void json_number(struct json *j, const char *key, uint64_t value);
/* Ends the object and the line; returns its bytes, 0 when the buffer was too small. */
size_t json_end(struct json *j);

#endif
