#include "core/deflate/pmd_inflater.h"

#include <criterion/criterion.h>

static struct pmd_inflater inflater;

/* At most so many bytes are given, and room for so many, in one call. */
struct steps {
    size_t in;
    size_t out;
};

static const struct steps all_steps[] = {{SIZE_MAX, SIZE_MAX}, {1, SIZE_MAX}, {SIZE_MAX, 1}, {1, 1}, {2, 3}, {3, 2}};

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Inflates one message in steps; what came out is at the front of room, *made bytes. */
static enum pmd_status inflate_message(struct slice in, struct span room, struct steps steps, size_t *made)
{
    enum pmd_status status;
    *made = 0;
    do {
        const size_t given = least(in.len, steps.in);
        struct slice piece = slice_first(in, given);
        struct span out = {room.ptr + *made, least(room.len - *made, steps.out)};
        const size_t out_bytes = out.len;
        status = pmd_inflater_run(&inflater, &piece, &out, given == in.len);
        in = slice_skip(in, given - piece.len);
        *made += out_bytes - out.len;
        cr_assert(status != PMD_NEED_ROOM || out.len == 0);
        cr_assert(status != PMD_NEED_INPUT || (piece.len == 0 && in.len > 0));
    } while (status == PMD_NEED_INPUT || (status == PMD_NEED_ROOM && *made < room.len));
    return status;
}

struct row {
    struct slice payload;
    const char *text; /* NULL: bad */
};

#define PAYLOAD(s)                          \
    {                                       \
        (const uint8_t *)(s), sizeof(s) - 1 \
    }

/* Messages of one connection, each with the history of those before it. */
static const struct row rows[] = {
    {PAYLOAD("\xf2\x48\xcd\xc9\xc9\x07\x00"), "Hello"},                          /* RFC 7692 7.2.3.1 */
    {PAYLOAD("\xf2\x00\x11\x00\x00"), "Hello"},                                  /* 7.2.3.2: by reference */
    {PAYLOAD("\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00"), "Hello"},          /* 7.2.3.3: stored */
    {PAYLOAD("\xf3\x48\xcd\xc9\xc9\x07\x00\x00"), "Hello"},                      /* 7.2.3.4: final */
    {PAYLOAD("\xf2\x00\x11\x00\x00"), "Hello"},                                  /* the window outlives a final block */
    {PAYLOAD("\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"), "Hello"},  /* 7.2.3.5: two blocks */
    {PAYLOAD("\x00"), ""},                                                       /* 7.2.3.6: empty */
    {PAYLOAD(""), ""},                                                           /* not even that */
    {PAYLOAD("\x01"), ""},                                                       /* an empty final block */
    {PAYLOAD("\xf3\x48\xcd\xc9\xc9\x07\x00"), "Hello"},                          /* ends with its final block */
    {PAYLOAD("\xf3\x48\xcd\xc9\xc9\x07\x00\xf2\x00\x11\x00\x00"), "HelloHello"}, /* final in the middle */
    {PAYLOAD("\xf3\x48\xcd\xc9\xc9\x07\x00\xf3\x00\x11\x00"), "HelloHello"},     /* two final ones */
    {PAYLOAD("\xf2\x00\x11\x00\x00"), "Hello"},
};

Test(pmd_inflater, inflates_messages_with_their_history_in_any_steps)
{
    for (size_t k = 0; k < ARRAY_LEN(all_steps); k++) {
        pmd_inflater_init(&inflater, PMD_WINDOW_BITS_MAX);
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
            uint8_t text[64];
            size_t made;
            const enum pmd_status status =
                inflate_message(rows[i].payload, (struct span){text, sizeof text}, all_steps[k], &made);
            cr_expect_eq(status, PMD_END, "row %zu, steps %zu: %d", i, k, status);
            cr_expect(slice_equals((struct slice){text, made}, slice_from_string(rows[i].text)), "row %zu, steps %zu",
                      i, k);
        }
    }
}

