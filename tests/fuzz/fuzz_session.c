/*
 * A script of a whole session: what client, backend, kernel and clock do, in which order (tests/sim/sim_run.h). What
 * must hold is asserted there. Half of the mutations move whole events.
 */
#include "tests/sim/sim_rng.h"
#include "tests/sim/sim_run.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    sim_run((struct slice){data, size});
    return 0;
}

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t size_max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t size_max, unsigned seed);

/* Another event, or one that is there already, before an event. */
static void insert_event(uint8_t *events, size_t bytes, size_t at, struct sim_rng *rng)
{
    uint8_t event[SIM_RUN_EVENT_BYTES];

    for (size_t i = 0; i < sizeof event; i++) {
        event[i] = (uint8_t)sim_rng_u64(rng);
    }
    if (bytes > 0 && sim_rng_once_in(rng, 2)) {
        memcpy(event, events + sim_rng_below(rng, bytes / sizeof event) * sizeof event, sizeof event);
    }
    memmove(events + at + sizeof event, events + at, bytes - at);
    memcpy(events + at, event, sizeof event);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t size_max, unsigned seed)
{
    struct sim_rng rng = {seed};
    const size_t whole = size < SIM_RUN_SETUP_BYTES ? 0 : (size - SIM_RUN_SETUP_BYTES) / SIM_RUN_EVENT_BYTES;
    const size_t bytes = whole * SIM_RUN_EVENT_BYTES;
    uint8_t *events = data + SIM_RUN_SETUP_BYTES;
    const size_t at = (size_t)sim_rng_below(&rng, whole + 1) * SIM_RUN_EVENT_BYTES;

    if (whole == 0 || sim_rng_once_in(&rng, 2) || SIM_RUN_SETUP_BYTES + bytes + SIM_RUN_EVENT_BYTES > size_max) {
        return LLVMFuzzerMutate(data, size, size_max);
    }
    if (at < bytes && sim_rng_once_in(&rng, 3)) {
        memmove(events + at, events + at + SIM_RUN_EVENT_BYTES, bytes - at - SIM_RUN_EVENT_BYTES);
        return SIM_RUN_SETUP_BYTES + bytes - SIM_RUN_EVENT_BYTES;
    }
    insert_event(events, bytes, at, &rng);
    return SIM_RUN_SETUP_BYTES + bytes + SIM_RUN_EVENT_BYTES;
}
