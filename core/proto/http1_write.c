#include "core/proto/http1_write.h"

#include <stdarg.h>
#include <stdio.h>

struct reason {
    uint16_t status;
    const char *text;
};

static const struct reason reasons[] = {
#define HTTP1_REASON(status, text) {status, text},
#include "core/proto/http1_reason.def"
#undef HTTP1_REASON
};

void http1_write_init(struct http1_write *w, uint8_t *ptr, size_t size)
{
    w->ptr = ptr;
    w->size = size;
    w->len = 0;
}

void http1_write_bytes(struct http1_write *w, struct slice bytes)
{
    if (bytes.len > 0 && http1_write_is_whole(w) && bytes.len <= w->size - w->len) {
        memcpy(w->ptr + w->len, bytes.ptr, bytes.len);
    }
    w->len += bytes.len;
}

/* vsnprintf() ends what it writes in a NUL, which the buffer must have room for too. */
void http1_write_text(struct http1_write *w, const char *format, ...)
{
    const size_t room = http1_write_is_whole(w) ? w->size - w->len : 0;
    va_list args;

    va_start(args, format);
    const int wanted = vsnprintf(room > 0 ? (char *)w->ptr + w->len : NULL, room, format, args);
    va_end(args);
    ASSERT(wanted >= 0);
    w->len += (size_t)wanted < room ? (size_t)wanted : (size_t)wanted + 1;
}

static bool is_one_line(struct slice s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '\r' || s.ptr[i] == '\n' || s.ptr[i] == '\0') {
            return false;
        }
    }
    return true;
}

void http1_write_header(struct http1_write *w, struct slice name, struct slice value)
{
    ASSERT(name.len > 0 && is_one_line(name) && is_one_line(value));
    http1_write_bytes(w, name);
    http1_write_bytes(w, SLICE_LITERAL(": "));
    http1_write_bytes(w, value);
    http1_write_end(w);
}

void http1_write_status_line(struct http1_write *w, uint16_t status)
{
    http1_write_text(w, "HTTP/1.1 %u %s", status, http1_write_reason(status));
    http1_write_end(w);
}

void http1_write_end(struct http1_write *w)
{
    http1_write_bytes(w, SLICE_LITERAL("\r\n"));
}

const char *http1_write_reason(uint16_t status)
{
    for (size_t i = 0; i < ARRAY_LEN(reasons); i++) {
        if (reasons[i].status == status) {
            return reasons[i].text;
        }
    }
    return "Unknown";
}
