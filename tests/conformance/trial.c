#include "tests/conformance/trial.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/base/attrs.h"
#include "core/base/clock.h"
#include "tests/conformance/exchange.h"
#include "tests/conformance/script.h"

/* What happened, besides what the reader knows. */
struct course {
    struct link link;
    struct script script;
    struct answers expected;
    struct exchange exchange;
    bool has_sent_close;     /* by us */
    bool was_first_to_close; /* our Close left before the server's came */
    bool has_sent_all;
    bool has_dropped; /* it was we who ended the connection */
};

const struct trial_verdict_rule trial_verdicts[TRIAL_VERDICT_COUNT] = {
#define VERDICT(name, text, passes) {text, passes},
#include "tests/conformance/verdict.def"
#undef VERDICT
};

bool trial_passed(const struct trial *t)
{
    return trial_verdicts[t->behavior].passes && trial_verdicts[t->closing].passes;
}

/* Reads until so many answers are there, or the server is done, or time is up; stalling ms start anew with each byte.
 */
static void await_answers(struct link *l, size_t count)
{
    while (!link_is_over(l) && l->reader.answers.count < count && link_read(l, TRIAL_ANSWERS_MS)) {
    }
}

static void await_end(struct course *c, unsigned ms)
{
    const uint64_t until = clock_monotonic_ms() + ms;

    for (uint64_t now = clock_monotonic_ms(); !c->link.is_ended && now < until; now = clock_monotonic_ms()) {
        link_read(&c->link, (int)(until - now));
    }
}

static void await_over(struct course *c, unsigned ms)
{
    const uint64_t until = clock_monotonic_ms() + ms;

    for (uint64_t now = clock_monotonic_ms(); !link_is_over(&c->link) && now < until; now = clock_monotonic_ms()) {
        link_read(&c->link, (int)(until - now));
    }
}

static void note_close(struct course *c, const struct script_stop *stop)
{
    if (stop->has_close && !c->has_sent_close) {
        c->has_sent_close = true;
        c->was_first_to_close = !link_is_over(&c->link);
    }
}

static void play(struct course *c, const struct script *s, int chop)
{
    size_t from = 0;

    for (size_t i = 0; i < s->stop_count && !link_is_over(&c->link); i++) {
        const struct script_stop *stop = &s->stops[i];
        note_close(c, stop);
        link_write(&c->link, s->wire.bytes + from, stop->end - from, chop > 0 ? (size_t)chop : 0);
        from = stop->end;
        c->has_sent_all = from == s->wire.count;
        await_answers(&c->link, stop->answer_count);
        await_over(c, stop->wait_ms);
    }
}

static void send_close(struct course *c, uint16_t code)
{
    struct script s;

    script_close(&s, code);
    note_close(c, &s.stops[s.stop_count - 1]);
    link_write(&c->link, s.wire.bytes, s.wire.count, 0);
    script_free(&s);
}

static void carry_out(struct course *c, const struct row *row, struct trial_pace pace)
{
    play(c, &c->script, row->chop);
    if (c->link.reader.pmd != NULL) {
        exchange_run(&c->exchange, &c->link, &row->stream, row_message_count(row, pace.message_count),
                     row->stream.limit_s * pace.at_once);
    }
    if (row->ending == ROW_ENDING_NORMAL) {
        await_answers(&c->link, c->expected.count);
        if (!link_is_over(&c->link)) {
            send_close(c, 1000);
        }
    }
    await_over(c, TRIAL_CLOSE_MS);
    const bool is_answer_due = c->link.reader.has_close && !c->has_sent_close;
    if (is_answer_due) {
        send_close(c, c->link.reader.close_code);
    }
    if (c->link.reader.has_close) {
        await_end(c, TRIAL_DROP_MS);
    }
    c->has_dropped = !c->link.is_ended;
}

PRINTF(3, 4)
static enum trial_verdict because(enum trial_verdict verdict, char why[TRIAL_WHY_BYTES], const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(why, TRIAL_WHY_BYTES, format, args);
    va_end(args);
    return verdict;
}

static enum trial_verdict mismatch(const struct course *c, char *why)
{
    const struct answers *came = &c->link.reader.answers, *due = &c->expected;
    const size_t i = answers_alike(came, due);

    if (i == came->count || i == due->count) {
        return because(TRIAL_VERDICT_FAILED, why, "%zu answers came, %zu were due", came->count, due->count);
    }
    return because(TRIAL_VERDICT_FAILED, why, "answer %zu: opcode %u of %zu bytes came, opcode %u of %zu was due%s",
                   i + 1, came->list[i].opcode, came->list[i].bytes, due->list[i].opcode, due->list[i].bytes,
                   came->list[i].bytes == due->list[i].bytes ? ": other bytes" : "");
}

