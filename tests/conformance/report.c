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

/* How many there are of a group, and of each verdict in it. */
static size_t count_up(const struct trial *trials, size_t count, unsigned group, unsigned counts[TRIAL_VERDICT_COUNT])
{
    size_t members = 0;

    for (size_t i = 0; i < count; i++) {
        if (strtoul(trials[i].row->id, NULL, 10) == group) {
            counts[worse(&trials[i])]++;
            members++;
        }
    }
    return members;
}

/* So that a short run is not taken for a complete one. */
static void print_messages(unsigned group, const struct trial *trials, size_t count)
{
    size_t least = SIZE_MAX, most = 0, due = 0, cases = 0, packed = 0, sent = 0;

    for (size_t i = 0; i < count; i++) {
        const struct trial *t = &trials[i];
        if (strtoul(t->row->id, NULL, 10) == group && t->message_count > 0) {
            least = t->message_count < least ? t->message_count : least;
            most = t->message_count > most ? t->message_count : most;
            due = t->row->stream.message_count;
            packed += t->packed_count;
            sent += t->message_count;
            cases++;
        }
    }
    if (cases > 0) {
        printf("; %zu to %zu of %zu messages a case, %zu %% came back compressed", least, most, due,
               packed * 100 / sent);
    }
}

static void print_group(const struct row_group *group, const struct trial *trials, size_t count)
{
    unsigned counts[TRIAL_VERDICT_COUNT] = {0};

    if (count_up(trials, count, group->number, counts) == 0) {
        return;
    }
    printf("  %2u %-18s", group->number, group->name);
    for (unsigned i = 0; i < TRIAL_VERDICT_COUNT; i++) {
        if (counts[i] > 0) {
            printf(" %4u %s", counts[i], trial_verdicts[i].text);
        }
    }
    print_messages(group->number, trials, count);
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
    const size_t due = t->row->stream.message_count;

    fprintf(f,
            "    \"%s\": {\"behavior\": \"%s\", \"behaviorClose\": \"%s\", \"remoteCloseCode\": %u, \"duration\": %u, "
            "\"why\": \"%s\", \"whyClose\": \"%s\"",
            t->row->id, trial_verdicts[t->behavior].text, trial_verdicts[t->closing].text, t->close_code, t->took_ms,
            t->why, t->why_closing);
    if (due > 0) {
        fprintf(f, ", \"messages\": %zu, \"messagesOfSuite\": %zu, \"messagesCompressed\": %zu", t->message_count, due,
                t->packed_count);
    }
    fputc('}', f);
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
