#include "core/proto/ws_deflate.h"

#include <criterion/criterion.h>
#include <stdio.h>

#define FIELD "Sec-WebSocket-Extensions: "
#define PMD   "permessage-deflate"

static struct http1_head request;
static struct http1_head response;

/* The head keeps slices of the text, which must outlive it. */
static void parse(struct http1_head *head, const char *start, const char *fields, char text[1024])
{
    snprintf(text, 1024, "%s%s\r\n\r\n", start, fields);
    const struct slice in = slice_from_string(text);
    const bool is_request = head == &request;
    cr_assert_eq(is_request ? http1_head_parse_request(in, head) : http1_head_parse_response(in, head), HTTP1_OK, "%s",
                 text);
}

static void parse_request(const char *fields)
{
    static char text[1024];
    parse(&request, "GET / HTTP/1.1\r\nHost: a\r\n", fields, text);
}

static void parse_response(const char *fields)
{
    static char text[1024];
    parse(&response, "HTTP/1.1 101 Switching Protocols\r\n", fields, text);
}

/* "server bits, client bits", and a letter for each flag that is set. */
static const char *show(const struct ws_deflate *d)
{
    static char text[32];
    snprintf(text, sizeof text, "%u,%u%s%s%s%s", d->server_max_window_bits, d->client_max_window_bits,
             d->server_no_context_takeover ? " s" : "", d->client_no_context_takeover ? " c" : "",
             d->must_limit_server_window ? " must" : "", d->may_limit_client_window ? " may" : "");
    return text;
}

struct row {
    const char *fields;
    const char *result; /* NULL: none */
};

static const struct row offer_rows[] = {
    {"X: y", NULL},
    {FIELD "x-webkit-deflate-frame", NULL},
    {FIELD PMD, "15,15"},
    {FIELD "Permessage-Deflate", "15,15"},
    {FIELD PMD "; client_max_window_bits", "15,15 may"},
    {FIELD PMD "; client_max_window_bits=15", "15,15 may"},
    {FIELD PMD "; client_max_window_bits=8", "15,8 may"},
    {FIELD PMD "; client_max_window_bits=\"10\"", "15,10 may"},
    {FIELD PMD "; client_max_window_bits=\"\\1\\0\"", "15,10 may"},
    {FIELD PMD "; server_max_window_bits=15", "15,15 must"},
    {FIELD PMD "; server_max_window_bits=8", "8,15 must"},
    {FIELD PMD "; Server_Max_Window_Bits=9", "9,15 must"},
    {FIELD PMD "; server_no_context_takeover", "15,15 s"},
    {FIELD PMD "; client_no_context_takeover", "15,15 c"},
    {FIELD PMD
     ";client_max_window_bits;server_max_window_bits=12;client_no_context_takeover;server_no_context_takeover",
     "12,15 s c must may"},
    {FIELD PMD "; server_max_window_bits", NULL},
    {FIELD PMD "; server_max_window_bits=7", NULL},
    {FIELD PMD "; server_max_window_bits=16", NULL},
    {FIELD PMD "; server_max_window_bits=08", NULL},
    {FIELD PMD "; server_max_window_bits=+9", NULL},
    {FIELD PMD "; server_max_window_bits=1", NULL},
    {FIELD PMD "; server_max_window_bits=100", NULL},
    {FIELD PMD "; client_max_window_bits=7", NULL},
    {FIELD PMD "; client_max_window_bits=16", NULL},
    {FIELD PMD "; client_max_window_bits=010", NULL},
    {FIELD PMD "; client_max_window_bits=true", NULL},
    {FIELD PMD "; server_no_context_takeover=1", NULL},
    {FIELD PMD "; client_no_context_takeover=1", NULL},
    {FIELD PMD "; client_no_context_takeover=\"8\"", NULL},
    {FIELD PMD "; unknown", NULL},
    {FIELD PMD "; client_max_window_bits; unknown=1", NULL},
    {FIELD PMD "; server_no_context_takeover; server_no_context_takeover", NULL},
    {FIELD PMD "; client_no_context_takeover; client_no_context_takeover", NULL},
    {FIELD PMD "; server_max_window_bits=9; server_max_window_bits=9", NULL},
    {FIELD PMD "; client_max_window_bits; client_max_window_bits=9", NULL},
    {FIELD PMD "; server_max_window_bits=10, " PMD, "10,15 must"},
    {FIELD PMD "; server_max_window_bits=1, " PMD "; unknown, " PMD "; server_max_window_bits=11", "11,15 must"},
    {FIELD "foo; bar=1, " PMD "; client_max_window_bits", "15,15 may"},
    {FIELD "foo\r\n" FIELD PMD "; unknown\r\n" FIELD PMD "; server_max_window_bits=9", "9,15 must"},
    {FIELD "foo; a=\", " PMD, NULL},
    {FIELD "foo;\r\n" FIELD PMD, "15,15"},
};

