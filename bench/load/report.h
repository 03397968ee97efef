/*
 * report - the result of a run, as text for people or JSON for programs.
 *
 * Thread: any. Memory: none. Errors: none (a full disk shows at the stream's close). Limits: none.
 */
#ifndef BENCH_LOAD_REPORT_H
#define BENCH_LOAD_REPORT_H

#include <stdio.h>

#include "bench/load/run.h"

void report_text(FILE *out, const struct options *o, const struct run_result *r);
void report_json(FILE *out, const struct options *o, const struct run_result *r);

#endif
