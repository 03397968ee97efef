#include "tests/conformance/reader.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/assert.h"
#include "tests/conformance/plain_utf8.h"

enum {
    FIN = 0x80,
    RSV = 0x70,
    RSV1 = 0x40,
    MASK = 0x80,
    CONTINUATION = 0,
    TEXT = 1,
    BINARY = 2,
    CLOSE = 8,
    PING = 9,
    PONG = 10
};

struct frame {
    uint8_t first;
    size_t header_bytes;
    uint64_t payload_bytes;
};

static void fault(struct reader *r, const char *what)
{
    if (r->fault == NULL) {
        r->fault = what;
    }
}

static bool is_header_whole(const struct reader *r, struct frame *f)
{
    if (r->in_bytes < 2) {
        return false;
    }
    const uint8_t length = r->in[1] & 0x7f;
    const unsigned more = length < 126 ? 0 : length == 126 ? 2 : 8;
    *f = (struct frame){.first = r->in[0], .header_bytes = 2 + more, .payload_bytes = more == 0 ? length : 0};
    if (r->in_bytes < f->header_bytes) {
        return false;
    }
    for (unsigned i = 0; i < more; i++) {
        f->payload_bytes = f->payload_bytes << 8 | r->in[2 + i];
    }
    return true;
}

static const char *header_fault(const struct reader *r, const struct frame *f)
{
    const uint8_t opcode = f->first & 0x0f;
    const bool is_control = opcode >= CLOSE;
    const bool may_pack = r->pmd != NULL && (opcode == TEXT || opcode == BINARY);

    if ((f->first & (may_pack ? RSV & ~RSV1 : RSV)) != 0) {
        return "a reserved bit is set";
    }
    if ((r->in[1] & MASK) != 0) {
        return "a server's frame is masked";
    }
    if ((f->header_bytes == 4 && f->payload_bytes < 126) || (f->header_bytes == 10 && f->payload_bytes < 65536) ||
        f->payload_bytes >> 63 != 0) {
        return "a length is not in its shortest form";
    }
    if ((opcode > BINARY && opcode < CLOSE) || opcode > PONG) {
        return "an opcode is reserved";
    }
    if (is_control && ((f->first & FIN) == 0 || f->payload_bytes > 125)) {
        return "a control frame is fragmented or too long";
    }
    if (!is_control && (opcode == CONTINUATION) != (r->open_opcode != 0)) {
        return opcode == CONTINUATION ? "a continuation of nothing" : "a message begins inside another";
    }
    return NULL;
}

static bool may_close_with(unsigned code)
{
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

static void read_close(struct reader *r, const uint8_t *payload, size_t bytes)
{
    r->has_close = true;
    if (bytes == 0) {
        return;
    }
    r->close_code = bytes < 2 ? 0 : (uint16_t)(payload[0] << 8 | payload[1]);
    if (bytes < 2) {
        fault(r, "a Close of one byte");
    } else if (!may_close_with(r->close_code)) {
        fault(r, "a close code that must not be sent");
    } else if (!plain_utf8_is_valid(payload + 2, bytes - 2)) {
        fault(r, "the reason of a Close is not UTF-8");
    }
}

static void read_message(struct reader *r)
{
    const uint8_t *payload = r->open;
    size_t bytes = r->open_bytes;

    if (r->is_packed) {
        r->packed_count++;
        payload = pmd_zlib_inflate(r->pmd, r->open, r->open_bytes, &bytes);
    }
    if (payload == NULL && r->is_packed) {
        fault(r, "a compressed message that does not inflate in the window agreed on");
        return;
    }
    if (r->open_opcode == TEXT && !plain_utf8_is_valid(payload, bytes)) {
        fault(r, "a text that is not UTF-8");
    }
    answers_add(&r->answers, r->open_opcode, payload, bytes);
}

static void read_fragment(struct reader *r, uint8_t first, const uint8_t *payload, size_t bytes)
{
    if ((first & 0x0f) != CONTINUATION) {
        r->open_opcode = first & 0x0f;
        r->is_packed = (first & RSV1) != 0;
    }
    if (r->open_bytes + bytes > r->open_size) {
        r->open_size = (r->open_bytes + bytes) * 2;
        r->open = realloc(r->open, r->open_size);
        ASSERT(r->open != NULL);
    }
    if (bytes > 0) {
        memcpy(r->open + r->open_bytes, payload, bytes);
    }
    r->open_bytes += bytes;
    if ((first & FIN) == 0) {
        return;
    }
    read_message(r);
    r->open_opcode = 0;
    r->open_bytes = 0;
}

static void read_frame(struct reader *r, const struct frame *f, const uint8_t *payload)
{
    const uint8_t opcode = f->first & 0x0f;

    if (r->has_close) {
        fault(r, "bytes behind the Close");
    } else if (opcode == CLOSE) {
        read_close(r, payload, f->payload_bytes);
    } else if (opcode == PING || opcode == PONG) {
        answers_add(&r->answers, opcode, payload, f->payload_bytes);
    } else {
        read_fragment(r, f->first, payload, f->payload_bytes);
    }
}

static void read_frames(struct reader *r)
{
    struct frame f;
    size_t used = 0;
    struct reader rest = *r;

    while (r->fault == NULL && is_header_whole(&rest, &f)) {
        const char *what = header_fault(&rest, &f);
        if (what != NULL) {
            fault(r, what);
            break;
        }
        if (rest.in_bytes - f.header_bytes < f.payload_bytes) {
            break;
        }
        read_frame(r, &f, rest.in + f.header_bytes);
        used += f.header_bytes + f.payload_bytes;
        rest = *r;
        rest.in += used;
        rest.in_bytes -= used;
    }
    if (used > 0) {
        memmove(r->in, r->in + used, r->in_bytes - used);
        r->in_bytes -= used;
    }
}

uint8_t *reader_room(struct reader *r, size_t bytes)
{
    if (r->in_bytes + bytes > r->in_size) {
        r->in_size = (r->in_bytes + bytes) * 2;
        r->in = realloc(r->in, r->in_size);
        ASSERT(r->in != NULL);
    }
    return r->in + r->in_bytes;
}

void reader_came(struct reader *r, size_t bytes)
{
    r->in_bytes += bytes;
    read_frames(r);
}

void reader_free(struct reader *r)
{
    answers_free(&r->answers);
    free(r->in);
    free(r->open);
}
