/*
 * command - what each command of the command line does.
 *
 * Thread: the main one. Memory: malloc. Errors: lines on stderr, and the exit code. Limits: none.
 */
#ifndef GATEWAY_PROC_COMMAND_H
#define GATEWAY_PROC_COMMAND_H

#include "gateway/proc/cmdline.h"

/* Runs the command; returns the exit code (enum process_exit). */
int command_main(int argc, char *argv[]);

#endif
