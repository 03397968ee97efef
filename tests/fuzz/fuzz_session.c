/*
 * A script of a whole session: what client, backend, kernel and clock do, in which order (tests/sim/sim_run.h). What
 * must hold is asserted there.
 */
#include "tests/sim/sim_run.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    sim_run((struct slice){data, size});
    return 0;
}
