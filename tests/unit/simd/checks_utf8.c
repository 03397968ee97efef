#include "tests/unit/simd/checks.h"

/* Bytes at which some rule of Unicode table 3-7 begins or ends. */
static const uint8_t boundary_bytes[] = {0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF,
                                         0xE0, 0xE1, 0xEC, 0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF};
#define BOUNDARY_BYTES sizeof boundary_bytes

/* Places of a sequence that lie on the edges of words and vectors. */
static const size_t places[] = {0, 1, 13, 30, 62, 126};
#define PLACES (sizeof places / sizeof places[0])

#define FORMS (UTF8_UNMASK + 1)

/* A text of ASCII, plain and masked, in which one sequence at a time stands. */
static uint8_t plain[CHECKS_BYTES_MAX], masked[CHECKS_BYTES_MAX], out[CHECKS_BYTES_MAX];

static void clear(void)
{
    memset(plain, 'x', sizeof plain);
    for (size_t i = 0; i < sizeof plain; i++)
        masked[i] = checks_mask_byte(plain[i], CHECKS_KEY, i);
}

static void put(size_t at, uint8_t byte)
{
    plain[at] = byte;
    masked[at] = checks_mask_byte(byte, CHECKS_KEY, at);
}

static void put_all(size_t at, const uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        put(at + i, bytes[i]);
}

/* The kernel over [from, to) of the text. */
static uint32_t run(const struct simd_kernels *k, enum utf8_form form, uint32_t state, size_t from, size_t to)
{
    const struct checks_text text = {out + from, plain + from, masked + from, to - from,
                                     simd_key_turn(CHECKS_KEY, from)};
    return checks_run(k, form, state, text);
}

static uint32_t then_ascii(uint32_t state)
{
    return state == SIMD_UTF8_BOUNDARY ? state : SIMD_UTF8_BAD;
}

/* The sequence of count bytes at this place, once at the end of the text and once before more ASCII. */
static size_t check_placed(const struct simd_kernels *k, enum utf8_form form, size_t at, size_t count, uint32_t want)
{
    size_t failures = 0;
    const uint32_t at_end = run(k, form, 0, 0, at + count);
    const uint32_t amid = run(k, form, 0, 0, at + count + 17);

    if (at_end != want || amid != then_ascii(want))
        failures +=
            checks_failed("%s form %d, %02x %02x %02x %02x (%zu) at %zu: %08x and %08x, not %08x", k->name, form,
                          plain[at], plain[at + 1], plain[at + 2], plain[at + 3], count, at, at_end, amid, want);
    return failures;
}

/* All third bytes behind the two that stand at this place. */
static size_t check_third_bytes(const struct simd_kernels *k, size_t at)
{
    const uint32_t state = checks_state_after(0, plain + at, 2);
    size_t failures = 0;

    for (int form = UTF8_PLAIN; form < FORMS; form++)
        failures += check_placed(k, (enum utf8_form)form, at, 2, state);
    for (unsigned third = 0; third < 256; third++) {
        put(at + 2, (uint8_t)third);
        failures +=
            check_placed(k, (enum utf8_form)(third % FORMS), at, 3, checks_state_after_byte(state, (uint8_t)third));
    }
    put(at + 2, 'x');
    return failures;
}

size_t checks_all_sequences_of_up_to_three_bytes_are_judged_as_by_the_table(void)
{
    size_t failures = 0;

    clear();
    for (const struct simd_kernels *k = checks_next_level(NULL); k != NULL; k = checks_next_level(k))
        for (unsigned first = 0; first < 256; first++) {
            const size_t at = k == checks_next_level(NULL) ? 5 : places[first % PLACES];
            put(at, (uint8_t)first);
            for (int form = UTF8_PLAIN; form < FORMS; form++)
                failures += check_placed(k, (enum utf8_form)form, at, 1, checks_state_after_byte(0, (uint8_t)first));
            for (unsigned second = 0; second < 256; second++) {
                put(at + 1, (uint8_t)second);
                failures += check_third_bytes(k, at);
            }
            put(at, 'x');
            put(at + 1, 'x');
        }
    return failures;
}

