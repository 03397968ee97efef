#include "tests/conformance/exchange.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/assert.h"
#include "core/base/clock.h"
#include "tests/conformance/wire.h"

enum { FIN = 0x80, RSV1 = 0x40 };

/* RSV1 stands in the first frame only: RFC 7692 section 6.1. */
static void put_message(struct wire *w, const struct row_stream *stream, const uint8_t *payload, size_t bytes)
{
    const size_t most = stream->fragment_bytes == 0 ? bytes : stream->fragment_bytes;
    uint8_t first = RSV1 | corpus_opcode(stream->corpus);

    for (size_t at = 0; at < bytes; at += most) {
        const bool is_last = bytes - at <= most;
        wire_put_frame(w, first | (is_last ? FIN : 0), payload + at, is_last ? bytes - at : most);
        first = 0;
    }
}

static void send_message(struct link *l, struct wire *w, const struct row_stream *stream, const uint8_t *message)
{
    size_t bytes = 0;
    const uint8_t *packed = pmd_zlib_deflate(&l->pmd, message, stream->message_bytes, &bytes);

    w->count = 0;
    put_message(w, stream, packed, bytes);
    link_write(l, w->bytes, w->count, 0);
}

static const char *await_answer(struct link *l, uint64_t until)
{
    while (!link_is_over(l) && l->reader.answers.count == 0) {
        const uint64_t now = clock_monotonic_ms();
        if (now >= until) {
            return "not all came back in the time that there is for them";
        }
        const uint64_t left = until - now;
        if (!link_read(l, (int)(left < EXCHANGE_STALL_MS ? left : EXCHANGE_STALL_MS)) && !l->is_ended &&
            left > EXCHANGE_STALL_MS) {
            return "nothing came for 20 s";
        }
    }
    return l->reader.answers.count == 0 ? "the server ended before it came back" : NULL;
}

static const char *compare(const struct answers *came, const struct row_stream *stream, const uint8_t *message)
{
    const struct answer *a = &came->list[0];

    if (came->count > 1) {
        return "more came back than was sent";
    }
    if (a->opcode != corpus_opcode(stream->corpus)) {
        return "it came back as another type";
    }
    if (a->bytes != stream->message_bytes) {
        return "it came back at another length";
    }
    return memcmp(a->payload, message, a->bytes) == 0 ? NULL : "it came back with other bytes";
}

void exchange_run(struct exchange *e, struct link *l, const struct row_stream *stream, size_t count, unsigned limit_s)
{
    const uint64_t until = clock_monotonic_ms() + (uint64_t)limit_s * 1000;
    uint8_t *message = malloc(stream->message_bytes);
    struct wire wire = {.seed = stream->message_bytes};
    size_t at = 0;

    ASSERT(message != NULL);
    *e = (struct exchange){.fault = NULL};
    while (e->done < count && e->fault == NULL) {
        corpus_cut(stream->corpus, &at, message, stream->message_bytes);
        send_message(l, &wire, stream, message);
        e->fault = await_answer(l, until);
        if (e->fault == NULL) {
            e->fault = compare(&l->reader.answers, stream, message);
        }
        answers_free(&l->reader.answers);
        e->done += e->fault == NULL;
    }
    wire_free(&wire);
    free(message);
}
