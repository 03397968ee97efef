#include "tests/sim/sim_speech.h"

#include <stdio.h>

enum { FIN = 0x80, RSV1 = 0x40, DEFAULT_BITS = 15, POOL_BYTES = 256 << 10, BLOCK_BYTES = 64, TAIL_BYTES = 4 };

static bool is_full(const struct sim_end *e)
{
    return e->socket == NULL || sim_bytes_left(&e->socket->in).len > SIM_SPEECH_BYTES_MAX;
}

/* ---- frames ---- */

static size_t write_header(uint8_t *out, uint8_t first, uint64_t bytes, bool is_masked)
{
    const unsigned length_bytes = bytes < 126 ? 0 : bytes <= UINT16_MAX ? 2 : 8;

    out[0] = first;
    out[1] = (uint8_t)((length_bytes == 0 ? bytes : length_bytes == 2 ? 126 : 127) | (is_masked ? 0x80 : 0));
    for (unsigned i = 0; i < length_bytes; i++) {
        out[2 + i] = (uint8_t)(bytes >> 8 * (length_bytes - 1 - i));
    }
    return 2 + length_bytes;
}

static void send_frame(struct sim_end *e, struct sim_rng *rng, uint8_t first, struct slice payload)
{
    uint8_t header[SIM_STREAM_HEADER_BYTES_MAX];
    uint8_t key[4] = {0};
    size_t bytes = write_header(header, first, payload.len, e->is_client);

    if (!e->is_client) {
        sim_end_send(e, (struct slice){header, bytes});
        sim_end_send(e, payload);
        return;
    }
    for (size_t i = 0; i < 4 && !sim_rng_once_in(rng, 8); i++) {
        key[i] = (uint8_t)sim_rng_u64(rng);
    }
    memcpy(header + bytes, key, 4);
    sim_end_send(e, (struct slice){header, bytes + 4});
    const size_t at = e->has_finished ? 0 : e->socket->in.len;
    sim_end_send(e, payload);
    for (size_t i = 0; i < payload.len && !e->has_finished; i++) {
        e->socket->in.ptr[at + i] ^= key[i % 4];
    }
}

/* ---- messages ---- */

static size_t choose_bytes(struct sim_rng *rng)
{
    static const uint32_t sizes[] = {0, 1, 2, 5, 60, 64, 125, 126, 127, 300, 1000, 4000, 5000, 16240, 16256, 17000};
    static const uint32_t large[] = {30000, 65535, 65536, 70000, 100000, 131072, 131073};

    if (sim_rng_once_in(rng, 20)) {
        return large[sim_rng_below(rng, ARRAY_LEN(large))];
    }
    return sizes[sim_rng_below(rng, ARRAY_LEN(sizes))];
}