/* Each is the first message of its connection. */
static const struct slice bad_rows[] = {
    PAYLOAD("\x07"),                                         /* a type of block that there is not */
    PAYLOAD("\x00\x05\x00\xfa\xfe"),                         /* a stored length that its complement denies */
    PAYLOAD("\xf2\x00\x11\x00\x00"),                         /* refers to what was never there */
    PAYLOAD("\xf2"),                                         /* cut in a symbol */
    PAYLOAD("\xf2\x48\xcd\xc9\xc9"),                         /* cut between symbols */
    PAYLOAD("\xf2\x48\xcd\xc9\xc9\x07"),                     /* cut before the empty block */
    PAYLOAD("\xf2\x48\xcd\xc9\xc9\x07\x00\x00"),             /* a byte too many */
    PAYLOAD("\xf2\x48\xcd\xc9\xc9\x07\x00\x00\x00\xff\xff"), /* the four bytes not left out */
    PAYLOAD("\xf3\x48\xcd\xc9\xc9\x07\x00\xff"),             /* behind a final block, something that is none */
    PAYLOAD("\x00\x05"),                                     /* cut in a stored length */
    PAYLOAD("\x00\x05\x00\xfa\xff\x48"),                     /* cut in stored bytes, by just the four */
    PAYLOAD("\x00\x05\x00\xfa\xff\x48\x65"),                 /* and by fewer */
    PAYLOAD("\x00\x08\x00\xf7\xff\x48\x65"),                 /* and by more */
    PAYLOAD("\x04\xc0"),                                     /* cut in a header of codes */
    PAYLOAD("\x02"),
};

Test(pmd_inflater, refuses_what_is_not_deflate_or_is_cut_in_any_steps)
{
    for (size_t i = 0; i < ARRAY_LEN(bad_rows); i++) {
        for (size_t k = 0; k < ARRAY_LEN(all_steps); k++) {
            uint8_t text[64];
            size_t made;
            pmd_inflater_init(&inflater, PMD_WINDOW_BITS_MAX);
            const enum pmd_status status =
                inflate_message(bad_rows[i], (struct span){text, sizeof text}, all_steps[k], &made);
            cr_expect_eq(status, PMD_BAD, "row %zu, steps %zu: %d", i, k, status);
        }
    }
}

/* What zlib makes of a text in one flush, without its tail, in room. */
static struct slice deflate_once(struct slice in, int bits, uint8_t *room, size_t size)
{
    z_stream stream = {0};
    cr_assert_eq(deflateInit2(&stream, 6, Z_DEFLATED, -bits, 8, Z_DEFAULT_STRATEGY), Z_OK);
    stream.next_in = in.ptr;
    stream.avail_in = (unsigned)in.len;
    stream.next_out = room;
    stream.avail_out = (unsigned)size;
    cr_assert_eq(deflate(&stream, Z_SYNC_FLUSH), Z_OK);
    cr_assert_gt(stream.avail_out, 0);
    deflateEnd(&stream);
    return (struct slice){room, size - stream.avail_out - 4};
}

static void fill(uint8_t *text, size_t len, uint32_t seed)
{
    for (size_t i = 0; i < len; i++) {
        seed = seed * 1103515245 + 12345;
        text[i] = (uint8_t)('a' + (seed >> 16) % 7);
    }
}

/* Every prefix of a message with a block of codes of its own: none but the whole is a message. */
Test(pmd_inflater, refuses_a_message_cut_anywhere)
{
    static uint8_t text[2000];
    static uint8_t room[4096];
    static uint8_t again[4096];
    size_t made;
    fill(text, sizeof text, 1);
    const struct slice whole = deflate_once((struct slice){text, sizeof text}, 15, room, sizeof room);
    cr_assert_gt(whole.len, 100);
    for (size_t len = 1; len <= whole.len; len++) {
        pmd_inflater_init(&inflater, PMD_WINDOW_BITS_MAX);
        const enum pmd_status status =
            inflate_message(slice_first(whole, len), (struct span){again, sizeof again}, all_steps[0], &made);
        cr_assert_eq(status, len == whole.len ? PMD_END : PMD_BAD, "%zu of %zu bytes", len, whole.len);
    }
    cr_assert_eq(made, sizeof text);
    cr_assert_arr_eq(again, text, sizeof text);
}

