/*
 * report - what a run came to: a table for people, JSON for programs.
 *
 * Thread: one. Memory: none. Errors: report_json() says whether the file was written. Limits: none.
 */
#ifndef TESTS_CONFORMANCE_REPORT_H
#define TESTS_CONFORMANCE_REPORT_H

#include "tests/conformance/trial.h"

/* A line for each case that is not OK in both verdicts, then the counts of each group; of groups 12 and 13 how many
 * messages a case sent. */
void report_print(const struct trial *trials, size_t count);
/* Every case, with both verdicts and the number of messages, into a file. */
bool report_json(const char *path, const char *name, const struct trial *trials, size_t count);

#endif
