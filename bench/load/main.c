/*
 * sluice-load - sends WebSocket messages over many connections, checks every byte that comes back, and says how fast.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "bench/load/report.h"
#include "simd/simd.h"

enum { EXIT_BAD = 1, EXIT_USAGE = 2 };

static int complain(const char *what)
{
    fprintf(stderr, "sluice-load: %s\n", what);
    return EXIT_USAGE;
}

static int pin(int cpu)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    return sched_setaffinity(0, sizeof set, &set) < 0 ? -errno : 0;
}

/* A descriptor for each connection. */
static void raise_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

int main(int argc, char *argv[])
{
    static struct run_result result;
    struct options o;
    char problem[OPTIONS_PROBLEM_BYTES_MAX];

    if (options_parse(argc, argv, &o, problem) < 0) {
        return complain(problem);
    }
    if (o.is_help) {
        fputs(options_help(), stdout);
        return EXIT_SUCCESS;
    }
    if (o.cpu >= 0 && pin(o.cpu) < 0) {
        return complain("--cpu: this process may not run there");
    }
    (void)signal(SIGPIPE, SIG_IGN);
    raise_limit();
    if (simd_init(getenv("SLUICE_SIMD")) < 0) {
        return complain("SLUICE_SIMD names no level of this CPU");
    }
    if (run_all(&o, &result) < 0) {
        return complain(result.why);
    }
    (o.is_json ? report_json : report_text)(stdout, &o, &result);
    return run_is_good(&result) ? EXIT_SUCCESS : EXIT_BAD;
}
