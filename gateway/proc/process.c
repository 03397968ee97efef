#include "gateway/proc/process.h"

#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

#include "gateway/proc/about.h"
#include "gateway/proc/control.h"
#include "gateway/proc/descriptors.h"
#include "gateway/proc/listen_set.h"
#include "gateway/proc/notice.h"
#include "gateway/proc/shard.h"
#include "gateway/session/compression.h"

/* Descriptors that are not sessions': standard streams, log, control, and what libraries open. */
enum { DESCRIPTORS_BASE = 32, DESCRIPTORS_PER_SHARD = 2 };

/* All of one run. */
struct process {
    const struct config *config;
    uint32_t shard_count;
    int cpus[CONFIG_SHARDS_MAX];
    struct listen_set listen_set;
    struct session_quota quota;
    struct control control;
    struct log *log;
    struct shard_gate gate;
    struct shard *shards;
};

/* ---- what there is ---- */

/* Shards go to the allowed CPUs in order; with more shards than CPUs pinning would only hinder. */
static void plan_shards(struct process *p)
{
    cpu_set_t allowed;
    int cpus[CPU_SETSIZE];
    uint32_t count = 0;

    CPU_ZERO(&allowed);
    if (sched_getaffinity(0, sizeof allowed, &allowed) == 0) {
        for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
            if (CPU_ISSET((unsigned)cpu, &allowed)) {
                cpus[count++] = cpu;
            }
        }
    }
    const uint32_t automatic = count == 0 ? 1 : count < CONFIG_SHARDS_MAX ? count : CONFIG_SHARDS_MAX;
    p->shard_count = p->config->shards > 0 ? p->config->shards : automatic;
    p->quota.shard_count = p->shard_count;
    for (uint32_t i = 0; i < p->shard_count; i++) {
        p->cpus[i] = p->shard_count <= count ? cpus[i] : -1;
    }
}

/* Each shard needs memory of its own for compression. 0 or -EINVAL. */
static int plan_compression(const struct process *p)
{
    const uint64_t least = (uint64_t)p->shard_count * COMPRESSION_SHARD_BYTES_MIN;

    for (size_t i = 0; i < p->config->route_count; i++) {
        const struct config_route *route = &p->config->routes[i];
        if (compression_inflates(&route->settings.compression) && route->settings.compression.memory_bytes < least) {
            fprintf(stderr,
                    "sluice: the route in line %u: compression.memory is too small for %u shards; write at least "
                    "%" PRIu64 "MiB\n",
                    route->line, p->shard_count, least >> 20);
            return -EINVAL;
        }
    }
    return 0;
}

static int plan_descriptors(struct process *p)
{
    const uint32_t per_shard = DESCRIPTORS_PER_SHARD + (uint32_t)p->config->listener_count;
    const uint32_t reserved = DESCRIPTORS_BASE + p->shard_count * (per_shard + 2 * SESSION_POOL_RESERVE);
    char why[DESCRIPTORS_WHY_BYTES_MAX];
    const int error = descriptors_plan(p->config->connections_max, reserved, &p->quota.max, why);

    if (error != 0) {
        fprintf(stderr, "sluice: %s\n", why);
    }
    return error;
}

/* ---- shards ---- */

static void fill_shard(struct process *p, uint32_t index)
{
    p->shards[index] = (struct shard){.index = index,
                                      .cpu = p->cpus[index],
                                      .config = p->config,
                                      .listen_set = &p->listen_set,
                                      .quota = &p->quota,
                                      .log = p->log != NULL ? log_ring_of(p->log, index) : NULL,
                                      .gate = &p->gate,
                                      .control_fd = control_fd(&p->control)};
}

/* How many threads were started. */
static uint32_t start_threads(struct process *p)
{
    for (uint32_t i = 0; i < p->shard_count; i++) {
        fill_shard(p, i);
        if (shard_start(&p->shards[i]) != 0) {
            fprintf(stderr, "sluice: no thread for shard %u: raise the limit of processes (ulimit -u, TasksMax=)\n", i);
            return i;
        }
    }
    return p->shard_count;
}

