#include "gateway/proc/descriptors.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>

#include "gateway/conf/config.h"

int descriptors_plan_from(uint64_t limit, uint32_t wanted, uint32_t reserved, uint32_t *sessions_max,
                          char why[DESCRIPTORS_WHY_BYTES_MAX])
{
    const uint64_t left = limit > reserved ? limit - reserved : 0;
    const uint64_t fit = left / DESCRIPTORS_PER_SESSION;
    const uint64_t automatic = fit < CONFIG_CONNECTIONS_MAX ? fit : CONFIG_CONNECTIONS_MAX;
    const uint64_t needed = (uint64_t)(wanted > 0 ? wanted : 1) * DESCRIPTORS_PER_SESSION + reserved;

    ASSERT(wanted <= CONFIG_CONNECTIONS_MAX);
    if (needed > limit) {
        snprintf(why, DESCRIPTORS_WHY_BYTES_MAX,
                 "too few file descriptors: %" PRIu64 " are needed for %" PRIu32 " connection%s, the limit is %" PRIu64
                 "; raise it (ulimit -n, LimitNOFILE=) or lower limits.connections",
                 needed, wanted > 0 ? wanted : 1, wanted > 1 ? "s" : "", limit);
        return -EMFILE;
    }
    *sessions_max = wanted > 0 ? wanted : (uint32_t)automatic;
    return 0;
}

int descriptors_plan(uint32_t wanted, uint32_t reserved, uint32_t *sessions_max, char why[DESCRIPTORS_WHY_BYTES_MAX])
{
    struct rlimit limit = {0};

    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    getrlimit(RLIMIT_NOFILE, &limit);
    return descriptors_plan_from(limit.rlim_cur, wanted, reserved, sessions_max, why);
}