/* All boundary bytes in the last two places of four. */
static size_t check_last_two_of_four(const struct simd_kernels *k, size_t at)
{
    const uint32_t second = checks_state_after(0, plain + at, 2);
    size_t failures = 0;

    for (size_t i = 0; i < BOUNDARY_BYTES; i++) {
        const uint32_t third = checks_state_after_byte(second, boundary_bytes[i]);
        put(at + 2, boundary_bytes[i]);
        for (size_t j = 0; j < BOUNDARY_BYTES; j++) {
            const enum utf8_form form = (enum utf8_form)((i + j) % FORMS);
            put(at + 3, boundary_bytes[j]);
            failures += check_placed(k, form, at, 4, checks_state_after_byte(third, boundary_bytes[j]));
        }
    }
    put_all(at, (const uint8_t *)"xxxx", 4);
    return failures;
}

size_t checks_all_leads_and_second_bytes_of_four_are_judged_as_by_the_table(void)
{
    size_t failures = 0;

    clear();
    for (const struct simd_kernels *k = checks_next_level(NULL); k != NULL; k = checks_next_level(k))
        for (unsigned first = 0xC0; first < 256; first++)
            for (unsigned second = 0; second < 256; second++) {
                const size_t at = places[second % PLACES];
                put(at, (uint8_t)first);
                put(at + 1, (uint8_t)second);
                failures += check_last_two_of_four(k, at);
            }
    return failures;
}

size_t checks_boundary_bytes_are_judged_alike_at_every_offset(void)
{
    size_t failures = 0;

    clear();
    for (const struct simd_kernels *k = checks_next_level(NULL); k != NULL; k = checks_next_level(k))
        for (size_t i = 0; i < BOUNDARY_BYTES * BOUNDARY_BYTES * BOUNDARY_BYTES; i++) {
            const uint8_t bytes[3] = {boundary_bytes[i / BOUNDARY_BYTES / BOUNDARY_BYTES],
                                      boundary_bytes[i / BOUNDARY_BYTES % BOUNDARY_BYTES],
                                      boundary_bytes[i % BOUNDARY_BYTES]};
            const uint32_t want = checks_state_after(0, bytes, sizeof bytes);
            const size_t step = k == checks_next_level(NULL) ? 7 : 1;
            for (size_t at = i % step; at < 72; at += step) {
                put_all(at, bytes, sizeof bytes);
                failures += check_placed(k, (enum utf8_form)((at + i) % FORMS), at, sizeof bytes, want);
                put_all(at, (const uint8_t *)"xxx", sizeof bytes);
            }
        }
    return failures;
}

/* [0, cut) and [cut, len), the state after each. */
static size_t check_split(const struct simd_kernels *k, enum utf8_form form, size_t cut, size_t len)
{
    const uint32_t want_cut = checks_state_after(0, plain, cut);
    const uint32_t want = checks_state_after(want_cut, plain + cut, len - cut);
    const uint32_t got_cut = run(k, form, 0, 0, cut);
    const uint32_t got = run(k, form, got_cut, cut, len);

    if (got_cut == want_cut && got == want)
        return 0;
    return checks_failed("%s form %d, %zu bytes cut at %zu: %08x then %08x, not %08x then %08x", k->name, form, len,
                         cut, got_cut, got, want_cut, want);
}

size_t checks_boundary_bytes_split_anywhere_give_the_state_of_the_table(void)
{
    const size_t at = 2, most = BOUNDARY_BYTES * BOUNDARY_BYTES * BOUNDARY_BYTES * BOUNDARY_BYTES;
    size_t failures = 0;

    clear();
    for (size_t i = 0; i < most; i++) {
        size_t rest = i;
        for (size_t j = 0; j < 4; j++, rest /= BOUNDARY_BYTES)
            put(at + j, boundary_bytes[rest % BOUNDARY_BYTES]);
        if (plain[at] < 0xC0 && plain[at + 1] < 0xC0)
            continue;
        for (const struct simd_kernels *k = checks_next_level(NULL); k != NULL; k = checks_next_level(k))
            for (size_t cut = 1; cut < 4; cut++)
                failures += check_split(k, (enum utf8_form)((i + cut) % FORMS), at + cut, i % 2 == 0 ? at + 4 : at + 9);
    }
    return failures;
}