/* Characters of one to four bytes; blocks that begin with one. */
static void fill_text(struct sim_rng *rng, uint8_t *out, size_t variety)
{
    static const char *const characters[] = {"a", "b", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", " ", "Z"};

    for (size_t at = 0; at < POOL_BYTES;) {
        const char *c = characters[sim_rng_below(rng, variety)];
        const size_t len = strlen(c);
        if (at % BLOCK_BYTES + len <= BLOCK_BYTES) {
            memcpy(out + at, c, len);
            at += len;
        } else {
            out[at++] = 'x';
        }
    }
}

/* Content is cut out of pools, of much variety and (which shrinks well) of little. */
static struct {
    uint8_t text[2][POOL_BYTES];
    uint8_t binary[2][POOL_BYTES];
    bool is_filled;
} pools;

static void fill_pools(void)
{
    struct sim_rng rng = {1};

    fill_text(&rng, pools.text[0], 7);
    fill_text(&rng, pools.text[1], 1);
    for (size_t i = 0; i < POOL_BYTES; i++) {
        pools.binary[0][i] = (uint8_t)sim_rng_u64(&rng);
        pools.binary[1][i] = (uint8_t)(i >> 8);
    }
    pools.is_filled = true;
}

static bool is_inside_character(uint8_t byte)
{
    return (byte & 0xc0) == 0x80;
}

static void write_content(struct sim_rng *rng, uint8_t opcode, uint8_t *out, size_t bytes)
{
    const size_t which = (size_t)sim_rng_below(rng, 2);
    const size_t from = (size_t)sim_rng_below(rng, (POOL_BYTES - bytes) / BLOCK_BYTES) * BLOCK_BYTES;
    const uint8_t *pool = opcode == SIM_STREAM_TEXT ? pools.text[which] : pools.binary[which];

    memcpy(out, pool + from, bytes);
    if (opcode == SIM_STREAM_TEXT && is_inside_character(pool[from + bytes])) {
        size_t at = bytes;
        do {
            out[--at] = 'x';
        } while (is_inside_character(pool[from + at]));
    }
}

static void begin_deflater(struct sim_end *e)
{
    const struct sim_deflate *a = &e->link->agreed;
    const int bits = e->is_client ? a->client_bits : a->server_bits;
    const bool resets = e->is_client ? a->client_resets : a->server_resets;

    if (!e->has_deflater) {
        ASSERT(deflateInit2(&e->deflater, 1, Z_DEFLATED, -(bits == 0 ? DEFAULT_BITS : bits), 1, Z_DEFAULT_STRATEGY) ==
               Z_OK);
        e->has_deflater = true;
    } else if (resets) {
        ASSERT(deflateReset(&e->deflater) == Z_OK);
    }
}

/* RFC 7692 section 7.2.1, and for an empty message 7.2.3.6. */
static void deflate_message(struct sim_end *e, struct slice content)
{
    const size_t room = 2 * content.len + 256;

    begin_deflater(e);
    if (content.len == 0) {
        sim_bytes_add(&e->message, (struct slice){(const uint8_t *)"", 1});
        return;
    }
    uint8_t *out = malloc(room);
    ASSERT(out != NULL);
    e->deflater.next_in = (uint8_t *)(uintptr_t)content.ptr;
    e->deflater.avail_in = (unsigned)content.len;
    e->deflater.next_out = out;
    e->deflater.avail_out = (unsigned)room;
    ASSERT(deflate(&e->deflater, Z_SYNC_FLUSH) == Z_OK && e->deflater.avail_out > 0);
    const size_t bytes = room - e->deflater.avail_out;
    ASSERT(bytes > TAIL_BYTES);
    sim_bytes_add(&e->message, (struct slice){out, bytes - TAIL_BYTES});
    free(out);
}

static bool can_compress(const struct sim_end *e)
{
    return e->link->agreed.is_on && e->is_upgraded && (e->is_client || e->link->profile->passes_deflate);
}

static void begin_message(struct sim_end *e, struct sim_rng *rng)
{
    const size_t bytes = choose_bytes(rng);
    uint8_t *content = malloc(bytes + 1);

    ASSERT(content != NULL);
    if (!pools.is_filled) {
        fill_pools();
    }
    e->message_opcode = sim_rng_once_in(rng, 2) ? SIM_STREAM_TEXT : SIM_STREAM_BINARY;
    write_content(rng, e->message_opcode, content, bytes);
    e->message.len = e->message.read = 0;
    e->message_is_compressed = can_compress(e) && !sim_rng_once_in(rng, 4);
    if (e->message_is_compressed) {
        deflate_message(e, (struct slice){content, bytes});
    } else {
        sim_bytes_add(&e->message, (struct slice){content, bytes});
    }
    free(content);
}

static void send_fragment(struct sim_end *e, struct sim_rng *rng, bool is_last)
{
    struct slice rest = sim_bytes_left(&e->message);
    const struct slice payload = is_last ? rest : slice_first(rest, (size_t)sim_rng_below(rng, rest.len + 1));
    const bool is_first = !e->message_is_begun;
    const uint8_t first = (uint8_t)((is_last ? FIN : 0) | (is_first ? e->message_opcode : 0) |
                                    (is_first && e->message_is_compressed ? RSV1 : 0));

    send_frame(e, rng, first, payload);
    e->message.read += payload.len;
    e->message_is_begun = !is_last;
}

void sim_speech_message(struct sim_end *e, struct sim_rng *rng)
{
    if (is_full(e) || e->has_said_close) {
        return;
    }
    if (!e->message_is_begun) {
        begin_message(e, rng);
    }
    send_fragment(e, rng, !sim_rng_once_in(rng, 3));
}

void sim_speech_begin(struct sim_end *e, struct sim_rng *rng)
{
    if (!is_full(e) && !e->has_said_close && !e->message_is_begun) {
        begin_message(e, rng);
        send_fragment(e, rng, false);
    }
}

/* ---- control frames ---- */

void sim_speech_control(struct sim_end *e, struct sim_rng *rng)
{
    static const uint8_t sizes[] = {0, 1, 4, 20, 125};
    uint8_t payload[SIM_STREAM_CONTROL_BYTES_MAX];
    const size_t bytes = sizes[sim_rng_below(rng, ARRAY_LEN(sizes))];

    if (is_full(e) || e->has_said_close) {
        return;
    }
    for (size_t i = 0; i < bytes; i++) {
        payload[i] = (uint8_t)sim_rng_u64(rng);
    }
    send_frame(e, rng, FIN | (sim_rng_once_in(rng, 3) ? SIM_STREAM_PONG : SIM_STREAM_PING),
               (struct slice){payload, bytes});
}

void sim_speech_close(struct sim_end *e, struct sim_rng *rng)
{
    static const uint16_t codes[] = {1000, 1001, 1011, 3000, 4999};
    const uint16_t code = codes[sim_rng_below(rng, ARRAY_LEN(codes))];
    uint8_t payload[32] = {(uint8_t)(code >> 8), (uint8_t)code};

    if (e->socket == NULL || e->has_said_close) {
        return;
    }
    const int n = snprintf((char *)payload + 2, sizeof payload - 2, "%s says bye", e->is_client ? "client" : "backend");
    e->has_said_close = true;
    sim_link_blame(e->link);
    send_frame(e, rng, FIN | SIM_STREAM_CLOSE, (struct slice){payload, sim_rng_once_in(rng, 6) ? 0 : 2 + (size_t)n});
}

void sim_speech_answer_close(struct sim_end *e, struct slice payload)
{
    if (!e->has_said_close) {
        e->has_said_close = true;
        send_frame(e, e->link->rng, FIN | SIM_STREAM_CLOSE, slice_first(payload, payload.len < 2 ? 0 : 2));
    }
}

/* ---- defects ---- */

static void send_bad_text(struct sim_end *e, struct sim_rng *rng)
{
    static const char *const texts[] = {"\xff", "good\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "cut\xe2\x82"};
    const char *text = texts[sim_rng_below(rng, ARRAY_LEN(texts))];
    send_frame(e, rng, FIN | SIM_STREAM_TEXT, slice_from_string(text));
}

/* Only its header comes. */
static void send_header(struct sim_end *e, uint64_t bytes, bool is_masked)
{
    uint8_t header[SIM_STREAM_HEADER_BYTES_MAX] = {0};
    const size_t n = write_header(header, FIN | SIM_STREAM_BINARY, bytes, is_masked);
    sim_end_send(e, (struct slice){header, n + (is_masked ? 4 : 0)});
}

static void send_bad_close(struct sim_end *e, struct sim_rng *rng)
{
    static const uint8_t payloads[][3] = {{1}, {0x03, 0xed, 'x'}, {0x03, 0xe8, 0xff}, {0, 0, 'x'}};
    const size_t which = (size_t)sim_rng_below(rng, ARRAY_LEN(payloads));
    send_frame(e, rng, FIN | SIM_STREAM_CLOSE, (struct slice){payloads[which], which == 0 ? 1 : 3});
}

static void send_bad_deflate(struct sim_end *e, struct sim_rng *rng)
{
    uint8_t payload[40];
    for (size_t i = 0; i < sizeof payload; i++) {
        payload[i] = (uint8_t)sim_rng_u64(rng);
    }
    send_frame(e, rng, FIN | RSV1 | SIM_STREAM_BINARY, (struct slice){payload, sizeof payload});
}

void sim_speech_defect(struct sim_end *e, struct sim_rng *rng)
{
    static const uint8_t first_bytes[] = {0x83, 0x8b, 0xa1, 0x91, 0x09, 0x80, 0x00, 0x82, 0xc9, 0xc1};

    if (is_full(e) || e->has_said_close) {
        return;
    }
    switch (sim_rng_below(rng, 8)) {
    case 0:
        send_bad_text(e, rng);
        break;
    case 1:
        send_header(e, UINT64_C(1) << 62, e->is_client);
        break;
    case 2:
        send_header(e, 10, !e->is_client);
        break;
    case 3:
        send_header(e, 150000 + sim_rng_below(rng, 100000), e->is_client);
        break;
    case 4:
        send_bad_close(e, rng);
        break;
    case 5:
        send_bad_deflate(e, rng);
        break;
    default:
        send_frame(e, rng, first_bytes[sim_rng_below(rng, ARRAY_LEN(first_bytes))], SLICE_LITERAL("abc"));
    }
}

void sim_speech_raw(struct sim_end *e, struct slice bytes)
{
    if (!is_full(e)) {
        sim_end_send(e, bytes);
    }
}
