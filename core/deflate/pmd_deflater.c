#include "core/deflate/pmd_deflater.h"

#include <limits.h>

enum {
    MEMORY_LEVEL = 8,  /* zlib's default: hash table and symbol buffer have 64 KiB each */
    ZLIB_BITS_MIN = 9, /* of a compressor of raw DEFLATE */
    TAIL_BYTES = 4,
    BOUND_SLACK_BYTES = 32, /* headers of blocks, and the flush */
};

/* zlib refers back by at most 2^bits - 262 bytes: 250 at 9 bits, and so within the window of a receiver with 8. */
static int zlib_bits(int window_bits)
{
    return window_bits < ZLIB_BITS_MIN ? ZLIB_BITS_MIN : window_bits;
}

void pmd_deflater_init(struct pmd_deflater *d, int window_bits, int level)
{
    ASSERT(window_bits >= PMD_WINDOW_BITS_MIN && window_bits <= PMD_WINDOW_BITS_MAX);
    ASSERT(level >= PMD_LEVEL_MIN && level <= PMD_LEVEL_MAX);
    pmd_memory_bind(&d->memory, &d->stream, (struct span){d->block, sizeof d->block});
    const int raw_bits = -zlib_bits(window_bits);
    const int status = deflateInit2(&d->stream, level, Z_DEFLATED, raw_bits, MEMORY_LEVEL, Z_DEFAULT_STRATEGY);
    ASSERT(status == Z_OK);
}

void pmd_deflater_reset(struct pmd_deflater *d)
{
    const int status = deflateReset(&d->stream);
    ASSERT(status == Z_OK);
}

/* As deflateBound() has it for any window; a literal takes 9 bits at most. */
size_t pmd_deflater_bound(size_t bytes)
{
    ASSERT(bytes <= INT_MAX);
    return bytes + bytes / 8 + bytes / 64 + BOUND_SLACK_BYTES;
}

/* An empty stored block, without its last four bytes. zlib would flush nothing a second time. */
static size_t write_empty(bool is_last, struct span out)
{
    if (!is_last) {
        return 0;
    }
    out.ptr[0] = 0;
    return 1;
}

size_t pmd_deflater_run(struct pmd_deflater *d, struct slice in, bool is_last, struct span out)
{
    static const uint8_t tail[TAIL_BYTES] = {0x00, 0x00, 0xff, 0xff};
    const size_t room = pmd_deflater_bound(in.len);
    ASSERT(out.len >= room);
    if (in.len == 0) {
        return write_empty(is_last, out);
    }
    d->stream.next_in = in.ptr;
    d->stream.avail_in = (unsigned)in.len;
    d->stream.next_out = out.ptr;
    d->stream.avail_out = (unsigned)room;
    const int status = deflate(&d->stream, Z_SYNC_FLUSH);
    ASSERT(status == Z_OK && d->stream.avail_in == 0 && d->stream.avail_out > 0);
    const size_t written = room - d->stream.avail_out;
    ASSERT(written > TAIL_BYTES && memcmp(out.ptr + written - TAIL_BYTES, tail, TAIL_BYTES) == 0);
    return is_last ? written - TAIL_BYTES : written;
}
