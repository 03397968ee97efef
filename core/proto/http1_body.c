#include "core/proto/http1_body.h"

/* Where in the chunked coding (RFC 9112 section 7.1) the next byte stands. */
enum chunk_state {
    CHUNK_SIZE_FIRST,
    CHUNK_SIZE,
    CHUNK_EXTENSION,
    CHUNK_SIZE_LF,
    CHUNK_DATA,
    CHUNK_DATA_CR,
    CHUNK_DATA_LF,
    CHUNK_TRAILER_FIRST, /* of a line */
    CHUNK_TRAILER_NAME,
    CHUNK_TRAILER_VALUE,
    CHUNK_TRAILER_LF,
    CHUNK_END_LF,
    CHUNK_END,
    CHUNK_BAD,
};

void http1_body_init(struct http1_body_reader *r, const struct http1_head *head)
{
    *r = (struct http1_body_reader){
        .kind = head->body,
        .state = CHUNK_SIZE_FIRST,
        .left = head->body == HTTP1_BODY_LENGTH ? head->content_length : 0,
    };
}

/* The value of a hexadecimal digit; 16 of any other byte. */
static unsigned hex_value(uint8_t c)
{
    const uint8_t lower = slice_lower(c);
    if (c >= '0' && c <= '9') {
        return c - (unsigned)'0';
    }
    return lower >= 'a' && lower <= 'f' ? lower - (unsigned)'a' + 10 : 16;
}

static enum chunk_state size_digit(struct http1_body_reader *r, uint8_t c)
{
    const unsigned digit = hex_value(c);
    if (digit > 15 || r->left > (uint64_t)INT64_MAX >> 4) {
        return CHUNK_BAD;
    }
    r->left = r->left << 4 | digit;
    return CHUNK_SIZE;
}

static enum chunk_state size_byte(struct http1_body_reader *r, uint8_t c)
{
    if (c == '\r') {
        return CHUNK_SIZE_LF;
    }
    return c == ';' ? CHUNK_EXTENSION : size_digit(r, c);
}

/* A byte of a chunk extension or of a trailer's value: the line goes on, ends, or must not have it. */
static enum chunk_state line_byte(uint8_t c, enum chunk_state here, enum chunk_state behind)
{
    if (c == '\r') {
        return behind;
    }
    return (c < 0x20 && c != '\t') || c == 0x7f ? CHUNK_BAD : here;
}

static enum chunk_state expect(uint8_t c, uint8_t wanted, enum chunk_state behind)
{
    return c == wanted ? behind : CHUNK_BAD;
}

static enum chunk_state size_lf(struct http1_body_reader *r, uint8_t c)
{
    r->line_bytes = 0;
    return expect(c, '\n', r->left == 0 ? CHUNK_TRAILER_FIRST : CHUNK_DATA);
}

static enum chunk_state trailer_first(uint8_t c)
{
    if (c == '\r') {
        return CHUNK_END_LF;
    }
    return http1_is_tchar(c) ? CHUNK_TRAILER_NAME : CHUNK_BAD;
}

static enum chunk_state trailer_name(uint8_t c)
{
    if (c == ':') {
        return CHUNK_TRAILER_VALUE;
    }
    return http1_is_tchar(c) ? CHUNK_TRAILER_NAME : CHUNK_BAD;
}

/* The state behind one byte of anything but chunk data. */
static enum chunk_state next_state(struct http1_body_reader *r, uint8_t c)
{
    switch ((enum chunk_state)r->state) {
    case CHUNK_SIZE_FIRST:
        return size_digit(r, c);
    case CHUNK_SIZE:
        return size_byte(r, c);
    case CHUNK_EXTENSION:
        return line_byte(c, CHUNK_EXTENSION, CHUNK_SIZE_LF);
    case CHUNK_SIZE_LF:
        return size_lf(r, c);
    case CHUNK_DATA_CR:
        return expect(c, '\r', CHUNK_DATA_LF);
    case CHUNK_DATA_LF:
        r->line_bytes = 0;
        return expect(c, '\n', CHUNK_SIZE_FIRST);
    case CHUNK_TRAILER_FIRST:
        return trailer_first(c);
    case CHUNK_TRAILER_NAME:
        return trailer_name(c);
    case CHUNK_TRAILER_VALUE:
        return line_byte(c, CHUNK_TRAILER_VALUE, CHUNK_TRAILER_LF);
    case CHUNK_TRAILER_LF:
        return expect(c, '\n', CHUNK_TRAILER_FIRST);
    case CHUNK_END_LF:
        return expect(c, '\n', CHUNK_END);
    case CHUNK_DATA:
    case CHUNK_END:
    case CHUNK_BAD:
        break;
    }
    return CHUNK_BAD;
}

/* Takes what in has of the counted bytes; returns how many that were. */
static size_t take_counted(struct http1_body_reader *r, size_t in_bytes)
{
    const size_t bytes = in_bytes < r->left ? in_bytes : (size_t)r->left;
    r->left -= bytes;
    return bytes;
}

static void next_byte(struct http1_body_reader *r, uint8_t c)
{
    r->line_bytes++;
    r->state = r->line_bytes > HTTP1_BODY_LINE_BYTES_MAX ? CHUNK_BAD : (uint8_t)next_state(r, c);
}

static enum http1_body_status next_chunked(struct http1_body_reader *r, struct slice in, size_t *taken)
{
    while (*taken < in.len && r->state != CHUNK_END && r->state != CHUNK_BAD) {
        if (r->state == CHUNK_DATA) {
            *taken += take_counted(r, in.len - *taken);
            r->state = r->left == 0 ? CHUNK_DATA_CR : CHUNK_DATA;
            continue;
        }
        next_byte(r, in.ptr[*taken]);
        *taken += r->state == CHUNK_BAD ? 0 : 1;
    }
    if (r->state == CHUNK_BAD) {
        return HTTP1_BODY_BAD;
    }
    return r->state == CHUNK_END ? HTTP1_BODY_END : HTTP1_BODY_MORE;
}

enum http1_body_status http1_body_next(struct http1_body_reader *r, struct slice in, size_t *taken)
{
    *taken = 0;
    switch (r->kind) {
    case HTTP1_BODY_CHUNKED:
        return next_chunked(r, in, taken);
    case HTTP1_BODY_UNTIL_CLOSE:
        *taken = in.len;
        return HTTP1_BODY_MORE;
    case HTTP1_BODY_LENGTH:
        *taken = take_counted(r, in.len);
        break;
    case HTTP1_BODY_NONE:
        break;
    }
    return r->left == 0 ? HTTP1_BODY_END : HTTP1_BODY_MORE;
}
