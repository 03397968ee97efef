/*
 * cmdline - what the command line asks for, and the texts that explain it.
 *
 * Thread: any. Memory: results point into argv. Errors: -EINVAL, with one line for the user. Limits: none.
 */
#ifndef GATEWAY_PROC_CMDLINE_H
#define GATEWAY_PROC_CMDLINE_H

#include <stdbool.h>
#include <stdio.h>

#include "core/base/attrs.h"

#define CMDLINE_CONFIG_LOCAL   "sluice.yaml"
#define CMDLINE_CONFIG_SYSTEM  "/etc/sluice/sluice.yaml"
#define CMDLINE_LISTEN_DEFAULT "127.0.0.1:9000"

enum { CMDLINE_PROBLEM_BYTES_MAX = 256 };

enum cmdline_command {
    CMDLINE_RUN,
    CMDLINE_CHECK,
    CMDLINE_BACKEND,
    CMDLINE_VERSION,
    CMDLINE_HELP,
};

struct cmdline {
    enum cmdline_command command;
    enum cmdline_command topic;              /* of help: the command that is explained; CMDLINE_HELP: all of them */
    const char *config_file;                 /* of run and check: as given, or the default; never NULL */
    const char *listen;                      /* of backend: as given, or CMDLINE_LISTEN_DEFAULT; never NULL */
    bool print;                              /* of check */
    char problem[CMDLINE_PROBLEM_BYTES_MAX]; /* with -EINVAL: one line without its end */
};

/*
 * 0, or -EINVAL with cmdline->problem set: what is wrong, what may have been meant, and where help is. Without -c, the
 * file is sluice.yaml where the working directory has one, else /etc/sluice/sluice.yaml.
 */
MUST_USE int cmdline_parse(int argc, char *const argv[], struct cmdline *cmdline);

/* The help of one command, or with CMDLINE_HELP of all. */
void cmdline_print_help(enum cmdline_command topic, FILE *out);

#endif
