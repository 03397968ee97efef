#include "tests/conformance/corpus.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "core/base/assert.h"
#include "core/base/attrs.h"
#include "tests/conformance/wire.h"

enum { TEXT = 1, PHRASE_BYTES_MAX = 512, BYTES_MAX = 1 << 20 };
enum { IMAGE_WIDTH = 512, IMAGE_NOISE = 100, RANDOM_RUN = 3000, WORDS_RUN = 1500 };

struct corpus {
    uint8_t *bytes;
    size_t count, size;
    uint64_t seed;
};

static const struct corpus_rule {
    size_t bytes;
    uint8_t opcode;
} rules[CORPUS_KIND_COUNT] = {
#define CORPUS(name, bytes, opcode, what) {bytes, opcode},
#include "tests/conformance/corpus.def"
#undef CORPUS
};

static uint8_t room[CORPUS_KIND_COUNT][BYTES_MAX];
static struct corpus corpora[CORPUS_KIND_COUNT];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static unsigned dice(struct corpus *c, unsigned sides)
{
    return (unsigned)(wire_random(&c->seed) % sides);
}

static bool is_full(const struct corpus *c)
{
    return c->count == c->size;
}

/* A phrase that does not fit any more becomes blanks, so that no character is cut. */
PRINTF(2, 3)
static void put(struct corpus *c, const char *format, ...)
{
    char phrase[PHRASE_BYTES_MAX];
    va_list args;

    va_start(args, format);
    const size_t bytes = (size_t)vsnprintf(phrase, sizeof phrase, format, args);
    va_end(args);
    ASSERT(bytes < sizeof phrase);
    if (bytes > c->size - c->count) {
        memset(c->bytes + c->count, ' ', c->size - c->count);
        c->count = c->size;
        return;
    }
    memcpy(c->bytes + c->count, phrase, bytes);
    c->count += bytes;
}

static void put_byte(struct corpus *c, unsigned byte)
{
    if (!is_full(c)) {
        c->bytes[c->count++] = (uint8_t)byte;
    }
}

static void make_json(struct corpus *c)
{
    static const char *const states[] = {"open", "open", "open", "closing", "closed", "refused"};

    put(c, "{\n   \"sessions\": [\n");
    for (unsigned id = 1; !is_full(c); id++) {
        put(c,
            "      {\n         \"id\": %u,\n         \"state\": \"%s\",\n         \"route\": \"/feed/%u\",\n"
            "         \"duration\": %u,\n         \"messages\": {\"sent\": %u, \"received\": %u},\n"
            "         \"report\": \"session_%06u.json\"\n      },\n",
            id, states[dice(c, 6)], dice(c, 9), dice(c, 5000), dice(c, 20), dice(c, 20), id);
    }
}

static void make_image(struct corpus *c)
{
    for (unsigned dot = 0; !is_full(c); dot++) {
        const unsigned x = dot % IMAGE_WIDTH, y = dot / IMAGE_WIDTH;
        put_byte(c, (x / 8 + y / 6 + dice(c, IMAGE_NOISE)) & 0xff);
    }
}

/* Some words come often, most seldom; the letters above 0x7f are Latin-1. */
static void put_word(struct corpus *c)
{
    static const char *const syllables[] = {
        "der", "und", "ein", "ge",  "schl", "eu", "sen",  "was",    "ser", "tor",  "h\xf6",
        "fl",  "uss", "be",  "ver", "ung",  "l",  "icht", "gr\xfc", "n",   "stra", "\xdf",
    };
    const unsigned count = sizeof syllables / sizeof *syllables;
    const unsigned word = dice(c, 40) * dice(c, 40);

    put(c, "%s", syllables[word % count]);
    for (unsigned rest = word / count; rest > 0; rest /= 5) {
        put(c, "%s", syllables[(rest * 7 + word) % count]);
    }
}

static void put_sentence(struct corpus *c)
{
    for (unsigned words = 4 + dice(c, 9); words > 0 && !is_full(c); words--) {
        put_word(c);
        put(c, "%s", words == 1 ? (dice(c, 3) == 0 ? ".\r\n" : ", ") : " ");
    }
}

static void make_prose(struct corpus *c)
{
    while (!is_full(c)) {
        put_sentence(c);
    }
}

static void make_html(struct corpus *c)
{
    static const char *const signs[] = {"\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "&amp;"};

    put(c, "<!DOCTYPE html>\n<html>\n<head><meta charset=\"utf-8\"><title>Sessions</title></head>\n<body>\n<table>\n");
    for (unsigned id = 1; !is_full(c); id++) {
        put(c,
            "   <tr class=\"session_row\">\n      <td class=\"name\"><a href=\"#session_%u\">Session %u</a></td>\n"
            "      <td class=\"ok\">%s %u ms</td>\n   </tr>\n",
            id, id, signs[dice(c, 4)], dice(c, 300));
    }
}

static void make_document(struct corpus *c)
{
    while (!is_full(c)) {
        for (unsigned i = 0; i < RANDOM_RUN; i++) {
            put_byte(c, dice(c, 256));
        }
        for (const size_t until = c->count + WORDS_RUN; c->count < until && !is_full(c);) {
            put_sentence(c);
        }
    }
}

static void make_all(void)
{
    static void (*const make[CORPUS_KIND_COUNT])(struct corpus *) = {
        [CORPUS_JSON] = make_json, [CORPUS_IMAGE] = make_image,       [CORPUS_PROSE] = make_prose,
        [CORPUS_HTML] = make_html, [CORPUS_DOCUMENT] = make_document,
    };

    for (unsigned i = 0; i < CORPUS_KIND_COUNT; i++) {
        ASSERT(rules[i].bytes <= BYTES_MAX);
        corpora[i] = (struct corpus){.bytes = room[i], .size = rules[i].bytes, .seed = i + 1};
        make[i](&corpora[i]);
    }
}

uint8_t corpus_opcode(enum corpus_kind kind)
{
    return rules[kind].opcode;
}

static bool is_inner(uint8_t byte)
{
    return (byte & 0xc0) == 0x80;
}

/* Dots for the end of a character that begins before the cut, and for the start of one that ends behind it. */
static void mend(uint8_t *text, size_t bytes)
{
    size_t last = bytes;

    for (size_t i = 0; i < bytes && is_inner(text[i]); i++) {
        text[i] = '.';
    }
    while (last > 0 && is_inner(text[last - 1])) {
        last--;
    }
    if (last == 0 || text[last - 1] < 0x80) {
        return;
    }
    const uint8_t lead = text[last - 1];
    const size_t due = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (bytes - (last - 1) < due) {
        memset(text + last - 1, '.', bytes - (last - 1));
    }
}

void corpus_cut(enum corpus_kind kind, size_t *at, uint8_t *out, size_t bytes)
{
    pthread_once(&once, make_all);
    const struct corpus *c = &corpora[kind];
    const size_t first = bytes < c->count - *at ? bytes : c->count - *at;
    ASSERT(bytes < c->count);
    memcpy(out, c->bytes + *at, first);
    memcpy(out + first, c->bytes, bytes - first);
    *at = (*at + bytes) % c->count;
    if (rules[kind].opcode == TEXT) {
        mend(out, bytes);
    }
}