/* A text of this kind, with a byte broken if broken is an offset in it. */
static void fill(enum checks_kind kind, size_t len, size_t broken)
{
    checks_fill(kind, plain, len);
    if (broken < len)
        plain[broken] = (uint8_t)checks_random();
    for (size_t i = 0; i < len; i++)
        masked[i] = checks_mask_byte(plain[i], CHECKS_KEY, i);
}

size_t checks_texts_split_anywhere_give_the_state_of_the_table(void)
{
    size_t failures = 0;

    checks_seed();
    for (int kind = CHECKS_ASCII; kind < CHECKS_KIND_COUNT; kind++)
        for (size_t len = 1; len <= 330; len += 1 + len / 8) {
            fill((enum checks_kind)kind, len, checks_random() % (3 * len));
            for (const struct simd_kernels *k = checks_next_level(NULL); k != NULL; k = checks_next_level(k))
                for (size_t cut = 0; cut <= len; cut++)
                    for (int form = UTF8_PLAIN; form < FORMS; form++)
                        failures += check_split(k, (enum utf8_form)form, cut, len);
        }
    return failures;
}

/* Parts of random sizes up to part_max. */
static size_t check_parts(const struct simd_kernels *k, enum utf8_form form, size_t len, size_t part_max)
{
    uint32_t want = 0, got = 0;
    size_t failures = 0;

    for (size_t from = 0, to; from < len; from = to) {
        to = from + checks_random() % (part_max + 1);
        to = to < len ? to : len;
        want = checks_state_after(want, plain + from, to - from);
        got = run(k, form, got, from, to);
        if (got != want)
            failures +=
                checks_failed("%s form %d: %08x, not %08x, after [%zu, %zu)", k->name, form, got, want, from, to);
    }
    if (form == UTF8_UNMASK && memcmp(out, plain, len) != 0)
        failures += checks_failed("%s unmasks parts wrongly", k->name);
    return failures;
}

size_t checks_texts_in_many_parts_give_the_state_of_the_table(void)
{
    static const size_t part_max[] = {1, 2, 5, 20, 100, 700};
    size_t failures = 0;

    checks_seed();
    for (int kind = CHECKS_ASCII; kind < CHECKS_KIND_COUNT; kind++)
        for (size_t round = 0; round < 24; round++) {
            fill((enum checks_kind)kind, 1500, checks_random() % 3000);
            for (const struct simd_kernels *k = checks_next_level(NULL); k != NULL; k = checks_next_level(k))
                for (int form = UTF8_PLAIN; form < FORMS; form++)
                    failures += check_parts(k, (enum utf8_form)form, 1500,
                                            part_max[round % (sizeof part_max / sizeof part_max[0])]);
        }
    return failures;
}

/* The text after this state, rightly continued or not, in every length. */
static size_t check_resumed(const struct simd_kernels *k, uint32_t state, const char *continuation)
{
    size_t failures = 0;

    clear();
    for (int kind = CHECKS_ASCII; kind < CHECKS_NOISE; kind++) {
        fill((enum checks_kind)kind, 300, 300);
        put_all(0, (const uint8_t *)continuation, strlen(continuation));
        uint32_t want = state;
        for (size_t len = 0; len <= 300; len++) {
            const enum utf8_form form = (enum utf8_form)(len % FORMS);
            memset(out, 0, len);
            const uint32_t got = run(k, form, state, 0, len);
            if (got != want)
                failures += checks_failed("%s form %d from %08x, %zu bytes: %08x, not %08x", k->name, form, state, len,
                                          got, want);
            if (form == UTF8_UNMASK && memcmp(out, plain, len) != 0)
                failures += checks_failed("%s from %08x, %zu bytes, unmasks wrongly", k->name, state, len);
            want = checks_state_after_byte(want, plain[len]);
        }
    }
    return failures;
}

