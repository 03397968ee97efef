#include "tests/conformance/report.h"

#include <stdio.h>
#include <stdlib.h>

static void print_verdict(const char *of, const struct trial *t, enum trial_verdict verdict, const char *why)
{
    if (verdict != TRIAL_VERDICT_OK) {
        printf("  %-8s %-13s %-16s %s\n", t->row->id, of, trial_verdicts[verdict].text, why);
    }
}

/* A case counts by the worse of its two verdicts; verdict.def has them in order. */
static enum trial_verdict worse(const struct trial *t)
{
    return t->behavior > t->closing ? t->behavior : t->closing;
}

static void count_up(const struct trial *trials, size_t count, unsigned group, unsigned counts[TRIAL_VERDICT_COUNT])
{
    for (size_t i = 0; i < count; i++) {
        if (strtoul(trials[i].row->id, NULL, 10) == group) {
            counts[worse(&trials[i])]++;
        }
    }
}

static void print_group(const struct row_group *group, const struct trial *trials, size_t count)
{
    unsigned counts[TRIAL_VERDICT_COUNT] = {0};

    count_up(trials, count, group->number, counts);
    printf("  %2u %-16s", group->number, group->name);
    for (unsigned i = 0; i < TRIAL_VERDICT_COUNT; i++) {
        if (counts[i] > 0) {
            printf(" %4u %s", counts[i], trial_verdicts[i].text);
        }
    }
    putchar('\n');
}

void report_print(const struct trial *trials, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        print_verdict("behavior", &trials[i], trials[i].behavior, trials[i].why);
        print_verdict("behaviorClose", &trials[i], trials[i].closing, trials[i].why_closing);
    }
    for (size_t i = 0; i < row_group_count; i++) {
        print_group(&row_groups[i], trials, count);
    }
}

/* The texts are the suite's own: nothing in them needs an escape. */
static void write_case(FILE *f, const struct trial *t)
{
    fprintf(f,
            "    \"%s\": {\"behavior\": \"%s\", \"behaviorClose\": \"%s\", \"remoteCloseCode\": %u, \"duration\": %u, "
            "\"why\": \"%s\", \"whyClose\": \"%s\"}",
            t->row->id, trial_verdicts[t->behavior].text, trial_verdicts[t->closing].text, t->close_code, t->took_ms,
            t->why, t->why_closing);
}

bool report_json(const char *path, const char *name, const struct trial *trials, size_t count)
{
    FILE *f = fopen(path, "w");

    if (f == NULL) {
        return false;
    }
    fprintf(f, "{\n  \"name\": \"%s\",\n  \"cases\": {\n", name);
    for (size_t i = 0; i < count; i++) {
        write_case(f, &trials[i]);
        fputs(i + 1 < count ? ",\n" : "\n", f);
    }
    fputs("  }\n}\n", f);
    return fclose(f) == 0;
}
