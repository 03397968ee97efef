#include "gateway/conf/conf_suggest.h"

#include <criterion/criterion.h>

static size_t distance(const char *a, const char *b)
{
    return conf_suggest_distance(slice_from_string(a), slice_from_string(b));
}

static const char *suggest(struct conf_suggest *s, const char *word)
{
    static const char *const known[] = {"listen", "listeners", "limits", "to", "timeouts"};

    conf_suggest_init(s, slice_from_string(word));
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        conf_suggest_offer(s, known[i]);
    }
    return conf_suggest_text(s);
}

Test(conf_suggest, the_distance_counts_inserted_dropped_changed_and_swapped_letters)
{
    cr_assert_eq(distance("", ""), 0);
    cr_assert_eq(distance("", "abc"), 3);
    cr_assert_eq(distance("abc", ""), 3);
    cr_assert_eq(distance("listen", "listen"), 0);
    cr_assert_eq(distance("lsten", "listen"), 1);
    cr_assert_eq(distance("liisten", "listen"), 1);
    cr_assert_eq(distance("lixten", "listen"), 1);
    cr_assert_eq(distance("lsiten", "listen"), 1);
    cr_assert_eq(distance("kitten", "sitting"), 3);
    cr_assert_eq(distance("ca", "abc"), 3);
}

Test(conf_suggest, case_does_not_count)
{
    cr_assert_eq(distance("LISTEN", "listen"), 0);
}

Test(conf_suggest, the_nearest_word_is_suggested)
{
    struct conf_suggest s;

    cr_assert_str_eq(suggest(&s, "lisen"), "; did you mean \"listen\"?");
    cr_assert_str_eq(suggest(&s, "listners"), "; did you mean \"listeners\"?");
    cr_assert_str_eq(suggest(&s, "ot"), "; did you mean \"to\"?");
    cr_assert_str_eq(suggest(&s, "Timeout"), "; did you mean \"timeouts\"?");
}

Test(conf_suggest, a_word_far_from_all_gets_no_suggestion)
{
    struct conf_suggest s;

    cr_assert_str_eq(suggest(&s, "upstream"), "");
    cr_assert_str_eq(suggest(&s, "xyz"), "");
    cr_assert_str_eq(suggest(&s, ""), "");
}

Test(conf_suggest, a_word_longer_than_the_limit_gets_no_suggestion)
{
    struct conf_suggest s;
    char longest[CONF_SUGGEST_WORD_BYTES_MAX + 1], longer[CONF_SUGGEST_WORD_BYTES_MAX + 2];

    memset(longest, 'a', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    memset(longer, 'a', sizeof longer);
    longer[sizeof longer - 1] = '\0';

    conf_suggest_init(&s, slice_from_string(longest));
    conf_suggest_offer(&s, longer);
    cr_assert_str_eq(conf_suggest_text(&s), "");
    conf_suggest_offer(&s, longest);
    cr_assert_not_null(strstr(conf_suggest_text(&s), longest));
    conf_suggest_init(&s, slice_from_string(longer));
    conf_suggest_offer(&s, longest);
    cr_assert_str_eq(conf_suggest_text(&s), "");
}
