#include "tests/conformance/wire.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/assert.h"

enum { MASK = 0x80, HEADER_BYTES_MAX = 14 };

uint64_t wire_random(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return *seed >> 32;
}

/* RFC 6455 section 5.2, written out once more: what the gateway thinks of it must not decide what it is sent. */
static size_t put_header(uint8_t *out, uint8_t first, size_t bytes, const uint8_t key[4])
{
    const unsigned length_bytes = bytes < 126 ? 0 : bytes < 65536 ? 2 : 8;

    out[0] = first;
    out[1] = MASK | (uint8_t)(bytes < 126 ? bytes : bytes < 65536 ? 126 : 127);
    for (unsigned i = 0; i < length_bytes; i++) {
        out[2 + i] = (uint8_t)((uint64_t)bytes >> 8 * (length_bytes - 1 - i));
    }
    memcpy(out + 2 + length_bytes, key, 4);
    return 2 + length_bytes + 4;
}

static void reserve(struct wire *w, size_t more)
{
    if (w->count + more > w->size) {
        w->size = (w->count + more) * 2;
        w->bytes = realloc(w->bytes, w->size);
        ASSERT(w->bytes != NULL);
    }
}

void wire_put_frame(struct wire *w, uint8_t first, const uint8_t *payload, size_t bytes)
{
    uint8_t key[4];

    for (unsigned i = 0; i < 4; i++) {
        key[i] = (uint8_t)wire_random(&w->seed);
    }
    reserve(w, bytes + HEADER_BYTES_MAX);
    w->count += put_header(w->bytes + w->count, first, bytes, key);
    for (size_t i = 0; i < bytes; i++) {
        w->bytes[w->count + i] = payload[i] ^ key[i % 4];
    }
    w->count += bytes;
}

void wire_free(struct wire *w)
{
    free(w->bytes);
    *w = (struct wire){0};
}
