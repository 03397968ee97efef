#include "tests/conformance/defect.h"

#include <string.h>

#include "tests/conformance/script.h"

enum { PONG = 10, NARROW_BYTES = 512 };

static const char *const words[DEFECT_COUNT] = {
#define DEFECT(name, word, where, what) word,
#include "tests/conformance/defect.def"
#undef DEFECT
};

enum defect defect_named(const char *word)
{
    unsigned i = 0;

    while (i < DEFECT_COUNT && strcmp(words[i], word) != 0) {
        i++;
    }
    return i;
}

typedef bool answer_fn(const struct answer *a);

static bool is_pong(const struct answer *a)
{
    return a->opcode == PONG;
}

static bool is_message(const struct answer *a)
{
    return a->opcode != PONG;
}

static bool is_message_of_bytes(const struct answer *a)
{
    return a->opcode != PONG && a->bytes > 0;
}

static bool is_any(const struct answers *a, answer_fn *is_it)
{
    size_t i = 0;

    while (i < a->count && !is_it(&a->list[i])) {
        i++;
    }
    return i < a->count;
}

/* Whether such an answer is due. */
static bool is_due(const struct row *row, answer_fn *is_it)
{
    struct script s;
    struct answers expected = {0};

    script_compile(&s, row);
    const bool is_echo = strcmp(row->expect, "=") == 0;
    if (!is_echo) {
        script_expect(&expected, row);
    }
    const bool is_there = is_any(is_echo ? &s.echo : &expected, is_it);
    answers_free(&expected);
    script_free(&s);
    return is_there;
}

static bool nowhere(const struct row *row)
{
    (void)row;
    return false;
}

static bool in_streams(const struct row *row)
{
    return row->stream.message_count > 0;
}

static bool in_plain(const struct row *row)
{
    return !in_streams(row);
}

static bool in_bad_text(const struct row *row)
{
    return row->ending == ROW_ENDING_TEXT || row->ending == ROW_ENDING_REFUSED_TEXT;
}

static bool in_refusals(const struct row *row)
{
    return in_bad_text(row) || row->ending == ROW_ENDING_PROTOCOL || row->ending == ROW_ENDING_REFUSED ||
           row->ending == ROW_ENDING_UNDEFINED;
}

static bool in_messages(const struct row *row)
{
    return in_streams(row) || is_due(row, is_message_of_bytes);
}

static bool in_pongs(const struct row *row)
{
    return is_due(row, is_pong);
}

static bool in_plain_answers(const struct row *row)
{
    return is_due(row, is_message);
}

static bool in_asking(const struct row *row)
{
    const struct row_offer_rule *offer = &row_offers[row->stream.offer];

    return in_streams(row) && (offer->asks_no_context || offer->asks_bits != 0) && !offer->is_bare_too;
}

static bool in_resets(const struct row *row)
{
    return in_streams(row) && row_offers[row->stream.offer].asks_no_context;
}

/* Nothing can reach back further than to the start of a message where no context is kept. */
static bool in_windows(const struct row *row)
{
    return in_streams(row) && row_offers[row->stream.offer].asks_bits == 9 &&
           (row->stream.message_bytes > NARROW_BYTES || !in_resets(row));
}

static bool (*const shows[DEFECT_COUNT])(const struct row *) = {
#define DEFECT(name, word, where, what) where,
#include "tests/conformance/defect.def"
#undef DEFECT
};

bool defect_shows_in(enum defect defect, const struct row *row)
{
    return shows[defect](row);
}
