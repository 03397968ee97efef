/*
 * config_errors - what is wrong in a configuration file, each with its place, in the order of the file.
 *
 * Thread: one at a time. Memory: the list and its texts, until config_errors_deinit().
 * Errors: none (out of memory aborts). Limits: CONFIG_ERRORS_MAX; the last one says that there were more.
 */
#ifndef GATEWAY_CONF_CONFIG_ERRORS_H
#define GATEWAY_CONF_CONFIG_ERRORS_H

#include "core/base/attrs.h"
#include "gateway/conf/config.h"

enum {
    CONFIG_ERRORS_MAX = 500,
    CONFIG_ERRORS_QUOTE_BYTES_MAX = 160, /* of what a user wrote, in an error's text */
};

struct config_mark {
    unsigned line, column; /* 1-based; 0: the file as a whole */
};

#define CONFIG_MARK_FILE ((struct config_mark){0, 0})

/* The two arguments that "%.*s" takes, of a slice, cut to what an error line has room for. */
#define CONFIG_QUOTE(s) \
    (int)((s).len < CONFIG_ERRORS_QUOTE_BYTES_MAX ? (s).len : CONFIG_ERRORS_QUOTE_BYTES_MAX), (const char *)(s).ptr

/* Puts an error where its place belongs; of one place, in the order they are added. */
void config_errors_add(struct config_errors *errors, struct config_mark at, const char *format, ...) PRINTF(3, 4);

/* Nothing more will be kept: a loop over a long list may end here. */
static inline bool config_errors_is_full(const struct config_errors *errors)
{
    return errors->count >= CONFIG_ERRORS_MAX;
}

#endif