size_t checks_every_pending_state_is_resumed_at_every_length(void)
{
    static const char *const pending[] = {
        "",         "\xC2", "\xDF",     "\xE0",     "\xE0\xA0", "\xE1", "\xE1\x80",     "\xED",         "\xED\x9F",
        "\xEF\xBF", "\xF0", "\xF0\x90", "\xF1\x80", "\xF3\xBF", "\xF4", "\xF4\x8F\xBF", "\xF0\x90\x80", "\xFF"};
    static const char *const continuations[] = {
        "",         "\x80",     "\x8F",         "\x90",         "\x9F",        "\xA0",
        "\x80\x80", "\xBF\xBF", "\x90\x80\x80", "\x8F\xBF\xBF", "\xBF\x80\xC2"};
    size_t failures = 0;

    checks_seed();
    for (size_t i = 0; i < sizeof pending / sizeof pending[0]; i++) {
        const uint32_t state = checks_state_after(0, (const uint8_t *)pending[i], strlen(pending[i]));
        for (size_t j = 0; j < sizeof continuations / sizeof continuations[0]; j++)
            for (const struct simd_kernels *k = checks_next_level(NULL); k != NULL; k = checks_next_level(k))
                failures += check_resumed(k, state, continuations[j]);
    }
    return failures;
}

/* One code point at one place of a text of these bytes, in every form. */
static size_t check_at_place(const struct simd_kernels *k, size_t at, const char *code_point, size_t len)
{
    const size_t bytes = strlen(code_point);
    const size_t count = bytes < len - at ? bytes : len - at;
    uint8_t before[4];
    size_t failures = 0;

    memcpy(before, plain + at, count);
    put_all(at, (const uint8_t *)code_point, count);
    const uint32_t here = checks_state_after(0, plain + at, count);
    const uint32_t want = at + count == len ? here : then_ascii(here);
    for (int form = UTF8_PLAIN; form < FORMS; form++) {
        const uint32_t got = run(k, (enum utf8_form)form, 0, 0, len);
        if (got != want)
            failures += checks_failed("%s form %d: %02x... at %zu of %zu: %08x, not %08x", k->name, form, plain[at], at,
                                      len, got, want);
    }
    put_all(at, before, count);
    return failures;
}

size_t checks_one_code_point_is_judged_alike_at_every_place_of_a_long_text(void)
{
    static const char *const code_points[] = {"\xC2\xA9",
                                              "\xE4\xB8\xAD",
                                              "\xF0\x9F\x98\x80", /* right */
                                              "\x80",
                                              "\xC2",
                                              "\xE4\xB8",
                                              "\xE4",
                                              "\xF0\x9F\x98",
                                              "\xF0\x9F",
                                              "\xF0",
                                              "\xFF",
                                              "\xC0\xAF",
                                              "\xE0\x9F\xBF",
                                              "\xED\xA0\x80",
                                              "\xF0\x8F\xBF\xBF",
                                              "\xF4\x90\x80\x80",
                                              "\xE4\xB8\xAD\x80"};
    static const size_t lens[] = {64, 125, 128, 200, 256, 259, 512, 600, 1101};
    size_t failures = 0;

    clear();
    for (const struct simd_kernels *k = checks_next_level(NULL); k != NULL; k = checks_next_level(k))
        for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++)
            for (size_t j = 0; j < sizeof code_points / sizeof code_points[0]; j++)
                for (size_t at = 0; at < lens[i]; at++)
                    failures += check_at_place(k, at, code_points[j], lens[i]);
    return failures;
}