Test(pmd_inflater, inflates_with_each_size_of_window)
{
    static uint8_t text[70000];
    static uint8_t room[80000];
    static uint8_t again[70001];
    fill(text, sizeof text, 2);
    for (int bits = PMD_WINDOW_BITS_MIN; bits <= PMD_WINDOW_BITS_MAX; bits++) {
        const struct slice whole =
            deflate_once((struct slice){text, sizeof text}, bits < 9 ? 9 : bits, room, sizeof room);
        for (size_t k = 0; k < ARRAY_LEN(all_steps); k++) {
            size_t made;
            pmd_inflater_init(&inflater, bits);
            cr_assert_eq(inflate_message(whole, (struct span){again, sizeof again}, all_steps[k], &made), PMD_END);
            cr_assert_eq(made, sizeof text);
            cr_assert_eq(memcmp(again, text, sizeof text), 0);
        }
    }
}

Test(pmd_inflater, forgets_history_and_an_open_message_on_reset)
{
    static const struct slice hello = PAYLOAD("\xf2\x48\xcd\xc9\xc9\x07\x00");
    static const struct slice reference = PAYLOAD("\xf2\x00\x11\x00\x00");
    uint8_t text[64];
    const struct span room = {text, sizeof text};
    size_t made;

    pmd_inflater_init(&inflater, PMD_WINDOW_BITS_MAX);
    cr_assert_eq(inflate_message(hello, room, all_steps[0], &made), PMD_END);
    struct slice cut = slice_first(hello, 3);
    struct span out = room;
    cr_assert_eq(pmd_inflater_run(&inflater, &cut, &out, false), PMD_NEED_INPUT);
    pmd_inflater_reset(&inflater);
    cr_assert_eq(inflate_message(hello, room, all_steps[0], &made), PMD_END);
    cr_assert_eq(inflate_message(reference, room, all_steps[0], &made), PMD_END);
    pmd_inflater_reset(&inflater);
    cr_assert_eq(inflate_message(reference, room, all_steps[0], &made), PMD_BAD);
}

Test(pmd_inflater, stops_where_the_room_ends_and_goes_on_there)
{
    static const struct slice hello = PAYLOAD("\xf2\x48\xcd\xc9\xc9\x07\x00");
    uint8_t text[5];
    struct slice in = hello;
    struct span out = {text, 0};

    pmd_inflater_init(&inflater, PMD_WINDOW_BITS_MAX);
    cr_assert_eq(pmd_inflater_run(&inflater, &in, &out, true), PMD_NEED_ROOM);
    out = (struct span){text, sizeof text};
    cr_assert_eq(pmd_inflater_run(&inflater, &in, &out, true), PMD_NEED_ROOM);
    cr_assert_arr_eq(text, "Hello", sizeof text);
    out = (struct span){text, 1};
    cr_assert_eq(pmd_inflater_run(&inflater, &in, &out, true), PMD_END);
    cr_assert_eq(out.len, 1);
}

Test(pmd_inflater, has_all_the_memory_it_will_need_from_the_beginning)
{
    static const struct slice hello = PAYLOAD("\xf2\x48\xcd\xc9\xc9\x07\x00");
    uint8_t text[64];
    size_t made;

    pmd_inflater_init(&inflater, PMD_WINDOW_BITS_MAX);
    const size_t used = inflater.memory.used;
    cr_assert_gt(used, 1 << PMD_WINDOW_BITS_MAX);
    cr_assert_eq(inflate_message(hello, (struct span){text, sizeof text}, all_steps[3], &made), PMD_END);
    cr_assert_eq(inflater.memory.used, used);
}
