#include "core/deflate/pmd_inflater.h"

#include <limits.h>

/* z_stream's data_type behind inflate(): bits left over (0-5), and where the stream stands. */
enum {
    STANDS_IN_FINAL_BLOCK = 64,
    STANDS_BEHIND_BLOCK = 128,
    STANDS_BEHIND_HEADER = 256,
};

/* zlib allocates the window when it is first needed, which an empty dictionary makes it think it is. */
void pmd_inflater_init(struct pmd_inflater *z, int window_bits)
{
    ASSERT(window_bits >= PMD_WINDOW_BITS_MIN && window_bits <= PMD_WINDOW_BITS_MAX);
    pmd_memory_bind(&z->memory, &z->stream, (struct span){z->block, sizeof z->block});
    const int begun = inflateInit2(&z->stream, -window_bits);
    ASSERT(begun == Z_OK);
    const int allocated = inflateSetDictionary(&z->stream, z->block, 0);
    ASSERT(allocated == Z_OK);
    z->tail_taken = 0;
    z->is_fresh = true;
}

void pmd_inflater_reset(struct pmd_inflater *z)
{
    const int status = inflateReset(&z->stream);
    ASSERT(status == Z_OK);
    z->tail_taken = 0;
    z->is_fresh = true;
}

static unsigned clip(size_t bytes)
{
    return bytes < UINT_MAX ? (unsigned)bytes : UINT_MAX;
}

/*
 * One call of inflate() from *in to *out. false: not DEFLATE. Behind a final block the stream begins anew with its
 * window kept, which inflateReset() would forget.
 */
static bool step(struct pmd_inflater *z, struct slice *in, struct span *out, int flush)
{
    const unsigned in_bytes = clip(in->len);
    const unsigned out_bytes = clip(out->len);
    uint8_t nowhere;

    z->stream.next_in = in->ptr;
    z->stream.avail_in = in_bytes;
    z->stream.next_out = out_bytes > 0 ? out->ptr : &nowhere;
    z->stream.avail_out = out_bytes;
    const int status = inflate(&z->stream, flush);
    ASSERT(status != Z_MEM_ERROR && status != Z_STREAM_ERROR);
    z->is_fresh = z->is_fresh && z->stream.avail_in == in_bytes;
    *in = slice_skip(*in, in_bytes - z->stream.avail_in);
    *out = span_skip(*out, out_bytes - z->stream.avail_out);
    if (status == Z_STREAM_END) {
        const int reset = inflateResetKeep(&z->stream);
        ASSERT(reset == Z_OK);
        z->is_fresh = true;
        return true;
    }
    return status == Z_OK || status == Z_BUF_ERROR;
}

/*
 * Whether what was just taken ended with the header of an empty stored block. That of a compressed block can end on the
 * same byte; only the empty one is over without another bit.
 */
static bool is_ended(struct pmd_inflater *z, struct span *out)
{
    struct slice nothing = {0};
    if ((z->stream.data_type & ~STANDS_IN_FINAL_BLOCK) != STANDS_BEHIND_HEADER) {
        return false;
    }
    return step(z, &nothing, out, Z_NO_FLUSH) && (z->is_fresh || (z->stream.data_type & STANDS_BEHIND_BLOCK) != 0);
}

/* Feeds the four bytes that the sender left out, all payload having been taken. */
static enum pmd_status finish(struct pmd_inflater *z, struct span *out)
{
    struct slice tail = slice_skip(SLICE_LITERAL("\x00\x00\xff\xff"), z->tail_taken);
    if (z->tail_taken == 0 && z->is_fresh) {
        return PMD_END;
    }
    while (tail.len > 0) {
        const size_t before = tail.len;
        if (!step(z, &tail, out, Z_TREES)) {
            return PMD_BAD;
        }
        z->tail_taken += (uint8_t)(before - tail.len);
        if (tail.len > 0 && out->len == 0) {
            return PMD_NEED_ROOM;
        }
    }
    if (!is_ended(z, out)) {
        return PMD_BAD;
    }
    z->tail_taken = 0;
    z->is_fresh = true;
    return PMD_END;
}

enum pmd_status pmd_inflater_run(struct pmd_inflater *z, struct slice *in, struct span *out, bool is_last)
{
    ASSERT(z->tail_taken == 0 || (is_last && in->len == 0));
    do {
        if (!step(z, in, out, Z_NO_FLUSH)) {
            return PMD_BAD;
        }
        if (out->len == 0) {
            return PMD_NEED_ROOM;
        }
    } while (in->len > 0);
    return is_last ? finish(z, out) : PMD_NEED_INPUT;
}