static void join_threads(struct process *p, uint32_t started)
{
    for (uint32_t i = 0; i < started; i++) {
        shard_join(&p->shards[i]);
    }
}

static void say_start(struct process *p)
{
    const struct about_start start = {.config = p->config,
                                      .listen_set = &p->listen_set,
                                      .feature = &p->shards[0].io.feature,
                                      .cpus = p->cpus,
                                      .shard_count = p->shard_count,
                                      .sessions_max = p->quota.max};
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);

    if (out == NULL) {
        return;
    }
    about_print_start(&start, out);
    fclose(out);
    notice_text((struct slice){(const uint8_t *)text, bytes});
    free(text);
}

/* Every shard is set up, or none goes on. The same reason is said once. */
static bool start_shards(struct process *p)
{
    shard_gate_init(&p->gate);
    const uint32_t started = start_threads(p);
    const uint32_t failed = shard_gate_await(&p->gate, started);
    const bool go = started == p->shard_count && failed == 0;

    for (uint32_t i = 0; i < started; i++) {
        const char *why = p->shards[i].why;
        if (why[0] != '\0' && (i == 0 || strcmp(why, p->shards[i - 1].why) != 0)) {
            fprintf(stderr, "sluice: %s\n", why);
        }
    }
    if (go) {
        say_start(p);
    }
    shard_gate_open(&p->gate, go);
    if (!go) {
        join_threads(p, started);
    }
    return go;
}

static enum process_exit verdict(const struct process *p)
{
    for (uint32_t i = 0; i < p->shard_count; i++) {
        if (!p->shards[i].is_whole) {
            notice_line("bug: shard %u ended with something not given back", i);
            return PROCESS_EXIT_UNCLEAN;
        }
    }
    return p->control.is_forced ? PROCESS_EXIT_FORCED : PROCESS_EXIT_OK;
}

/* ---- the run, outermost first ---- */

static enum process_exit run_shards(struct process *p)
{
    p->shards = calloc(p->shard_count, sizeof *p->shards);
    if (p->shards == NULL) {
        fprintf(stderr, "sluice: no memory for %u shards\n", p->shard_count);
        return PROCESS_EXIT_NOT_STARTED;
    }
    enum process_exit result = PROCESS_EXIT_NOT_STARTED;
    if (start_shards(p)) {
        control_run(&p->control, p->shards, p->shard_count, p->config->drain_ms);
        join_threads(p, p->shard_count);
        result = verdict(p);
    }
    free(p->shards);
    return result;
}

static enum process_exit run_logged(struct process *p)
{
    if (p->config->access_log) {
        p->log = log_open(STDOUT_FILENO, p->shard_count);
        if (p->log == NULL) {
            fprintf(stderr, "sluice: no memory or no thread for the access log\n");
            return PROCESS_EXIT_NOT_STARTED;
        }
    }
    const enum process_exit result = run_shards(p);
    if (p->log != NULL && !log_close(p->log)) {
        notice_line("access log: the output takes nothing; its last lines are lost");
    }
    return result;
}

static enum process_exit run_controlled(struct process *p)
{
    char why[IO_WHY_BYTES_MAX];

    if (control_open(&p->control, why) != 0) {
        fprintf(stderr, "sluice: %s\n", why);
        return PROCESS_EXIT_NOT_STARTED;
    }
    const enum process_exit result = run_logged(p);
    control_close(&p->control);
    return result;
}

enum process_exit process_run(const struct config *config)
{
    struct process p = {.config = config};
    enum process_exit result = PROCESS_EXIT_NOT_STARTED;

    plan_shards(&p);
    if (plan_compression(&p) == 0 && plan_descriptors(&p) == 0 &&
        listen_set_open(&p.listen_set, config, p.shard_count, stderr) == 0) {
        result = run_controlled(&p);
        listen_set_close(&p.listen_set);
    }
    return result;
}
