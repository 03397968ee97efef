/*
 * defect - ways in which a server can be wrong, and which cases must see it.
 *
 * Thread: any. Memory: none that outlives a call. Errors: none. Limits: none.
 */
#ifndef TESTS_CONFORMANCE_DEFECT_H
#define TESTS_CONFORMANCE_DEFECT_H

#include "tests/conformance/row.h"

/* The rows of defect.def. */
enum defect {
#define DEFECT(name, word, where, what) DEFECT_##name,
#include "tests/conformance/defect.def"
#undef DEFECT
    DEFECT_COUNT,
};

/* The defect of that name; DEFECT_COUNT: there is none. */
enum defect defect_named(const char *word);

/* Whether a server with this defect must not pass the case: from what the row says that it sends and expects. */
bool defect_shows_in(enum defect defect, const struct row *row);

#endif
