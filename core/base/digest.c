#include "core/base/digest.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

void digest_sha1(struct slice in, uint8_t out[DIGEST_SHA1_BYTES])
{
    static_assert((int)DIGEST_SHA1_BYTES == (int)SHA_DIGEST_LENGTH, "SHA-1 has 20 bytes");
    const uint8_t *end = SHA1(in.ptr, in.len, out);
    ASSERT(end == out);
}

/* EVP_EncodeBlock() ends what it writes in a NUL, so each block goes through a buffer that has room for it. */
size_t digest_base64(struct slice in, uint8_t *out)
{
    size_t written = 0;
    while (in.len > 0) {
        const size_t take = in.len < 48 ? in.len : 48;
        unsigned char block[65];
        const int n = EVP_EncodeBlock(block, in.ptr, (int)take);
        ASSERT(n > 0 && n <= 64);
        memcpy(out + written, block, (size_t)n);
        written += (size_t)n;
        in = slice_skip(in, take);
    }
    return written;
}
