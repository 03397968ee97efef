/* The checks of the byte kernels as a program of its own, for CPUs and emulators without Criterion. */
#include <stdio.h>

#include "tests/unit/simd/checks.h"

static unsigned passed, failed;

static void run(const char *sentence, size_t (*check)(void))
{
    const size_t failures = check();

    if (failures == 0) {
        passed++;
        return;
    }
    failed++;
    printf("arm64: %s: %zu failures\n", sentence, failures);
}

int main(void)
{
#define CHECK(suite, sentence) run(#sentence, checks_##sentence);
#include "tests/unit/simd/checks.def"
#undef CHECK
    printf("arm64: %u passed, %u failed\n", passed, failed);
    return failed == 0 ? 0 : 1;
}
