#include "gateway/log/json.h"

#include <inttypes.h>
#include <stdio.h>

static void put(struct json *j, char c)
{
    if (j->len < j->size) {
        j->out[j->len] = c;
    }
    j->len++;
}

static void put_all(struct json *j, const char *s)
{
    while (*s != '\0') {
        put(j, *s++);
    }
}

static void put_escaped(struct json *j, uint8_t c)
{
    if (c == '"' || c == '\\') {
        put(j, '\\');
        put(j, (char)c);
    } else if (c < 0x20 || c == 0x7f) {
        char text[8];
        snprintf(text, sizeof text, "\\u%04x", c);
        put_all(j, text);
    } else {
        put(j, (char)c);
    }
}

static void put_key(struct json *j, const char *key)
{
    if (j->len > 1) {
        put(j, ',');
    }
    put(j, '"');
    put_all(j, key);
    put_all(j, "\":");
}

void json_begin(struct json *j, char *out, size_t size)
{
    j->out = out;
    j->size = size;
    j->len = 0;
    put(j, '{');
}

void json_string(struct json *j, const char *key, struct slice value)
{
    put_key(j, key);
    put(j, '"');
    for (size_t i = 0; i < value.len; i++) {
        put_escaped(j, value.ptr[i]);
    }
    put(j, '"');
}

void json_text(struct json *j, const char *key, const char *value)
{
    json_string(j, key, slice_from_string(value));
}

void json_number(struct json *j, const char *key, uint64_t value)
{
    char text[24];

    put_key(j, key);
    snprintf(text, sizeof text, "%" PRIu64, value);
    put_all(j, text);
}

size_t json_end(struct json *j)
{
    put_all(j, "}\n");
    return j->len <= j->size ? j->len : 0;
}
