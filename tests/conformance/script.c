#include "tests/conformance/script.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/assert.h"

enum { FIN = 0x80, RSV = 0x70, CLOSE = 8, PING = 9, PONG = 10, PART_WAIT_MS = 1000 };

/* A payload, and the places inside its frame where there is a wait. */
struct body {
    uint8_t *bytes;
    size_t count;
    size_t parts[4];
    size_t part_count;
    size_t fragment; /* 0: not in fragments */
    size_t repeat;
};

static void *grown(void *old, size_t bytes)
{
    void *new = realloc(old, bytes);
    ASSERT(new != NULL);
    return new;
}

static void stop(struct script *s, unsigned wait_ms, size_t answer_count)
{
    if (s->stop_count == s->stop_size) {
        s->stop_size = s->stop_size * 2 + 4;
        s->stops = grown(s->stops, s->stop_size * sizeof *s->stops);
    }
    s->stops[s->stop_count++] = (struct script_stop){
        .end = s->wire.count, .answer_count = answer_count, .wait_ms = wait_ms, .has_close = s->has_close};
}

/* What a server answers to a frame that is as it should be. */
static void follow(struct script *s, uint8_t first, const uint8_t *payload, size_t bytes)
{
    const uint8_t opcode = first & 0x0f;

    if (s->has_close || (first & RSV) != 0) {
        return;
    }
    if (opcode == PING) {
        answers_add(&s->echo, PONG, payload, bytes);
    } else if (opcode == CLOSE) {
        s->has_close = true;
        s->close_code = bytes < 2 ? 0 : (uint16_t)(payload[0] << 8 | payload[1]);
    } else if (opcode < CLOSE) {
        s->open_opcode = opcode == 0 ? s->open_opcode : opcode;
        if (s->open_bytes + bytes + 1 > s->open_size) {
            s->open_size = (s->open_bytes + bytes + 1) * 2;
            s->open = grown(s->open, s->open_size);
        }
        memcpy(s->open + s->open_bytes, payload, bytes);
        s->open_bytes += bytes;
        if ((first & FIN) != 0) {
            answers_add(&s->echo, s->open_opcode, s->open, s->open_bytes);
            s->open_bytes = 0;
        }
    }
}

static void send_frame(struct script *s, uint8_t first, const uint8_t *payload, size_t bytes)
{
    follow(s, first, payload, bytes);
    wire_put_frame(&s->wire, first, payload, bytes);
    if (s->is_frame_wise) {
        stop(s, 0, 0);
    }
}

static void send_fragments(struct script *s, uint8_t first, const struct body *b)
{
    uint8_t opcode = first & 0x0f;

    for (size_t at = 0; at < b->count; at += b->fragment) {
        const bool is_last = b->count - at <= b->fragment;
        send_frame(s, opcode | (is_last ? FIN : 0), b->bytes + at, is_last ? b->count - at : b->fragment);
        opcode = 0;
    }
}

/* One frame, with waits inside it. */
static void send_parts(struct script *s, uint8_t first, const struct body *b)
{
    follow(s, first, b->bytes, b->count);
    wire_put_frame(&s->wire, first, b->bytes, b->count);
    const size_t payload = s->wire.count - b->count;
    for (size_t i = 0; i < b->part_count; i++) {
        stop(s, PART_WAIT_MS, 0);
        s->stops[s->stop_count - 1].end = payload + b->parts[i];
    }
}

static void send_body(struct script *s, uint8_t first, const struct body *b)
{
    for (size_t i = 0; i < b->repeat; i++) {
        if (b->part_count > 0) {
            send_parts(s, first, b);
        } else if (b->fragment > 0) {
            send_fragments(s, first, b);
        } else {
            send_frame(s, first, b->bytes, b->count);
        }
        if (b->repeat > 1) {
            stop(s, 0, s->echo.count);
        }
    }
}

/* Text of characters of one to four bytes, or any bytes. */
static void make_up(uint8_t *out, size_t count, bool is_text, uint64_t *seed)
{
    static const char *const characters[] = {
        "a", "Z", " ", "{", "\xc3\xa4", "\xce\xba", "\xe2\x82\xac", "\xf0\x9f\x98\x80"};
    size_t at = 0;

    while (at < count) {
        const uint64_t dice = wire_random(seed);
        const char *c = characters[dice % 8];
        const size_t bytes = strlen(c);
        if (!is_text) {
            out[at++] = (uint8_t)dice;
        } else if (bytes > count - at) {
            out[at++] = '.';
        } else {
            memcpy(out + at, c, bytes);
            at += bytes;
        }
    }
}

