/*
 * http1 - what all HTTP/1.1 heads share: the ways to be wrong, tokens and lists.
 *
 * Thread: any (pure). Memory: none. Errors: none. Limits: none.
 */
#ifndef CORE_PROTO_HTTP1_H
#define CORE_PROTO_HTTP1_H

#include <stdint.h>

#include "core/base/attrs.h"
#include "core/base/slice.h"

enum http1_status {
    HTTP1_OK = 0,
    HTTP1_NEED_MORE,
#define HTTP1_STATUS(name, code, text) HTTP1_##name,
#include "core/proto/http1_status.def"
#undef HTTP1_STATUS
    HTTP1_STATUS_COUNT
};

/* The status code that a server answers a fault with: 400, 431, 505; 0 for OK and NEED_MORE. */
uint16_t http1_status_code(enum http1_status status);
/* What happened, in words: static. */
const char *http1_status_text(enum http1_status status);

/* Whether a byte may stand in a token (RFC 9110 section 5.6.2). */
bool http1_is_tchar(uint8_t c);

/* Whether s is a token (RFC 9110 section 5.6.2): not empty, tchar only. */
bool http1_is_token(struct slice s);

/* s without the spaces and tabs at both ends. */
struct slice http1_trim(struct slice s);

/* Takes what stands before the first separator off the front of *s, with the separator; all of it where there is none.
 */
struct slice http1_split(struct slice *s, uint8_t separator);

/* Takes the next element off the front of a comma-separated list; false when none is left. Empty elements are skipped.
 */
bool http1_list_next(struct slice *list, struct slice *element);

#endif
