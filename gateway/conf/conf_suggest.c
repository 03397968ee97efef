#include "gateway/conf/conf_suggest.h"

#include <stdio.h>

void conf_suggest_init(struct conf_suggest *s, struct slice word)
{
    *s = (struct conf_suggest){.word = word};
    /* A third of the letters may be wrong; more is another word. */
    s->distance = (word.len < 3 ? 1 : word.len / 3) + 1;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static bool same_letter(struct slice a, size_t i, struct slice b, size_t j)
{
    return slice_lower(a.ptr[i]) == slice_lower(b.ptr[j]);
}

size_t conf_suggest_distance(struct slice a, struct slice b)
{
    size_t rows[3][CONF_SUGGEST_WORD_BYTES_MAX + 1] = {0};
    size_t *before = rows[0], *above = rows[1], *row = rows[2];

    ASSERT(a.len <= CONF_SUGGEST_WORD_BYTES_MAX && b.len <= CONF_SUGGEST_WORD_BYTES_MAX);
    for (size_t j = 0; j <= b.len; j++) {
        row[j] = j;
    }
    for (size_t i = 1; i <= a.len; i++) {
        size_t *oldest = before;
        before = above;
        above = row;
        row = oldest;
        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            const size_t change = same_letter(a, i - 1, b, j - 1) ? 0 : 1;
            row[j] = smaller(smaller(above[j], row[j - 1]) + 1, above[j - 1] + change);
            if (i > 1 && j > 1 && same_letter(a, i - 1, b, j - 2) && same_letter(a, i - 2, b, j - 1)) {
                row[j] = smaller(row[j], before[j - 2] + 1);
            }
        }
    }
    return row[b.len];
}

void conf_suggest_offer(struct conf_suggest *s, const char *known)
{
    const struct slice b = slice_from_string(known);

    if (s->word.len > CONF_SUGGEST_WORD_BYTES_MAX || b.len > CONF_SUGGEST_WORD_BYTES_MAX) {
        return;
    }
    /* A difference in length is that many letters at least: most words are decided here. */
    const size_t apart = s->word.len > b.len ? s->word.len - b.len : b.len - s->word.len;
    if (apart >= s->distance) {
        return;
    }
    const size_t distance = conf_suggest_distance(s->word, b);
    if (distance < s->distance) {
        s->distance = distance;
        s->nearest = known;
    }
}

const char *conf_suggest_text(struct conf_suggest *s)
{
    if (s->nearest == NULL) {
        return "";
    }
    snprintf(s->text, sizeof s->text, "; did you mean \"%s\"?", s->nearest);
    return s->text;
}