static const char *read_hex(const char *word, struct body *b)
{
    char pair[3] = "";

    while (*word != '\0' && *word != '/') {
        if (*word == '|') {
            ASSERT(b->part_count < sizeof b->parts / sizeof *b->parts);
            b->parts[b->part_count++] = b->count;
            word++;
        }
        memcpy(pair, word, 2);
        b->bytes[b->count++] = (uint8_t)strtoul(pair, NULL, 16);
        word += 2;
    }
    return word;
}

/* Reads the payload that a word ends in; only data messages are made-up text. */
static void read_body(const char *word, struct body *b, bool is_text, uint64_t *seed)
{
    char *end = NULL;
    const char kind = *word == '\0' ? '\0' : *word++;

    *b = (struct body){.repeat = 1};
    uint16_t code = 0;
    const bool has_code = kind == '@';
    if (has_code) {
        code = (uint16_t)strtoul(word, &end, 10);
        word = end;
    }
    const char form = !has_code ? kind : *word == '\0' ? '\0' : *word++;
    const size_t made_up = form == '*' ? strtoul(word, &end, 10) : 0;
    b->bytes = grown(NULL, strlen(word) + made_up + 2);
    if (has_code) {
        b->bytes[b->count++] = (uint8_t)(code >> 8);
        b->bytes[b->count++] = (uint8_t)code;
    }
    if (form == '.') {
        memcpy(b->bytes + b->count, word, strlen(word));
        b->count += strlen(word);
    } else if (form == ':') {
        word = read_hex(word, b);
    } else if (form == '*') {
        make_up(b->bytes + b->count, made_up, is_text, seed);
        b->count += made_up;
        word = end;
    }
    if (form != '.' && *word == '/') {
        b->fragment = strtoul(word + 1, NULL, 10);
    } else if (form == '*' && *word == 'x') {
        b->repeat = strtoul(word + 1, NULL, 10);
    }
}

static uint8_t read_first(const char **word)
{
    static const char letters[] = "CTB.....XPO";
    const char letter = *(*word)++;

    if (letter == '#') {
        char pair[3] = {(*word)[0], (*word)[1], '\0'};
        *word += 2;
        return (uint8_t)strtoul(pair, NULL, 16);
    }
    const bool is_fin = letter < 'a';
    const char *place = strchr(letters, is_fin ? letter : letter - 'a' + 'A');
    ASSERT(place != NULL && letter != '.');
    return (uint8_t)((is_fin ? FIN : 0) | (place - letters));
}

static void compile_word(struct script *s, const char *word)
{
    if (*word == '~') {
        stop(s, (unsigned)strtoul(word + 1, NULL, 10), 0);
    } else if (*word == '!') {
        stop(s, 0, strtoul(word + 1, NULL, 10));
    } else {
        struct body b;
        const uint8_t first = read_first(&word);
        read_body(word, &b, (first & 0x0f) == 1 || (first & 0x0f) == CLOSE, &s->wire.seed);
        send_body(s, first, &b);
        free(b.bytes);
    }
}

static void compile(struct script *s, const char *text, const char *id)
{
    char *words = strdup(text), *rest = NULL;

    s->wire.seed = 1;
    for (const char *c = id; *c != '\0'; c++) {
        s->wire.seed = s->wire.seed * 31 + (uint8_t)*c;
    }
    for (char *word = strtok_r(words, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest)) {
        compile_word(s, word);
    }
    stop(s, 0, 0);
    free(words);
}

void script_compile(struct script *s, const struct row *row)
{
    *s = (struct script){.is_frame_wise = row->chop == ROW_CHOP_FRAMES};
    compile(s, row->send, row->id);
}

void script_expect(struct answers *expected, const struct row *row)
{
    char *words = strdup(row->expect), *rest = NULL;

    *expected = (struct answers){0};
    for (char *text = strtok_r(words, " ", &rest); text != NULL; text = strtok_r(NULL, " ", &rest)) {
        struct body b;
        uint64_t seed = 1;
        const char *word = text;
        const uint8_t first = read_first(&word);
        read_body(word, &b, true, &seed);
        answers_add(expected, first & 0x0f, b.bytes, b.count);
        free(b.bytes);
    }
    free(words);
}

void script_close(struct script *s, uint16_t code)
{
    const uint8_t payload[2] = {(uint8_t)(code >> 8), (uint8_t)code};

    *s = (struct script){.wire = {.seed = code}};
    send_frame(s, FIN | CLOSE, payload, code == 0 ? 0 : sizeof payload);
    stop(s, 0, 0);
}

void script_free(struct script *s)
{
    answers_free(&s->echo);
    wire_free(&s->wire);
    free(s->stops);
    free(s->open);
}
