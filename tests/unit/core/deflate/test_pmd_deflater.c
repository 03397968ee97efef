#include "core/deflate/pmd_deflater.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "core/deflate/pmd_inflater.h"

enum { TEXT_BYTES = 60000, PACKED_BYTES = 2 * TEXT_BYTES };

static struct pmd_deflater kept;
static struct pmd_deflater shared;
static struct pmd_inflater inflater;

struct packed {
    uint8_t bytes[PACKED_BYTES];
    size_t len;
};

static struct packed packed;

static void add_piece(struct pmd_deflater *d, struct slice piece, bool is_last)
{
    /* Room of exactly the bound, for the sanitizer to watch. */
    const size_t bound = pmd_deflater_bound(piece.len);
    uint8_t *room = malloc(bound);
    const size_t len = pmd_deflater_run(d, piece, is_last, (struct span){room, bound});
    cr_assert_leq(packed.len + len, sizeof packed.bytes);
    memcpy(packed.bytes + packed.len, room, len);
    packed.len += len;
    free(room);
}

/* The message inflates to the text; with one byte of room at a time every reference must lie within the window. */
static void expect_text(struct slice text, size_t step)
{
    static uint8_t again[TEXT_BYTES + 1];
    struct slice in = {packed.bytes, packed.len};
    enum pmd_status status = PMD_NEED_ROOM;
    size_t made = 0;
    while (status == PMD_NEED_ROOM && made < sizeof again) {
        const size_t room = step < sizeof again - made ? step : sizeof again - made;
        struct span out = {again + made, room};
        status = pmd_inflater_run(&inflater, &in, &out, true);
        made += room - out.len;
    }
    cr_assert_eq(status, PMD_END);
    cr_assert(slice_equals((struct slice){again, made}, text), "%zu of %zu bytes", made, text.len);
}

/* Texts that differ in how far back their repetitions lie, down to noise, which has none. */
static struct slice make_text(unsigned kind, size_t len)
{
    static uint8_t text[TEXT_BYTES];
    static const unsigned periods[] = {1, 3, 100, 249, 250, 251, 255, 256, 257, 300, 510, 512, 5000, 40000};
    uint32_t seed = kind;
    for (size_t i = 0; i < len; i++) {
        const unsigned period = kind < ARRAY_LEN(periods) ? periods[kind] : TEXT_BYTES;
        const unsigned mask = kind % 2 == 0 ? 0xff : 0x07;
        seed = seed * 1103515245 + 12345;
        text[i] = i < period ? (uint8_t)((seed >> 16) & mask) : text[i - period];
    }
    return (struct slice){text, len};
}

enum { KINDS = 16 };

Test(pmd_deflater, stays_within_the_window_of_each_receiver)
{
    for (int bits = PMD_WINDOW_BITS_MIN; bits <= PMD_WINDOW_BITS_MAX; bits++) {
        for (unsigned kind = 0; kind < KINDS; kind++) {
            const struct slice text = make_text(kind, TEXT_BYTES);
            packed.len = 0;
            pmd_deflater_init(&kept, bits, PMD_LEVEL_MIN + (int)(kind + (unsigned)bits) % PMD_LEVEL_MAX);
            pmd_inflater_init(&inflater, bits);
            add_piece(&kept, text, true);
            expect_text(text, 1);
        }
    }
}

/* The window of 8 bits that zlib's compressor does not have: every level over every kind of text. */
Test(pmd_deflater, refers_back_by_no_more_than_256_bytes_where_the_window_has_8_bits)
{
    for (int level = PMD_LEVEL_MIN; level <= PMD_LEVEL_MAX; level++) {
        pmd_deflater_init(&kept, PMD_WINDOW_BITS_MIN, level);
        pmd_inflater_init(&inflater, PMD_WINDOW_BITS_MIN);
        for (unsigned kind = 0; kind < KINDS; kind++) {
            const struct slice text = make_text(kind, 8000);
            packed.len = 0;
            add_piece(&kept, slice_first(text, 5000), false);
            add_piece(&kept, slice_skip(text, 5000), true);
            expect_text(text, 1);
        }
    }
}

Test(pmd_deflater, pieces_join_to_the_message_whoever_compressed_them)
{
    pmd_inflater_init(&inflater, PMD_WINDOW_BITS_MAX);
    pmd_deflater_init(&kept, PMD_WINDOW_BITS_MAX, 6);
    pmd_deflater_init(&shared, PMD_WINDOW_BITS_MIN, 1);
    for (unsigned kind = 0; kind < KINDS; kind++) {
        const struct slice text = make_text(kind, TEXT_BYTES);
        struct slice rest = text;
        packed.len = 0;
        pmd_deflater_reset(&kept);
        for (size_t len = 1; len < rest.len; len *= 3) {
            struct pmd_deflater *d = len < 100 ? &kept : &shared;
            pmd_deflater_reset(&shared);
            add_piece(d, slice_first(rest, len), false);
            rest = slice_skip(rest, len);
        }
        pmd_deflater_reset(&shared);
        add_piece(&shared, rest, true);
        expect_text(text, SIZE_MAX);
    }
}

static void expect_packed(const void *bytes, size_t len)
{
    cr_assert(slice_equals((struct slice){packed.bytes, packed.len}, (struct slice){bytes, len}));
    packed.len = 0;
}

Test(pmd_deflater, leaves_the_last_four_bytes_of_a_message_out_and_no_others)
{
    pmd_deflater_init(&kept, PMD_WINDOW_BITS_MAX, 6);
    add_piece(&kept, SLICE_LITERAL("Hello"), true);
    expect_packed("\xf2\x48\xcd\xc9\xc9\x07\x00", 7); /* RFC 7692 section 7.2.3.1 */
    add_piece(&kept, SLICE_LITERAL("Hello"), true);
    expect_packed("\xf2\x00\x11\x00\x00", 5); /* section 7.2.3.2 */
    pmd_deflater_reset(&kept);
    add_piece(&kept, SLICE_LITERAL("Hello"), false);
    expect_packed("\xf2\x48\xcd\xc9\xc9\x07\x00\x00\x00\xff\xff", 11);
}

Test(pmd_deflater, makes_one_byte_of_an_empty_last_piece_and_nothing_of_another)
{
    pmd_deflater_init(&kept, PMD_WINDOW_BITS_MAX, 6);
    pmd_inflater_init(&inflater, PMD_WINDOW_BITS_MAX);
    for (int i = 0; i < 3; i++) {
        add_piece(&kept, SLICE_LITERAL(""), false);
        cr_assert_eq(packed.len, 0);
        add_piece(&kept, SLICE_LITERAL(""), true);
        expect_text(SLICE_LITERAL(""), 1);
        expect_packed("\x00", 1);
        add_piece(&kept, SLICE_LITERAL("ab"), false);
        add_piece(&kept, SLICE_LITERAL(""), true);
        expect_text(SLICE_LITERAL("ab"), 1);
        packed.len = 0;
    }
}

Test(pmd_deflater, needs_no_more_room_than_it_says)
{
    for (int bits = PMD_WINDOW_BITS_MIN; bits <= PMD_WINDOW_BITS_MAX; bits++) {
        for (size_t len = 1; len <= TEXT_BYTES; len = len * 2 + 1) {
            packed.len = 0;
            pmd_deflater_init(&kept, bits, 1 + (int)(len % 9));
            add_piece(&kept, make_text(KINDS, len), false);
            add_piece(&kept, make_text(KINDS + 2, len), true);
        }
    }
}
