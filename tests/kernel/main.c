/*
 * Drives a gateway through its sockets, for a guest that has nothing but this program.
 *
 *   kernel_client SCENARIO ADDRESS PATH [PID]    ADDRESS: a port of 127.0.0.1, or the path of a unix socket
 *
 * PID: whom to stop or to signal where the scenario's plan says so. One line on standard output says how it went; exit
 * code 0: well.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/kernel/abrupt.h"
#include "tests/kernel/crowd.h"
#include "tests/kernel/report.h"

enum { ALARM_S = REPORT_LIMIT_MS / 1000 + 10 };

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    signal(SIGPIPE, SIG_IGN);
    if (argc < 4) {
        fprintf(stderr, "usage: kernel_client SCENARIO ADDRESS PATH [PID]\n");
        return 2;
    }
    report = (struct report){argv[1], argv[2], argv[3], report_now_ms()};
    alarm(ALARM_S);
    if (strcmp(report.scenario, "abrupt") == 0) {
        abrupt_run();
        return 0;
    }
    const struct plan *plan = plan_find(report.scenario);
    if (plan == NULL) {
        fprintf(stderr, "kernel_client: no scenario %s\n", report.scenario);
        return 2;
    }
    crowd_run(plan, argc > 4 ? (pid_t)strtol(argv[4], NULL, 10) : 0);
    return 0;
}
