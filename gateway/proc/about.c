#include "gateway/proc/about.h"

#include <stdlib.h>
#include <sys/utsname.h>

#include "core/io/io.h"
#include "simd/simd.h"

#ifdef __clang__
#define COMPILER __VERSION__
#else
#define COMPILER "gcc " __VERSION__
#endif

enum { LEVELS_BYTES = 64, FEATURES_BYTES = 256 };

static const char *kernel_release(struct utsname *name)
{
    return uname(name) == 0 ? name->release : "unknown";
}

int about_print_version(FILE *out)
{
    const struct io_settings settings = {.sq_entries = 8, .cq_entries = 16};
    struct io io;
    struct utsname name;
    char why[IO_WHY_BYTES_MAX];
    char features[FEATURES_BYTES];
    char levels[LEVELS_BYTES];

    simd_levels_supported(levels, sizeof levels);
    fprintf(out, "sluice %s\n", SLUICE_VERSION);
    fprintf(out, "built with: %s\n", COMPILER);
    fprintf(out, "simd: %s (this CPU has %s)\n", simd->name, levels);
    fprintf(out, "kernel: %s\n", kernel_release(&name));
    if (io_open(&io, &settings, why) != 0) {
        fprintf(out, "io_uring: cannot be used: %s\n", why);
        return 1;
    }
    io_feature_format(&io.feature, features, sizeof features);
    fprintf(out, "io_uring: %s\n", features);
    io_close(&io);
    return 0;
}

static void print_cpus(const struct about_start *start, FILE *out)
{
    if (start->cpus[0] < 0) {
        fprintf(out, ", not pinned");
        return;
    }
    fprintf(out, " on CPU%s", start->shard_count > 1 ? "s" : "");
    for (uint32_t i = 0; i < start->shard_count; i++) {
        fprintf(out, " %d", start->cpus[i]);
    }
}

void about_print_start(const struct about_start *start, FILE *out)
{
    struct utsname name;
    char features[FEATURES_BYTES];
    char address[ADDR_TEXT_BYTES_MAX];

    io_feature_format(start->feature, features, sizeof features);
    fprintf(out, "sluice %s: %u shard%s", SLUICE_VERSION, start->shard_count, start->shard_count > 1 ? "s" : "");
    print_cpus(start, out);
    fprintf(out, "; simd %s; up to %u connections; %zu route%s\n", simd->name, start->sessions_max,
            start->config->route_count, start->config->route_count > 1 ? "s" : "");
    fprintf(out, "sluice: kernel %s: %s\n", kernel_release(&name), features);
    fprintf(out, "sluice: ready: listening on ");
    for (uint32_t i = 0; i < start->listen_set->listener_count; i++) {
        fprintf(out, "%s%s", i > 0 ? ", " : "", addr_format(&start->listen_set->addrs[i], address));
    }
    fputc('\n', out);
}
