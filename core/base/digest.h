/*
 * digest - SHA-1 and base64, by OpenSSL.
 *
 * Thread: any. Memory: none of ours (libcrypto's own). Errors: none (asserted). Limits: none.
 */
#ifndef CORE_BASE_DIGEST_H
#define CORE_BASE_DIGEST_H

#include "core/base/slice.h"

enum { DIGEST_SHA1_BYTES = 20 };

void digest_sha1(struct slice in, uint8_t out[DIGEST_SHA1_BYTES]);

/* Writes the base64 of in (RFC 4648 section 4, padded), 4 * ceil(len / 3) bytes, no NUL; returns them. */
size_t digest_base64(struct slice in, uint8_t *out);

#endif
