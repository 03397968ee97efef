/*
 * trial - one case, carried out against one server, and the two verdicts that come of it.
 *
 * Thread: any; each its own. Memory: none that outlives trial_run(). Errors: verdicts. Limits: TRIAL_* below.
 */
#ifndef TESTS_CONFORMANCE_TRIAL_H
#define TESTS_CONFORMANCE_TRIAL_H

#include "tests/conformance/link.h"
#include "tests/conformance/row.h"

/* For answers without an end in sight; for the server's Close; for the end of the connection behind it. */
enum { TRIAL_ANSWERS_MS = 20000, TRIAL_CLOSE_MS = 5000, TRIAL_DROP_MS = 3000, TRIAL_WHY_BYTES = 160 };

enum trial_verdict {
#define VERDICT(name, text, passes) TRIAL_VERDICT_##name,
#include "tests/conformance/verdict.def"
#undef VERDICT
    TRIAL_VERDICT_COUNT,
};

struct trial_verdict_rule {
    const char *text;
    bool passes;
};
extern const struct trial_verdict_rule trial_verdicts[TRIAL_VERDICT_COUNT];

struct trial {
    const struct row *row;
    enum trial_verdict behavior, closing;
    char why[TRIAL_WHY_BYTES];         /* behavior is not OK */
    char why_closing[TRIAL_WHY_BYTES]; /* closing is not OK */
    unsigned close_code;               /* the server's; 0: none */
    unsigned took_ms;
    size_t message_count; /* to be sent, in groups 12 and 13 */
    size_t packed_count;  /* messages that came back compressed */
};

/* How groups 12 and 13 are carried out. */
struct trial_pace {
    size_t message_count; /* of the largest messages, see row_message_count() */
    unsigned at_once;     /* cases that share the server: each has as many times the seconds of its row */
};

void trial_run(struct trial *t, const struct row *row, const struct link_target *target, struct trial_pace pace);
bool trial_passed(const struct trial *t);

#endif