Test(ws_deflate, chooses_the_first_acceptable_offer)
{
    for (size_t i = 0; i < ARRAY_LEN(offer_rows); i++) {
        const struct row *row = &offer_rows[i];
        struct ws_deflate offer;
        parse_request(row->fields);
        const bool is_chosen = ws_deflate_choose(&request, &offer);
        cr_expect_eq(is_chosen, row->result != NULL, "%s", row->fields);
        if (is_chosen && row->result != NULL) {
            cr_expect_str_eq(show(&offer), row->result, "%s: %s", row->fields, show(&offer));
        }
    }
}

#define WINDOWS(server, client)                    \
    {                                              \
        server, client, false, false, false, false \
    }

struct answer_row {
    const char *offer;
    struct ws_deflate wanted;
    const char *answer;
};

static const struct answer_row answer_rows[] = {
    {FIELD PMD, WINDOWS(15, 15), FIELD PMD},
    {FIELD PMD, WINDOWS(15, 9), FIELD PMD},
    {FIELD PMD, WINDOWS(9, 15), FIELD PMD "; server_max_window_bits=9"},
    {FIELD PMD,
     {15, 15, true, true, false, false},
     FIELD PMD "; server_no_context_takeover; client_no_context_takeover"},
    {FIELD PMD "; server_no_context_takeover", WINDOWS(15, 15), FIELD PMD "; server_no_context_takeover"},
    {FIELD PMD "; client_no_context_takeover", WINDOWS(15, 15), FIELD PMD "; client_no_context_takeover"},
    {FIELD PMD "; client_max_window_bits", WINDOWS(15, 15), FIELD PMD},
    {FIELD PMD "; client_max_window_bits", WINDOWS(15, 12), FIELD PMD "; client_max_window_bits=12"},
    {FIELD PMD "; client_max_window_bits=10", WINDOWS(15, 12), FIELD PMD "; client_max_window_bits=10"},
    {FIELD PMD "; client_max_window_bits=10", WINDOWS(15, 8), FIELD PMD "; client_max_window_bits=8"},
    {FIELD PMD "; server_max_window_bits=15", WINDOWS(15, 15), FIELD PMD "; server_max_window_bits=15"},
    {FIELD PMD "; server_max_window_bits=10", WINDOWS(15, 15), FIELD PMD "; server_max_window_bits=10"},
    {FIELD PMD "; server_max_window_bits=10", WINDOWS(8, 15), FIELD PMD "; server_max_window_bits=8"},
};

Test(ws_deflate, answers_with_the_parameters_that_are_needed)
{
    for (size_t i = 0; i < ARRAY_LEN(answer_rows); i++) {
        const struct answer_row *row = &answer_rows[i];
        char text[256];
        struct http1_write w;
        struct ws_deflate offer;
        parse_request(row->offer);
        cr_assert(ws_deflate_choose(&request, &offer));
        const struct ws_deflate agreed = ws_deflate_agree(&offer, &row->wanted);
        http1_write_init(&w, (uint8_t *)text, sizeof text - 1);
        ws_deflate_write_answer(&w, &agreed);
        cr_assert(http1_write_is_whole(&w) && w.len > 2);
        text[w.len - 2] = '\0';
        cr_expect_str_eq(text, row->answer);
    }
}

struct check_row {
    const char *offers;
    const char *answer;
    const char *agreed; /* NULL: refused */
};

