/*
 * process - boot and shutdown of the gateway, readable from top to bottom.
 *
 * Thread: the main one. Memory: malloc at start. Errors: one line each on stderr, and the exit code.
 * Limits: CONFIG_SHARDS_MAX shards.
 */
#ifndef GATEWAY_PROC_PROCESS_H
#define GATEWAY_PROC_PROCESS_H

#include "gateway/conf/config.h"

enum process_exit {
    PROCESS_EXIT_OK = 0,
    PROCESS_EXIT_NOT_STARTED = 1, /* do not restart: something must be changed first */
    PROCESS_EXIT_FORCED = 2,      /* a second TERM, or INT */
    PROCESS_EXIT_UNCLEAN = 3,     /* something was not given back: a bug of ours */
};

/* Serves a configuration until told to end. */
enum process_exit process_run(const struct config *config);

#endif
