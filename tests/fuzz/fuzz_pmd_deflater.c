/*
 * Window, levels and step (four bytes), then pieces of messages: whoever compresses them, a deflater that keeps its
 * history or one that is reset for each piece, they inflate to what they were. In steps of one byte every reference is
 * seen to lie within the window.
 */
#include <stdlib.h>

#include "core/deflate/pmd_deflater.h"
#include "core/deflate/pmd_inflater.h"

enum { SETUP_BYTES = 4, PIECE_SETUP_BYTES = 3, TEXT_BYTES_MAX = 80000, PACKED_BYTES_MAX = 3 * TEXT_BYTES_MAX };

enum piece_flag { PIECE_LAST = 1, PIECE_SHARED = 2, PIECE_RESET = 4 };

static struct pmd_deflater kept;
static struct pmd_deflater shared;
static struct pmd_inflater inflater;
static uint8_t text[TEXT_BYTES_MAX];
static size_t text_len;
static uint8_t packed[PACKED_BYTES_MAX];
static size_t packed_len;

static void compress_piece(struct pmd_deflater *d, struct slice piece, bool is_last)
{
    const size_t bound = pmd_deflater_bound(piece.len);
    uint8_t *room = malloc(bound);
    const size_t len = pmd_deflater_run(d, piece, is_last, (struct span){room, bound});
    ASSERT(len <= PACKED_BYTES_MAX - packed_len);
    memcpy(packed + packed_len, room, len);
    packed_len += len;
    free(room);
}

static void check_message(size_t step)
{
    struct slice in = {packed, packed_len};
    enum pmd_status status = PMD_NEED_ROOM;
    uint8_t *room = malloc(step);
    size_t made = 0;
    while (status == PMD_NEED_ROOM) {
        struct span out = {room, step};
        status = pmd_inflater_run(&inflater, &in, &out, true);
        const size_t len = step - out.len;
        ASSERT(len <= text_len - made && memcmp(text + made, room, len) == 0);
        made += len;
    }
    ASSERT(status == PMD_END && made == text_len);
    free(room);
    text_len = 0;
    packed_len = 0;
}

/* The bytes behind a piece's setup, repeated; taken off the front of *in and added to the text. */
static struct slice take_piece(struct slice *in, size_t len, size_t times)
{
    const struct slice once = slice_first(*in, len < in->len ? len : in->len);
    const size_t before = text_len;
    *in = slice_skip(*in, once.len);
    for (size_t i = 0; i < times && text_len + once.len <= TEXT_BYTES_MAX; i++) {
        memcpy(text + text_len, once.ptr, once.len);
        text_len += once.len;
    }
    return (struct slice){text + before, text_len - before};
}

static void run_pieces(struct slice in, size_t step)
{
    bool is_kept_behind = false; /* the receiver has got what the kept one did not compress */
    while (in.len >= PIECE_SETUP_BYTES) {
        const uint8_t flags = in.ptr[0];
        const size_t len = in.ptr[1];
        const size_t times = (size_t)1 + in.ptr[2];
        in = slice_skip(in, PIECE_SETUP_BYTES);
        const struct slice piece = take_piece(&in, len, times);
        const bool is_last = (flags & PIECE_LAST) != 0;
        if ((flags & PIECE_SHARED) != 0) {
            pmd_deflater_reset(&shared);
            compress_piece(&shared, piece, is_last);
            is_kept_behind = true;
        } else {
            if (is_kept_behind || (flags & PIECE_RESET) != 0) {
                pmd_deflater_reset(&kept);
                is_kept_behind = false;
            }
            compress_piece(&kept, piece, is_last);
        }
        if (is_last) {
            check_message(step);
        }
    }
    compress_piece(&shared, (struct slice){0}, true);
    check_message(step);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < SETUP_BYTES) {
        return 0;
    }
    const int bits = PMD_WINDOW_BITS_MIN + data[0] % 8;
    text_len = 0;
    packed_len = 0;
    pmd_deflater_init(&kept, bits, PMD_LEVEL_MIN + data[1] % PMD_LEVEL_MAX);
    pmd_deflater_init(&shared, bits, PMD_LEVEL_MIN + data[2] % PMD_LEVEL_MAX);
    pmd_inflater_init(&inflater, bits);
    run_pieces((struct slice){data + SETUP_BYTES, size - SETUP_BYTES}, data[3] % 4 == 0 ? 1 : data[3] * (size_t)16);
    return 0;
}
