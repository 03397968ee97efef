/*
 * sim_profile - the routes that a simulated run may take: one configuration each, loaded once.
 *
 * Thread: one. Memory: the configurations', kept to the end of the process. Errors: asserted. Limits: none.
 */
#ifndef TESTS_SIM_SIM_PROFILE_H
#define TESTS_SIM_SIM_PROFILE_H

#include "gateway/conf/config.h"

enum {
    SIM_PROFILE_HANDSHAKE_MS = 1000,
    SIM_PROFILE_CONNECT_MS = 300,
    SIM_PROFILE_CLOSE_MS = 500,
};

struct sim_profile {
    const char *name;
    const char *settings; /* YAML of its route */
    bool is_echo;         /* there is no backend */
    bool is_edge;         /* the gateway compresses */
    bool passes_deflate;  /* client and backend agree on compression */
    bool inspects;
    bool answers_pings; /* the gateway does */
    struct config *config;
};

/* One of them, for any number. */
const struct sim_profile *sim_profile_get(unsigned number);

#endif
