/*
 * ws_extension - the grammar of Sec-WebSocket-Extensions (RFC 6455 section 9.1): extensions, and the parameters of one.
 *
 * An extension is given out only when it is well formed to its last parameter. A value in quotes is well formed when it
 * is a token without the quotes and the backslashes; a comma or semicolon between quotes parts nothing.
 *
 * Thread: any (pure). Memory: none; what is given out points into the input. Errors: enum ws_extension_status.
 * Limits: none.
 */
#ifndef CORE_PROTO_WS_EXTENSION_H
#define CORE_PROTO_WS_EXTENSION_H

#include "core/base/attrs.h"
#include "core/base/slice.h"

enum ws_extension_status {
    WS_EXTENSION_FOUND,
    WS_EXTENSION_END, /* of the list */
    WS_EXTENSION_BAD, /* against the grammar; where the list goes on is not known */
};

struct ws_extension {
    struct slice text;   /* all of it, as written */
    struct slice name;   /* a token */
    struct slice params; /* for ws_extension_next_param() */
};

struct ws_extension_param {
    struct slice name;  /* a token */
    struct slice value; /* as written: a token, or a quoted string; compare with ws_extension_value_equals() */
    bool has_value;
};

/* Takes the next extension off the front of a field's value. Empty elements are skipped. */
MUST_USE enum ws_extension_status ws_extension_next(struct slice *list, struct ws_extension *extension);

/* Takes the next parameter off the front of an extension's params; false when none is left. */
MUST_USE bool ws_extension_next_param(struct slice *params, struct ws_extension_param *param);

/* Whether a value, without its quotes and backslashes if it has any, is the token. */
bool ws_extension_value_equals(struct slice value, struct slice token);

/* Whether a field's value is a list of extensions, at least one. */
bool ws_extension_list_is_valid(struct slice list);

#endif
