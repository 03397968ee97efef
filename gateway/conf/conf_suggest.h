/*
 * conf_suggest - which known word a mistyped one was meant to be: `; did you mean "upstream"?`
 *
 * Thread: any. Memory: none. Errors: none (a word too far from all gets no suggestion).
 * Limits: words of CONF_SUGGEST_WORD_BYTES_MAX; longer ones get none.
 */
#ifndef GATEWAY_CONF_CONF_SUGGEST_H
#define GATEWAY_CONF_CONF_SUGGEST_H

#include "core/base/slice.h"

enum { CONF_SUGGEST_WORD_BYTES_MAX = 64 };

struct conf_suggest {
    struct slice word;
    const char *nearest; /* among what was offered; NULL when nothing is near */
    size_t distance;
    char text[CONF_SUGGEST_WORD_BYTES_MAX + 32];
};

void conf_suggest_init(struct conf_suggest *s, struct slice word);

/* One more known word; it must live as long as s. Of several equally near ones the first offered stays. */
void conf_suggest_offer(struct conf_suggest *s, const char *known);

/* `; did you mean "..."?` or "": to end an error's text with. It lives in s. */
const char *conf_suggest_text(struct conf_suggest *s);

/*
 * Damerau-Levenshtein (optimal string alignment) without case: how many letters to insert, drop, change or swap with
 * their neighbour. Both words at most CONF_SUGGEST_WORD_BYTES_MAX long.
 */
size_t conf_suggest_distance(struct slice a, struct slice b);

#endif
