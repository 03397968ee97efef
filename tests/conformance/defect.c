#include "tests/conformance/defect.h"

#include <string.h>

#include "tests/conformance/script.h"

enum { PONG = 10 };

static const char *const words[DEFECT_COUNT] = {
#define DEFECT(name, word, what) word,
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

static bool has_answer(const struct answers *a, enum defect defect)
{
    for (size_t i = 0; i < a->count; i++) {
        const bool is_pong = a->list[i].opcode == PONG;
        if ((defect == DEFECT_WRONG_PONG && is_pong) || (defect == DEFECT_RSV_UNASKED && !is_pong) ||
            (defect == DEFECT_DROPS_A_BYTE && !is_pong && a->list[i].bytes > 0)) {
            return true;
        }
    }
    return false;
}

static bool shows_in_answers(enum defect defect, const struct row *row)
{
    struct script s;
    struct answers expected = {0};

    script_compile(&s, row);
    const bool is_echo = strcmp(row->expect, "=") == 0;
    if (!is_echo) {
        script_expect(&expected, row);
    }
    const bool shows = has_answer(is_echo ? &s.echo : &expected, defect);
    answers_free(&expected);
    script_free(&s);
    return shows;
}

bool defect_shows_in(enum defect defect, const struct row *row)
{
    switch (defect) {
    case DEFECT_NO_UTF8_CHECK:
        return row->ending == ROW_ENDING_TEXT || row->ending == ROW_ENDING_REFUSED_TEXT;
    case DEFECT_WRONG_CODE:
        return row->ending == ROW_ENDING_TEXT || row->ending == ROW_ENDING_PROTOCOL ||
               row->ending == ROW_ENDING_REFUSED || row->ending == ROW_ENDING_REFUSED_TEXT ||
               row->ending == ROW_ENDING_UNDEFINED;
    case DEFECT_DROPS_A_BYTE:
    case DEFECT_WRONG_PONG:
    case DEFECT_RSV_UNASKED:
        return shows_in_answers(defect, row);
    case DEFECT_NONE:
    case DEFECT_COUNT:
        break;
    }
    return false;
}
