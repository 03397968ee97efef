#include "tests/sim/sim_profile.h"

#include <stdio.h>

enum { YAML_BYTES = 2048 };

#define BACKEND "to: \"ws://127.0.0.1:9\", "

/* clang-format off */
static struct sim_profile profiles[] = {
    {.name = "relay", .settings = BACKEND "slow_consumer: { queue: 8KiB }"},
    {.name = "relay, large", .settings = BACKEND "slow_consumer: { queue: 64KiB }"},
    {.name = "echo", .is_echo = true, .answers_pings = true, .settings = "to: echo, slow_consumer: { queue: 8KiB }"},
    {.name = "ping", .answers_pings = true,
     .settings = BACKEND "ping: { answer: edge }, slow_consumer: { queue: 4KiB }"},
    {.name = "edge", .is_edge = true,
     .settings = BACKEND "compression: { mode: edge, memory: 1MiB, max_inflated: 100KiB }, "
                         "slow_consumer: { queue: 8KiB }"},
    {.name = "edge, ping", .is_edge = true, .answers_pings = true,
     .settings = BACKEND "compression: { mode: edge, memory: 1MiB, max_inflated: 1000KiB, min_size: 1B }, "
                         "ping: { answer: edge }, slow_consumer: { queue: 4KiB }"},
    {.name = "edge echo", .is_echo = true, .is_edge = true, .answers_pings = true,
     .settings = "to: echo, compression: { mode: edge, memory: 1MiB, max_inflated: 100KiB }, "
                 "slow_consumer: { queue: 8KiB }"},
    {.name = "passthrough", .passes_deflate = true,
     .settings = BACKEND "compression: { mode: passthrough }, slow_consumer: { queue: 8KiB }"},
    {.name = "inspect", .passes_deflate = true, .inspects = true,
     .settings = BACKEND "compression: { mode: passthrough, inspect: true, memory: 1MiB, max_inflated: 100KiB }, "
                         "slow_consumer: { queue: 8KiB }"},
};
/* clang-format on */

static void load(struct sim_profile *p)
{
    struct config_errors errors;
    char yaml[YAML_BYTES];

    const int n = snprintf(yaml, sizeof yaml,
                           "listen: \"127.0.0.1:0\"\n"
                           "limits: { head_size: 2KiB, message_size: 128KiB, backend_message_size: 200KiB }\n"
                           "timeouts: { handshake: %dms, connect: %dms, close: %dms }\n"
                           "routes:\n  - { match: { path: /ws }, %s }\n",
                           SIM_PROFILE_HANDSHAKE_MS, SIM_PROFILE_CONNECT_MS, SIM_PROFILE_CLOSE_MS, p->settings);
    ASSERT(n > 0 && (size_t)n < sizeof yaml);
    p->config = config_load_text(slice_from_string(yaml), p->name, &errors);
    config_errors_print(&errors, stderr);
    config_errors_deinit(&errors);
    ASSERT(p->config != NULL);
}

const struct sim_profile *sim_profile_get(unsigned number)
{
    struct sim_profile *p = &profiles[number % ARRAY_LEN(profiles)];

    if (p->config == NULL) {
        load(p);
    }
    return p;
}
