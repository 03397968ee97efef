#include "gateway/session/inflation.h"

#include <criterion/criterion.h>

#include "core/deflate/pmd_deflater.h"

static struct pmd_inflater inflater;
static struct pmd_deflater deflater;
static struct inflation f;
static uint8_t wire[4096], plain[4096];

static void set_up(void)
{
    pmd_inflater_init(&inflater, 15);
    pmd_deflater_init(&deflater, 15, 1);
    f = (struct inflation){.inflater = &inflater, .is_kept = true, .has_takeover = true};
}

TestSuite(inflation, .init = set_up);

static struct slice deflated(const char *text)
{
    const struct slice in = slice_from_string(text);
    return (struct slice){wire, pmd_deflater_run(&deflater, in, true, (struct span){wire, sizeof wire})};
}

static void begin(uint8_t opcode)
{
    const struct ws_part part = {.opcode = opcode, .rsv = WS_RSV1, .begins_message = true};
    cr_assert(inflation_takes(&f, &part));
}

static enum pmd_status step(struct slice in, uint64_t bytes_max, size_t room, struct slice *out, enum ws_status *fault)
{
    f.bytes_max = bytes_max;
    const enum pmd_status status = inflation_step(&f, &in, true, (struct span){plain, room}, out);
    *fault = f.fault;
    return status;
}

Test(inflation, takes_the_messages_that_are_compressed_and_no_other)
{
    const struct ws_part plain_begin = {.opcode = WS_OPCODE_TEXT, .begins_message = true};
    const struct ws_part more = {.opcode = WS_OPCODE_TEXT};

    begin(WS_OPCODE_TEXT);
    cr_assert(inflation_takes(&f, &more));
    cr_assert_not(inflation_takes(&f, &plain_begin));
    cr_assert_not(inflation_takes(&f, &more));
}

Test(inflation, gives_the_message_piece_by_piece)
{
    struct slice in = deflated("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, b"), out;
    char got[64] = "";

    f.bytes_max = 100;
    begin(WS_OPCODE_TEXT);
    while (inflation_step(&f, &in, true, (struct span){plain, 7}, &out) == PMD_NEED_ROOM) {
        strncat(got, (const char *)out.ptr, out.len);
    }
    strncat(got, (const char *)out.ptr, out.len);
    cr_assert_eq(f.fault, WS_OK);
    cr_assert_str_eq(got, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, b");
}

Test(inflation, finds_what_is_wrong_and_says_which)
{
    enum ws_status fault;
    struct slice out;

    begin(WS_OPCODE_TEXT);
    cr_assert_eq(step(deflated("caf\xe9 au lait"), 100, 100, &out, &fault), PMD_BAD);
    cr_assert_eq(fault, WS_ERR_UTF8);

    set_up();
    begin(WS_OPCODE_TEXT);
    cr_assert_eq(step(deflated("cut \xe2\x82"), 100, 100, &out, &fault), PMD_BAD, "it ends inside a code point");
    cr_assert_eq(fault, WS_ERR_UTF8);

    set_up();
    begin(WS_OPCODE_BINARY);
    cr_assert_eq(step(deflated("caf\xe9 au lait"), 12, 100, &out, &fault), PMD_END, "binary may be anything");
    begin(WS_OPCODE_BINARY);
    cr_assert_eq(step(deflated("one byte too many"), 16, 100, &out, &fault), PMD_BAD);
    cr_assert_eq(fault, WS_ERR_TOO_BIG);

    set_up();
    begin(WS_OPCODE_BINARY);
    cr_assert_eq(step(SLICE_LITERAL("\xff\xff"), 100, 100, &out, &fault), PMD_BAD);
    cr_assert_eq(fault, WS_ERR_DEFLATE);
}

Test(inflation, forgets_the_context_where_none_is_taken_over)
{
    enum ws_status fault;
    struct slice out;

    for (unsigned takeover = 0; takeover < 2; takeover++) {
        set_up();
        f.has_takeover = takeover != 0;
        begin(WS_OPCODE_BINARY);
        cr_assert_eq(step(deflated("the same once more"), 100, 100, &out, &fault), PMD_END);
        begin(WS_OPCODE_BINARY);
        cr_assert_eq(step(deflated("the same once more"), 100, 100, &out, &fault), takeover ? PMD_END : PMD_BAD);
    }
}

Test(inflation, unmasks_from_any_offset_on)
{
    uint8_t body[50];
    uint32_t key;
    struct ws_part part = {.body = {body, sizeof body}};

    memcpy(&key, "KEYS", 4);
    part.key = key;
    for (size_t i = 0; i < sizeof body; i++) {
        body[i] = (uint8_t)(i ^ (uint8_t) "KEYS"[i % 4]);
    }
    for (size_t from = 0; from <= sizeof body; from++) {
        const struct slice got = inflation_unmask(&part, from, (struct span){plain, 9});
        cr_assert_eq(got.len, sizeof body - from < 9 ? sizeof body - from : 9);
        for (size_t i = 0; i < got.len; i++) {
            cr_assert_eq(got.ptr[i], from + i);
        }
    }
}