/* At the first or the last place of the guarded areas: at is 0 or 1. */
static size_t check_guarded(const struct simd_kernels *k, size_t len, unsigned at)
{
    const size_t place = at == 0 ? 0 : CHECKS_BYTES_MAX - len;
    uint8_t *src = checks_guarded(0) + place, *dst = checks_guarded(1) + place;
    const uint32_t want = checks_state_after(0, plain, len);
    size_t failures = 0;

    for (int form = UTF8_PLAIN; form < FORMS; form++) {
        const struct checks_text text = {dst, src, src, len, CHECKS_KEY};
        memcpy(src, form == UTF8_PLAIN ? plain : masked, len);
        memset(dst, 0, len);
        if (checks_run(k, (enum utf8_form)form, 0, text) != want)
            failures += checks_failed("%s form %d: guarded text of %zu is misjudged", k->name, form, len);
    }
    if (memcmp(dst, plain, len) != 0)
        failures += checks_failed("%s unmask_utf8: disjoint, len %zu", k->name, len);
    if (k->unmask_utf8(0, src, src, len, CHECKS_KEY) != want || memcmp(src, plain, len) != 0)
        failures += checks_failed("%s unmask_utf8: in place, len %zu", k->name, len);
    return failures;
}

size_t checks_every_length_and_text_is_read_exactly(void)
{
    size_t failures = 0;

    checks_seed();
    for (int kind = CHECKS_ASCII; kind < CHECKS_KIND_COUNT; kind++)
        for (size_t len = 0; len <= 700; len++)
            for (unsigned is_broken = 0; is_broken < 2; is_broken++) {
                fill((enum checks_kind)kind, len, is_broken && len > 0 ? checks_random() % len : len);
                for (const struct simd_kernels *k = checks_next_level(NULL); k != NULL; k = checks_next_level(k))
                    failures += check_guarded(k, len, 0) + check_guarded(k, len, 1);
            }
    return failures;
}

/* dst so much below src, both in one array that is compared whole. */
static size_t check_below(const struct simd_kernels *k, size_t at, size_t distance, size_t len, uint32_t want)
{
    static uint8_t want_bytes[CHECKS_BYTES_MAX], got_bytes[CHECKS_BYTES_MAX];
    const size_t end = at + distance + len + 100;

    memset(want_bytes, 0xA5, end);
    memset(got_bytes, 0xA5, end);
    memcpy(want_bytes + at + distance, masked, len);
    memcpy(got_bytes + at + distance, masked, len);
    memcpy(want_bytes + at, plain, len);
    const uint32_t got = k->unmask_utf8(0, got_bytes + at, got_bytes + at + distance, len, CHECKS_KEY);
    if (got == want && memcmp(want_bytes, got_bytes, end) == 0)
        return 0;
    return checks_failed("%s unmask_utf8: dst %zu below at %zu, len %zu: %08x, not %08x", k->name, distance, at, len,
                         got, want);
}

size_t checks_a_destination_below_its_text_may_overlap_it(void)
{
    static const size_t distances[] = {0, 1, 3, 4, 5, 8, 15, 16, 17, 33, 64, 65, 129};
    size_t failures = 0;

    checks_seed();
    for (int kind = CHECKS_ASCII; kind < CHECKS_KIND_COUNT; kind++)
        for (size_t len = 0; len <= 700; len += len < 300 ? 1 : 5) {
            fill((enum checks_kind)kind, len, len);
            const uint32_t want = checks_state_after(0, plain, len);
            for (const struct simd_kernels *k = checks_next_level(NULL); k != NULL; k = checks_next_level(k))
                for (size_t i = 0; i < sizeof distances / sizeof distances[0]; i++)
                    failures += check_below(k, 100 + len % 64, distances[i], len, want);
        }
    return failures;
}

size_t checks_long_texts_are_judged_and_written_alike_at_every_alignment(void)
{
    static const size_t lens[] = {1023, 1024, 1025, 2047, 2048, 2049, 2309, 4096, 5003};
    size_t failures = 0;

    checks_seed();
    for (int kind = CHECKS_ASCII; kind < CHECKS_KIND_COUNT; kind++)
        for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
            fill((enum checks_kind)kind, lens[i], checks_random() % (3 * lens[i]));
            const uint32_t want = checks_state_after(0, plain, lens[i]);
            for (const struct simd_kernels *k = checks_next_level(NULL); k != NULL; k = checks_next_level(k))
                for (size_t at = 100; at < 164; at++)
                    failures += check_below(k, at, at % 2 == 0 ? 4 : 0, lens[i], want);
        }
    return failures;
}