static enum trial_verdict judge_behavior(const struct course *c, const struct row *row, char *why)
{
    const struct reader *r = &c->link.reader;

    if (c->link.fault != NULL || r->fault != NULL) {
        return because(TRIAL_VERDICT_FAILED, why, "%s", c->link.fault != NULL ? c->link.fault : r->fault);
    }
    if (row->stream.message_count > 0 && r->pmd == NULL) {
        return because(TRIAL_VERDICT_UNIMPLEMENTED, why, "the server declined permessage-deflate");
    }
    if (c->exchange.fault != NULL) {
        return because(TRIAL_VERDICT_FAILED, why, "message %zu: %s", c->exchange.done + 1, c->exchange.fault);
    }
    if (row->grade == ROW_GRADE_OPEN && answers_begin(&c->expected, &r->answers)) {
        return because(TRIAL_VERDICT_INFORMATIONAL, why, "%zu answers came; that is up to the server",
                       r->answers.count);
    }
    if (row->grade == ROW_GRADE_LOSING && r->answers.count == 0) {
        return because(TRIAL_VERDICT_NON_STRICT, why, "the answer that was due before the fault was lost");
    }
    if (!answers_are_equal(&r->answers, &c->expected)) {
        return mismatch(c, why);
    }
    if (row->grade == ROW_GRADE_TIMELY && c->has_sent_all) {
        return because(TRIAL_VERDICT_NON_STRICT, why, "not refused before the last part was sent");
    }
    return TRIAL_VERDICT_OK;
}

static bool is_code_good(const struct course *c, const struct row_ending_rule *rule)
{
    const unsigned came = c->link.reader.close_code;

    for (size_t i = 0; i < ROW_CODES_MAX; i++) {
        const unsigned due = rule->codes[i] == ROW_CODE_AS_SENT ? c->script.close_code : rule->codes[i];
        if (due != 0 && came == due) {
            return true;
        }
    }
    return false;
}

static enum trial_verdict judge_closing(const struct course *c, const struct row *row, char *why)
{
    const struct row_ending_rule *rule = &row_endings[row->ending];
    const struct reader *r = &c->link.reader;

    if (c->link.fault != NULL || r->fault != NULL) {
        return because(TRIAL_VERDICT_FAILED, why, "a fault came first");
    }
    if (!r->has_close && c->has_dropped) {
        return because(TRIAL_VERDICT_FAILED, why, "no Close and no end in %u s", TRIAL_CLOSE_MS / 1000);
    }
    if (c->was_first_to_close != (rule->by == ROW_CLOSER_CLIENT)) {
        return because(TRIAL_VERDICT_FAILED, why, "closed by the wrong side: the %s",
                       c->was_first_to_close ? "client" : "server");
    }
    if (rule->is_clean && !(r->has_close && c->has_sent_close)) {
        return because(TRIAL_VERDICT_UNCLEAN, why, "the connection ended without a Close");
    }
    if (r->close_code != 0 && !is_code_good(c, rule)) {
        return because(TRIAL_VERDICT_WRONG_CODE, why, "the server closed with %u, not %u", r->close_code,
                       rule->codes[0]);
    }
    if (c->has_dropped) {
        return because(TRIAL_VERDICT_BY_CLIENT, why, "the server did not end the connection in %u s",
                       TRIAL_DROP_MS / 1000);
    }
    return TRIAL_VERDICT_OK;
}

void trial_run(struct trial *t, const struct row *row, const struct link_target *target, struct trial_pace pace)
{
    const uint64_t began = clock_monotonic_ms();
    struct course c = {.has_sent_close = false};

    *t = (struct trial){.row = row, .message_count = row_message_count(row, pace.message_count)};
    script_compile(&c.script, row);
    if (strcmp(row->expect, "=") == 0) {
        c.expected = c.script.echo;
        c.script.echo = (struct answers){0};
    } else {
        script_expect(&c.expected, row);
    }
    if (link_open(&c.link, target, row->stream.message_count > 0 ? row_offers[row->stream.offer].text : NULL)) {
        carry_out(&c, row, pace);
    }
    t->behavior = judge_behavior(&c, row, t->why);
    t->closing = judge_closing(&c, row, t->why_closing);
    t->packed_count = c.link.reader.packed_count;
    t->close_code = c.link.reader.close_code;
    t->took_ms = (unsigned)(clock_monotonic_ms() - began);
    link_close(&c.link);
    answers_free(&c.expected);
    script_free(&c.script);
}
