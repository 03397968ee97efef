#include "bench/load/cpu_time.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* The first number of a schedstat is the time on a CPU, in nanoseconds. A thread that has ended has none. */
static uint64_t thread_ns(int pid, const char *tid)
{
    char path[64], line[96] = "";

    snprintf(path, sizeof path, "/proc/%d/task/%.16s/schedstat", pid, tid);
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return 0;
    }
    const uint64_t ns = fgets(line, sizeof line, file) == NULL ? 0 : strtoull(line, NULL, 10);
    fclose(file);
    return ns;
}

int cpu_time_of(int pid, uint64_t *ns)
{
    char path[64];

    snprintf(path, sizeof path, "/proc/%d/task", pid);
    DIR *tasks = opendir(path);
    if (tasks == NULL) {
        return -errno;
    }
    *ns = 0;
    for (const struct dirent *task = readdir(tasks); task != NULL; task = readdir(tasks)) {
        *ns += task->d_name[0] == '.' ? 0 : thread_ns(pid, task->d_name);
    }
    closedir(tasks);
    return 0;
}

uint64_t cpu_time_own(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}
