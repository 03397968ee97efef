#include "tests/conformance/pmd_zlib.h"

#include <stdlib.h>

#include "core/base/assert.h"

/* DATA_TYPE_BLOCK: z_stream.data_type where the input ends between two blocks. */
enum { PIECE_BYTES = 65536, MEMORY_LEVEL = 8, TAIL_BYTES = 4, DATA_TYPE_BLOCK = 128, DEFLATE_BITS_MIN = 9 };

static const uint8_t tail[TAIL_BYTES] = {0x00, 0x00, 0xff, 0xff};

void pmd_zlib_open(struct pmd_zlib *z, struct pmd_zlib_way sends, struct pmd_zlib_way takes)
{
    /* zlib refuses to deflate raw with 8 bits. With 9 it never reaches back further than 250 bytes: that is in both. */
    const int bits = (int)(sends.bits < DEFLATE_BITS_MIN ? DEFLATE_BITS_MIN : sends.bits);

    *z = (struct pmd_zlib){.sends = sends, .takes = takes};
    ASSERT(deflateInit2(&z->deflate, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -bits, MEMORY_LEVEL, Z_DEFAULT_STRATEGY) ==
           Z_OK);
    ASSERT(inflateInit2(&z->inflate, -(int)takes.bits) == Z_OK);
}

static uint8_t *room(struct pmd_zlib *z, size_t more)
{
    if (z->out_bytes + more > z->out_size) {
        z->out_size = (z->out_bytes + more) * 2;
        z->out = realloc(z->out, z->out_size);
        ASSERT(z->out != NULL);
    }
    return z->out + z->out_bytes;
}

const uint8_t *pmd_zlib_deflate(struct pmd_zlib *z, const uint8_t *message, size_t bytes, size_t *out_bytes)
{
    z_stream *s = &z->deflate;

    if (z->sends.is_forgetful) {
        ASSERT(deflateReset(s) == Z_OK);
    }
    z->out_bytes = 0;
    s->next_in = message;
    s->avail_in = (uInt)bytes;
    do {
        s->next_out = room(z, PIECE_BYTES);
        s->avail_out = PIECE_BYTES;
        ASSERT(deflate(s, Z_SYNC_FLUSH) != Z_STREAM_ERROR);
        z->out_bytes += PIECE_BYTES - s->avail_out;
    } while (s->avail_out == 0);
    if (z->out_bytes <= TAIL_BYTES) {
        *room(z, 1) = 0; /* nothing, just behind a flush: section 7.2.3.6 */
        z->out_bytes = 1 + TAIL_BYTES;
    }
    *out_bytes = z->out_bytes - TAIL_BYTES;
    return z->out;
}

static bool inflate_part(struct pmd_zlib *z, const uint8_t *bytes, size_t count, uInt piece)
{
    z_stream *s = &z->inflate;

    s->next_in = bytes;
    s->avail_in = (uInt)count;
    do {
        s->next_out = room(z, piece);
        s->avail_out = piece;
        const int status = inflate(s, Z_SYNC_FLUSH);
        z->out_bytes += piece - s->avail_out;
        if (status == Z_STREAM_END) {
            ASSERT(inflateResetKeep(s) == Z_OK); /* section 7.2.3.4: the last block of a stream; the window stays */
        } else if (status != Z_OK && status != Z_BUF_ERROR) {
            return false;
        }
    } while (s->avail_in > 0 || s->avail_out == 0);
    return true;
}

const uint8_t *pmd_zlib_inflate(struct pmd_zlib *z, const uint8_t *payload, size_t bytes, size_t *out_bytes)
{
    /* zlib checks distances against the window plus what the call has put out: by the byte, that is the window. */
    const uInt piece = z->takes.bits < MAX_WBITS ? 1 : PIECE_BYTES;

    if (z->takes.is_forgetful) {
        ASSERT(inflateReset(&z->inflate) == Z_OK);
    }
    z->out_bytes = 0;
    room(z, 1);
    if (!inflate_part(z, payload, bytes, piece) || !inflate_part(z, tail, TAIL_BYTES, piece)) {
        return NULL;
    }
    *out_bytes = z->out_bytes;
    return (z->inflate.data_type & DATA_TYPE_BLOCK) != 0 ? z->out : NULL;
}

void pmd_zlib_close(struct pmd_zlib *z)
{
    deflateEnd(&z->deflate);
    inflateEnd(&z->inflate);
    free(z->out);
}
