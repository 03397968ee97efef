/* N simulated runs, each of a script of chance: sim [FIRST [COUNT]], or sim - FILE... for scripts in files. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/sim/sim_rng.h"
#include "tests/sim/sim_run.h"

enum { RUNS = 2000, AGAIN_ONE_IN = 16, SCRIPT_BYTES_MAX = 1200 };

/* A failed assertion aborts: which run it was is said then. */
static volatile uint64_t running;

static void say_seed(int signal_number)
{
    char text[48];
    const int n = snprintf(text, sizeof text, "sim: seed %llu\n", (unsigned long long)running);

    (void)!write(STDERR_FILENO, text, (size_t)n);
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

static void run_seed(uint64_t seed)
{
    struct sim_rng rng = {seed};
    uint8_t script[SCRIPT_BYTES_MAX];
    const size_t bytes = SIM_RUN_SETUP_BYTES + (size_t)sim_rng_below(&rng, SCRIPT_BYTES_MAX - SIM_RUN_SETUP_BYTES);

    for (size_t i = 0; i < bytes; i++) {
        script[i] = (uint8_t)sim_rng_u64(&rng);
    }
    const uint32_t digest = sim_run((struct slice){script, bytes});
    if (seed % AGAIN_ONE_IN == 0) {
        const bool is_the_same_run = sim_run((struct slice){script, bytes}) == digest;
        ASSERT(is_the_same_run);
    }
}

static int run_file(const char *path)
{
    static uint8_t script[1 << 16];
    FILE *f = fopen(path, "rb");

    if (f == NULL) {
        perror(path);
        return 1;
    }
    sim_run((struct slice){script, fread(script, 1, sizeof script, f)});
    fclose(f);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "-") == 0) {
        for (int i = 2; i < argc; i++) {
            if (run_file(argv[i]) != 0) {
                return 1;
            }
        }
        return 0;
    }
    const uint64_t first = argc > 1 ? strtoull(argv[1], NULL, 10) : 0;
    const uint64_t count = argc > 2 ? strtoull(argv[2], NULL, 10) : RUNS;

    signal(SIGABRT, say_seed);
    for (uint64_t seed = first; seed < first + count; seed++) {
        running = seed;
        run_seed(seed);
    }
    printf("sim: %llu runs\n", (unsigned long long)count);
    return 0;
}
