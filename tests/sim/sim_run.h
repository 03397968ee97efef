/*
 * sim_run - one simulated run: a script of bytes that says what clients, backends, kernel and clock do, and in which
 * order. Whatever the bytes are, they are a script; the same bytes are the same run.
 *
 * The first SIM_RUN_SETUP_BYTES choose the route and the size of the pools; then each event is four bytes: what, at
 * which link and end, and two for how (struct sim_event). At the end of the script every end reads what there is, and
 * what was said whole must have been heard; then all ends leave, and everything must be given back in time.
 *
 * Thread: one. Memory: freed at its end. Errors: asserted. Limits: SIM_RUN_EVENTS_MAX, SIM_RUN_LINKS.
 */
#ifndef TESTS_SIM_SIM_RUN_H
#define TESTS_SIM_SIM_RUN_H

#include "core/base/slice.h"

enum { SIM_RUN_SETUP_BYTES = 8, SIM_RUN_EVENT_BYTES = 4, SIM_RUN_EVENTS_MAX = 400, SIM_RUN_LINKS = 12 };

/* Returns a digest of what the gateway did: of everything it sent, and when. */
uint32_t sim_run(struct slice script);

#endif
