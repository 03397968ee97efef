/*
 * Window, steps and flags (four bytes), then messages of one connection, each behind a byte of length: ours in steps
 * finds what zlib finds in each message as a whole, the same bytes and the same verdict. The reference walks from block
 * to block and keeps the window over final blocks by itself.
 *
 * Only a reference beyond a window below 15 bits may be found out by one and not by the other.
 */
#include "core/deflate/pmd_inflater.h"

enum { SETUP_BYTES = 4, MESSAGE_BYTES_MAX = 255, TAIL_BYTES = 4, TEXT_BYTES_MAX = 300000, HEADER_END = 256 };

struct reading {
    uint8_t text[TEXT_BYTES_MAX];
    size_t len;
    bool is_good;
};

static struct pmd_inflater inflater;
static z_stream whole;
static struct reading ours;
static struct reading theirs;

static void read_in_steps(struct slice in, size_t in_step, size_t out_step)
{
    enum pmd_status status;
    ours.len = 0;
    do {
        const size_t given = in.len < in_step ? in.len : in_step;
        struct slice piece = slice_first(in, given);
        struct span out = {ours.text + ours.len, out_step};
        ASSERT(ours.len + out_step <= TEXT_BYTES_MAX);
        status = pmd_inflater_run(&inflater, &piece, &out, given == in.len);
        ASSERT(status != PMD_NEED_ROOM || out.len == 0);
        ASSERT(status != PMD_NEED_INPUT || (piece.len == 0 && given < in.len));
        in = slice_skip(in, given - piece.len);
        ours.len += out_step - out.len;
        ASSERT(status != PMD_END || in.len == 0);
    } while (status == PMD_NEED_INPUT || status == PMD_NEED_ROOM);
    ours.is_good = status == PMD_END;
}

/* Behind a final block: a new stream that knows what the old one did. */
static void restart(void)
{
    uint8_t window[1 << PMD_WINDOW_BITS_MAX];
    unsigned len = 0;
    ASSERT(inflateGetDictionary(&whole, window, &len) == Z_OK);
    ASSERT(inflateReset(&whole) == Z_OK);
    ASSERT(len == 0 || inflateSetDictionary(&whole, window, len) == Z_OK);
}

/* From block to block: the last header must be that of an empty block, and end where the message does. */
static bool walk_blocks(void)
{
    bool is_header_last = false;
    for (;;) {
        const int status = inflate(&whole, Z_TREES);
        if (status != Z_OK && status != Z_BUF_ERROR && status != Z_STREAM_END) {
            return false;
        }
        if (status == Z_STREAM_END) {
            restart();
        }
        if (status == Z_STREAM_END && whole.avail_in == TAIL_BYTES) {
            return true;
        }
        if (whole.avail_in == 0 && is_header_last) {
            return status == Z_STREAM_END || (whole.data_type & 128) != 0;
        }
        if (whole.avail_in == 0 && (whole.data_type & ~64) != HEADER_END) {
            return false;
        }
        is_header_last = whole.avail_in == 0;
    }
}

static void read_whole(struct slice in)
{
    uint8_t message[MESSAGE_BYTES_MAX + TAIL_BYTES];
    memcpy(message, in.ptr, in.len);
    memcpy(message + in.len, "\x00\x00\xff\xff", TAIL_BYTES);
    whole.next_in = message;
    whole.avail_in = (unsigned)in.len + TAIL_BYTES;
    whole.next_out = theirs.text;
    whole.avail_out = sizeof theirs.text;
    theirs.is_good = in.len == 0 || walk_blocks();
    theirs.len = sizeof theirs.text - whole.avail_out;
}

static bool is_too_far(const z_stream *stream)
{
    return stream->msg != NULL && strstr(stream->msg, "too far back") != NULL;
}

/* Whether the next message can be looked at. */
static bool check_message(int bits)
{
    if (ours.is_good == theirs.is_good) {
        ASSERT(!ours.is_good || ours.len == theirs.len);
    } else {
        ASSERT(bits < PMD_WINDOW_BITS_MAX && (is_too_far(&inflater.stream) || is_too_far(&whole)));
    }
    ASSERT(memcmp(ours.text, theirs.text, ours.len < theirs.len ? ours.len : theirs.len) == 0);
    return ours.is_good && theirs.is_good;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < SETUP_BYTES) {
        return 0;
    }
    const int bits = PMD_WINDOW_BITS_MAX - data[0] % 8;
    const size_t in_step = data[1] % 16 == 0 ? SIZE_MAX : data[1];
    const size_t out_step = data[2] % 16 == 0 ? 10000 : data[2];
    struct slice in = {data + SETUP_BYTES, size - SETUP_BYTES};
    bool is_good = true;

    pmd_inflater_init(&inflater, bits);
    whole = (z_stream){0};
    ASSERT(inflateInit2(&whole, -bits) == Z_OK);
    while (is_good && in.len > 0 && in.ptr[0] < in.len) {
        const struct slice message = slice_first(slice_skip(in, 1), in.ptr[0]);
        in = slice_skip(in, message.len + 1);
        read_in_steps(message, in_step, out_step);
        read_whole(message);
        is_good = check_message(bits);
        if (data[3] & 1) {
            pmd_inflater_reset(&inflater);
            ASSERT(inflateReset(&whole) == Z_OK);
        }
    }
    inflateEnd(&whole);
    return 0;
}
