/*
 * conformance [--messages N] NAME PORT PATH [JSON [DEFECT [CASES]]] - every case of the suite against the server at
 * 127.0.0.1:PORT.
 *
 * JSON is the file of the report ("-": none). With a DEFECT, the server is meant to have it: the run passes where just
 * the cases fail in which it must show. CASES is a number, or what several begin with: "9.3.", "6.4.1"; or some of
 * them, with commas between. N is how many messages the cases of groups 12 and 13 with the largest messages send, the
 * others as many more as their messages are smaller, but none more than 1000, which is the default and the suite's own
 * number; at least 2: a context that should have been forgotten shows in the second.
 * conformance --list: the numbers of the cases.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/assert.h"
#include "tests/conformance/defect.h"
#include "tests/conformance/report.h"

enum { WORKERS = 16, CASES_MAX = 1024, MESSAGES_MIN = 2, MESSAGES_DEFAULT = 1000 };

struct run {
    struct link_target target;
    enum defect defect;
    const char *name, *json, *only;
    struct trial_pace pace;
    const struct row *rows[CASES_MAX];
    struct trial trials[CASES_MAX];
    size_t count;
    atomic_size_t next;
};

static bool is_wanted(const char *id, const char *only)
{
    do {
        only += *only == ',';
        const size_t bytes = strcspn(only, ",");
        if (strncmp(id, only, bytes) == 0 && (bytes == 0 || only[bytes - 1] == '.' || id[bytes] == '\0')) {
            return true;
        }
        only += bytes;
    } while (*only != '\0');
    return false;
}

/* A case that is lost from a table must not go unnoticed. */
static void gather(struct run *run)
{
    for (size_t g = 0; g < row_group_count; g++) {
        const struct row_group *group = &row_groups[g];
        ASSERT(group->row_count == group->count);
        for (size_t i = 0; i < group->row_count; i++) {
            ASSERT(run->count < CASES_MAX && strtoul(group->rows[i].id, NULL, 10) == group->number);
            if (is_wanted(group->rows[i].id, run->only)) {
                run->rows[run->count++] = &group->rows[i];
            }
        }
    }
}

static void *work(void *arg)
{
    struct run *run = arg;

    for (size_t i = atomic_fetch_add(&run->next, 1); i < run->count; i = atomic_fetch_add(&run->next, 1)) {
        trial_run(&run->trials[i], run->rows[i], &run->target, run->pace);
    }
    return NULL;
}

static void carry_out(struct run *run)
{
    pthread_t threads[WORKERS];

    for (size_t i = 0; i < WORKERS; i++) {
        ASSERT(pthread_create(&threads[i], NULL, work, run) == 0);
    }
    for (size_t i = 0; i < WORKERS; i++) {
        pthread_join(threads[i], NULL);
    }
}

/* Cases that did what they had to: passed, or, where a defect must show, failed. */
static size_t count_right(const struct run *run)
{
    size_t right = 0;

    for (size_t i = 0; i < run->count; i++) {
        const struct trial *t = &run->trials[i];
        const bool is_due = defect_shows_in(run->defect, t->row);
        if (trial_passed(t) != is_due) {
            right++;
        } else if (run->defect != DEFECT_NONE) {
            printf("  %-8s %s\n", t->row->id, is_due ? "passed, and must have failed" : "failed, and must have passed");
        }
    }
    return right;
}

static size_t count_due(const struct run *run)
{
    size_t due = 0;

    for (size_t i = 0; i < run->count; i++) {
        due += defect_shows_in(run->defect, run->rows[i]);
    }
    return due;
}

static int finish(const struct run *run)
{
    if (run->defect == DEFECT_NONE) {
        report_print(run->trials, run->count);
    }
    const size_t right = count_right(run);
    if (run->defect != DEFECT_NONE) {
        printf("  %zu of %zu cases had to fail\n", count_due(run), run->count);
    }
    if (strcmp(run->json, "-") != 0 && !report_json(run->json, run->name, run->trials, run->count)) {
        fprintf(stderr, "conformance: cannot write %s\n", run->json);
        return 2;
    }
    printf("conformance (%s): %zu passed, %zu failed\n", run->name, right, run->count - right);
    return right == run->count && run->count > 0 ? 0 : 1;
}

static int list(struct run *run)
{
    gather(run);
    for (size_t i = 0; i < run->count; i++) {
        puts(run->rows[i]->id);
    }
    return 0;
}

int main(int argc, char **argv)
{
    static struct run run = {.only = "", .json = "-", .defect = DEFECT_NONE, .pace = {MESSAGES_DEFAULT, 1}};

    if (argc == 2 && strcmp(argv[1], "--list") == 0) {
        return list(&run);
    }
    if (argc > 2 && strcmp(argv[1], "--messages") == 0) {
        run.pace.message_count = strtoul(argv[2], NULL, 10);
        argc -= 2;
        argv += 2;
    }
    if (argc < 4 || argc > 7 || run.pace.message_count < MESSAGES_MIN) {
        fputs("usage: conformance [--messages N] NAME PORT PATH [JSON [DEFECT [CASES]]]\n"
              "       conformance --list\n",
              stderr);
        return 2;
    }
    run.name = argv[1];
    run.target = (struct link_target){.port = (unsigned)strtoul(argv[2], NULL, 10), .path = argv[3]};
    run.json = argc > 4 ? argv[4] : "-";
    run.defect = argc > 5 ? defect_named(argv[5]) : DEFECT_NONE;
    run.only = argc > 6 ? argv[6] : "";
    if (run.defect == DEFECT_COUNT) {
        fprintf(stderr, "conformance: no defect is called %s\n", argv[5]);
        return 2;
    }
    gather(&run);
    run.pace.at_once = run.count < WORKERS ? (unsigned)run.count : WORKERS;
    carry_out(&run);
    return finish(&run);
}
