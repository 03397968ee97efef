/*
 * conf_units - "25s", "64KiB", "on" and the like: how a configuration file writes durations, sizes, counts, booleans.
 *
 * Thread: any. Memory: none. Errors: a text that says what is wrong ("has no unit"), NULL when nothing is.
 * Limits: 64 bits.
 */
#ifndef GATEWAY_CONF_CONF_UNITS_H
#define GATEWAY_CONF_CONF_UNITS_H

#include "core/base/attrs.h"
#include "core/base/slice.h"

enum { CONF_UNITS_TEXT_BYTES_MAX = 32 };

/* A whole number and its unit: ms, s, m, h. *ms is written only with NULL. */
MUST_USE const char *conf_units_parse_duration(struct slice text, uint64_t *ms);

/* A whole number and its unit: B, KiB, MiB, GiB. */
MUST_USE const char *conf_units_parse_size(struct slice text, uint64_t *bytes);

/* A whole number alone. */
MUST_USE const char *conf_units_parse_count(struct slice text, uint64_t *count);

/* on, off, true, false in any case. */
MUST_USE const char *conf_units_parse_switch(struct slice text, uint64_t *on);

/* The shortest text that is parsed to the same value; returns out. */
const char *conf_units_format_duration(uint64_t ms, char out[CONF_UNITS_TEXT_BYTES_MAX]);
const char *conf_units_format_size(uint64_t bytes, char out[CONF_UNITS_TEXT_BYTES_MAX]);
const char *conf_units_format_count(uint64_t count, char out[CONF_UNITS_TEXT_BYTES_MAX]);

#endif