static const struct check_row check_rows[] = {
    {"X: y", "X: y", ""},
    {FIELD PMD, "X: y", ""},
    {FIELD "foo", "X: y", ""},
    {FIELD PMD, FIELD PMD, "15,15"},
    {"X: y", FIELD PMD, NULL},
    {FIELD "foo", FIELD PMD, NULL},
    {FIELD "foo, " PMD, FIELD "foo", NULL},
    {FIELD PMD, FIELD PMD ", " PMD, NULL},
    {FIELD PMD ", foo", FIELD PMD ", foo", NULL},
    {FIELD PMD, FIELD PMD "\r\n" FIELD PMD, NULL},
    {FIELD PMD, FIELD PMD "\r\n" FIELD, NULL},
    {FIELD PMD, FIELD, NULL},
    {FIELD PMD, FIELD PMD ";", NULL},
    {FIELD PMD, FIELD PMD ", ;", NULL},
    {FIELD PMD, FIELD PMD "; unknown", NULL},
    {FIELD PMD, FIELD PMD "; server_no_context_takeover; server_no_context_takeover", NULL},
    {FIELD PMD, FIELD PMD "; server_no_context_takeover", "15,15 s"},
    {FIELD PMD, FIELD PMD "; client_no_context_takeover", "15,15 c"},
    {FIELD PMD, FIELD PMD "; client_no_context_takeover=1", NULL},
    {FIELD PMD, FIELD PMD "; server_max_window_bits=9", "9,15"},
    {FIELD PMD, FIELD PMD "; server_max_window_bits", NULL},
    {FIELD PMD, FIELD PMD "; server_max_window_bits=7", NULL},
    {FIELD PMD, FIELD PMD "; client_max_window_bits=15", NULL},
    {FIELD PMD "; client_max_window_bits", FIELD PMD, "15,15 may"},
    {FIELD PMD "; client_max_window_bits", FIELD PMD "; client_max_window_bits", NULL},
    {FIELD PMD "; client_max_window_bits", FIELD PMD "; client_max_window_bits=11", "15,11 may"},
    {FIELD PMD "; client_max_window_bits=11", FIELD PMD "; client_max_window_bits=11", "15,11 may"},
    {FIELD PMD "; client_max_window_bits=11", FIELD PMD "; client_max_window_bits=12", NULL},
    {FIELD PMD "; client_max_window_bits=11", FIELD PMD, "15,15 may"},
    {FIELD PMD "; server_max_window_bits=11", FIELD PMD "; server_max_window_bits=11", "11,15 must"},
    {FIELD PMD "; server_max_window_bits=11", FIELD PMD "; server_max_window_bits=12", NULL},
    {FIELD PMD "; server_max_window_bits=11", FIELD PMD, NULL},
    {FIELD PMD "; server_no_context_takeover", FIELD PMD, NULL},
    {FIELD PMD "; client_no_context_takeover", FIELD PMD, "15,15"},
    {FIELD PMD "; server_no_context_takeover, " PMD, FIELD PMD, "15,15"},
    {FIELD PMD "; server_max_window_bits=9\r\n" FIELD PMD "; client_max_window_bits",
     FIELD PMD "; client_max_window_bits=9", "15,9 may"},
    {FIELD PMD "; unknown", FIELD PMD, NULL},
    {FIELD PMD "; unknown, " PMD, FIELD PMD, "15,15"},
};

Test(ws_deflate, holds_an_answer_against_the_offers)
{
    for (size_t i = 0; i < ARRAY_LEN(check_rows); i++) {
        const struct check_row *row = &check_rows[i];
        struct ws_deflate agreed;
        bool is_agreed;
        parse_request(row->offers);
        parse_response(row->answer);
        const enum ws_handshake_status status = ws_deflate_check_answer(&response, &request, &is_agreed, &agreed);
        cr_expect_eq(status, row->agreed != NULL ? WS_HANDSHAKE_OK : WS_HANDSHAKE_ERR_ANSWER_EXTENSION, "%s -> %s",
                     row->offers, row->answer);
        if (row->agreed != NULL) {
            cr_expect_str_eq(is_agreed ? show(&agreed) : "", row->agreed, "%s -> %s", row->offers, row->answer);
        }
    }
}

struct forward_row {
    const char *fields;
    const char *forwarded;
};

static const struct forward_row forward_rows[] = {
    {"X: y", ""},
    {FIELD "foo; a=\"b\"", ""},
    {FIELD PMD "; unknown", ""},
    {FIELD PMD, FIELD PMD "\r\n"},
    {FIELD "foo,PERMESSAGE-deflate;  client_max_window_bits = \"\\9\" ,bar",
     FIELD "PERMESSAGE-deflate;  client_max_window_bits = \"\\9\"\r\n"},
    {FIELD PMD ";server_max_window_bits=9,foo\r\nX: y\r\nsec-websocket-extensions:" PMD "; unknown," PMD,
     FIELD PMD ";server_max_window_bits=9, " PMD "\r\n"},
};

Test(ws_deflate, forwards_the_offers_it_understands_as_they_were_written)
{
    for (size_t i = 0; i < ARRAY_LEN(forward_rows); i++) {
        char text[256] = "";
        struct http1_write w;
        parse_request(forward_rows[i].fields);
        http1_write_init(&w, (uint8_t *)text, sizeof text - 1);
        cr_expect_eq(ws_deflate_write_offers(&w, &request), forward_rows[i].forwarded[0] != '\0');
        cr_expect_str_eq(text, forward_rows[i].forwarded);
    }
}
