/*
 * http1_head - HTTP/1.1 request and response heads (RFC 9112), read strictly and without a copy.
 *
 * Two steps. http1_head_scan() finds the end of a head as its bytes arrive, each byte looked at once, and refuses at
 * the first byte that no head may have. http1_head_parse_request/_response() then takes the whole head apart; every
 * slice points into the bytes given. Strict: lines end in CR LF, no folding, no white space before a colon, no control
 * bytes, obs-text (0x80-0xff) only in values; an empty line before a request line is refused too.
 *
 * Thread: any (pure). Memory: none. Errors: enum http1_status.
 * Limits: HTTP1_HEAD_HEADERS_MAX lines, HTTP1_HEAD_OPTIONS_MAX options in Connection; bytes as the caller says.
 */
#ifndef CORE_PROTO_HTTP1_HEAD_H
#define CORE_PROTO_HTTP1_HEAD_H

#include "core/proto/http1.h"

enum {
    HTTP1_HEAD_HEADERS_MAX = 100,
    HTTP1_HEAD_OPTIONS_MAX = 32, /* in Connection, over all its lines: each is compared with every name */
};

struct http1_header {
    struct slice name;
    struct slice value; /* without leading and trailing white space */
};

/* How long the body behind a head is (RFC 9112 section 6.3). */
enum http1_body {
    HTTP1_BODY_NONE,
    HTTP1_BODY_LENGTH, /* content_length bytes */
    HTTP1_BODY_CHUNKED,
    HTTP1_BODY_UNTIL_CLOSE, /* responses only */
};

struct http1_head {
    struct slice method; /* requests */
    struct slice target; /* requests: as sent */
    struct slice path;   /* requests: begins with '/'; of an absolute-form target its path ("/" if empty) */
    struct slice query;  /* requests: behind the '?', without it; empty when there is none */
    struct slice host;   /* requests: the Host header's value (and equal to an absolute-form's authority) */
    struct slice reason; /* responses */
    uint16_t status;     /* responses: 100-999 */
    uint8_t minor;       /* 0 or 1, of HTTP/1.x */
    uint8_t header_count;
    enum http1_body body;
    uint64_t content_length; /* with HTTP1_BODY_LENGTH */
    size_t bytes;            /* of the head, its empty line included */
    size_t option_count;
    struct http1_header headers[HTTP1_HEAD_HEADERS_MAX];
    struct slice options[HTTP1_HEAD_OPTIONS_MAX]; /* of every Connection line (RFC 9110 section 7.6.1) */
};

/*
 * Looks for the end of a head in in, whose first *scanned bytes earlier calls have seen (0 at first); moves *scanned
 * on. HTTP1_OK: the head is whole and has *scanned bytes. HTTP1_NEED_MORE: it is not, and is not longer than bytes_max.
 * HTTP1_ERR_TOO_LARGE: no end within bytes_max bytes; HTTP1_ERR_LONG_LINE: not even of its first line.
 * HTTP1_ERR_CONTROL_BYTE, _BARE_LF, _BARE_CR, _START_LINE (an empty line in front of it): seen at *scanned.
 */
MUST_USE enum http1_status http1_head_scan(struct slice in, size_t bytes_max, size_t *scanned);

/*
 * Takes a whole request head apart (in ends with, or runs on behind, its empty line). Also refused: several Host lines,
 * none in HTTP/1.1, Host with bytes that no authority has, an authority in the target that differs from Host, several
 * or malformed Content-Length, Content-Length with Transfer-Encoding, a Transfer-Encoding other than exactly one
 * "chunked" or one in HTTP/1.0, a target with a fragment, a target that is neither origin- nor absolute-form
 * ("*" and CONNECT's authority-form: HTTP1_ERR_TARGET), more than HTTP1_HEAD_OPTIONS_MAX options in Connection.
 * HTTP1_NEED_MORE when there is no empty line. On any but HTTP1_OK *head is unspecified.
 */
MUST_USE enum http1_status http1_head_parse_request(struct slice in, struct http1_head *head);

/* The same for a response. Status 1xx, 204 and 304 have no body (RFC 9110 section 6.4.1). */
MUST_USE enum http1_status http1_head_parse_response(struct slice in, struct http1_head *head);

/* The first header with the name (compared without case), or NULL. */
const struct http1_header *http1_head_find(const struct http1_head *head, struct slice name);

/* How many headers have the name. */
size_t http1_head_count(const struct http1_head *head, struct slice name);

/* Whether Connection has an option (without case), which may be the name of a header that ends at the next hop. */
bool http1_head_has_option(const struct http1_head *head, struct slice option);

/* Whether a comma-separated list in any header with the name has the token (RFC 9110 section 5.6.1; without case). */
bool http1_head_has_token(const struct http1_head *head, struct slice name, struct slice token);

#endif
