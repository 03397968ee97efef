#include "core/proto/ws_deflate.h"

#include "core/proto/ws_extension.h"

enum param {
    PARAM_SERVER_NO_CONTEXT_TAKEOVER,
    PARAM_CLIENT_NO_CONTEXT_TAKEOVER,
    PARAM_SERVER_MAX_WINDOW_BITS,
    PARAM_CLIENT_MAX_WINDOW_BITS,
    PARAM_COUNT,
};

enum side { SIDE_OFFER, SIDE_ANSWER, SIDE_COUNT };

enum rule { RULE_NO_VALUE, RULE_VALUE, RULE_VALUE_OR_NONE };

struct row {
    struct slice name;
    enum rule rules[SIDE_COUNT];
};

#define NAME(s)                             \
    {                                       \
        (const uint8_t *)(s), sizeof(s) - 1 \
    }

static const struct row rows[PARAM_COUNT] = {
    [PARAM_SERVER_NO_CONTEXT_TAKEOVER] = {NAME("server_no_context_takeover"), {RULE_NO_VALUE, RULE_NO_VALUE}},
    [PARAM_CLIENT_NO_CONTEXT_TAKEOVER] = {NAME("client_no_context_takeover"), {RULE_NO_VALUE, RULE_NO_VALUE}},
    [PARAM_SERVER_MAX_WINDOW_BITS] = {NAME("server_max_window_bits"), {RULE_VALUE, RULE_VALUE}},
    [PARAM_CLIENT_MAX_WINDOW_BITS] = {NAME("client_max_window_bits"), {RULE_VALUE_OR_NONE, RULE_VALUE}},
};

static const struct slice field_name = NAME("Sec-WebSocket-Extensions");
static const struct slice extension_name = NAME("permessage-deflate");

/* What an extension says of each parameter: 0 for nothing, a window's bits, or 1 where there is no value to say. */
struct said {
    uint8_t params[PARAM_COUNT];
};

/* 0 for what is not 8 to 15, written without a zero in front. */
static uint8_t window_bits(struct slice value)
{
    static const struct slice values[] = {NAME("8"),  NAME("9"),  NAME("10"), NAME("11"),
                                          NAME("12"), NAME("13"), NAME("14"), NAME("15")};
    for (size_t i = 0; i < ARRAY_LEN(values); i++) {
        if (ws_extension_value_equals(value, values[i])) {
            return (uint8_t)(WS_DEFLATE_WINDOW_BITS_MIN + i);
        }
    }
    return 0;
}

/* What a parameter says, 0 where it may not. */
static uint8_t read_value(const struct ws_extension_param *param, enum rule rule)
{
    if (rule == RULE_NO_VALUE) {
        return param->has_value ? 0 : 1;
    }
    if (!param->has_value) {
        return rule == RULE_VALUE_OR_NONE ? WS_DEFLATE_WINDOW_BITS_MAX : 0;
    }
    return window_bits(param->value);
}

static bool read_param(const struct ws_extension_param *param, enum side side, struct said *said)
{
    for (size_t i = 0; i < PARAM_COUNT; i++) {
        if (slice_equals_nocase(param->name, rows[i].name)) {
            const bool is_first = said->params[i] == 0;
            said->params[i] = read_value(param, rows[i].rules[side]);
            return is_first && said->params[i] != 0;
        }
    }
    return false;
}

/* false for what is not permessage-deflate, or has a parameter that is not as it should be. */
static bool read_extension(const struct ws_extension *extension, enum side side, struct ws_deflate *deflate)
{
    struct slice params = extension->params;
    struct ws_extension_param param;
    struct said said = {0};

    if (!slice_equals_nocase(extension->name, extension_name)) {
        return false;
    }
    while (ws_extension_next_param(&params, &param)) {
        if (!read_param(&param, side, &said)) {
            return false;
        }
    }
    const uint8_t server_bits = said.params[PARAM_SERVER_MAX_WINDOW_BITS];
    const uint8_t client_bits = said.params[PARAM_CLIENT_MAX_WINDOW_BITS];
    *deflate = (struct ws_deflate){
        .server_max_window_bits = server_bits > 0 ? server_bits : WS_DEFLATE_WINDOW_BITS_MAX,
        .client_max_window_bits = client_bits > 0 ? client_bits : WS_DEFLATE_WINDOW_BITS_MAX,
        .server_no_context_takeover = said.params[PARAM_SERVER_NO_CONTEXT_TAKEOVER] != 0,
        .client_no_context_takeover = said.params[PARAM_CLIENT_NO_CONTEXT_TAKEOVER] != 0,
        .must_limit_server_window = server_bits > 0,
        .may_limit_client_window = client_bits > 0,
    };
    return true;
}

/* Where a walk over the offers of a request stands. */
struct walk {
    const struct http1_head *request;
    size_t next_header;
    struct slice list;
};

/* The next extension of any name; behind a fault the next field is read. */
static bool next_extension(struct walk *walk, struct ws_extension *extension)
{
    while (ws_extension_next(&walk->list, extension) != WS_EXTENSION_FOUND) {
        walk->list = (struct slice){0};
        if (walk->next_header == walk->request->header_count) {
            return false;
        }
        const struct http1_header *header = &walk->request->headers[walk->next_header++];
        if (slice_equals_nocase(header->name, field_name)) {
            walk->list = header->value;
        }
    }
    return true;
}

/* The next offer that can be accepted, and what stands there. */
static bool next_offer(struct walk *walk, struct ws_extension *extension, struct ws_deflate *offer)
{
    while (next_extension(walk, extension)) {
        if (read_extension(extension, SIDE_OFFER, offer)) {
            return true;
        }
    }
    return false;
}

bool ws_deflate_choose(const struct http1_head *request, struct ws_deflate *offer)
{
    struct walk walk = {.request = request};
    struct ws_extension ignored;
    return next_offer(&walk, &ignored, offer);
}

static uint8_t lower(uint8_t a, uint8_t b)
{
    return a < b ? a : b;
}

struct ws_deflate ws_deflate_agree(const struct ws_deflate *offer, const struct ws_deflate *wanted)
{
    struct ws_deflate agreed = *offer;
    agreed.server_no_context_takeover |= wanted->server_no_context_takeover;
    agreed.client_no_context_takeover |= wanted->client_no_context_takeover;
    agreed.server_max_window_bits = lower(offer->server_max_window_bits, wanted->server_max_window_bits);
    if (offer->may_limit_client_window) {
        agreed.client_max_window_bits = lower(offer->client_max_window_bits, wanted->client_max_window_bits);
    }
    return agreed;
}

static void write_param(struct http1_write *w, enum param param)
{
    http1_write_bytes(w, SLICE_LITERAL("; "));
    http1_write_bytes(w, rows[param].name);
}

static void write_bits(struct http1_write *w, enum param param, uint8_t bits)
{
    const uint8_t digits[] = {'=', '1', (uint8_t)('0' + bits % 10)};
    ASSERT(bits >= WS_DEFLATE_WINDOW_BITS_MIN && bits <= WS_DEFLATE_WINDOW_BITS_MAX);
    write_param(w, param);
    http1_write_bytes(w, (struct slice){digits, 1});
    http1_write_bytes(w, bits < 10 ? (struct slice){digits + 2, 1} : (struct slice){digits + 1, 2});
}

void ws_deflate_write_answer(struct http1_write *w, const struct ws_deflate *agreed)
{
    ASSERT(agreed->may_limit_client_window || agreed->client_max_window_bits == WS_DEFLATE_WINDOW_BITS_MAX);
    http1_write_bytes(w, field_name);
    http1_write_bytes(w, SLICE_LITERAL(": "));
    http1_write_bytes(w, extension_name);
    if (agreed->server_no_context_takeover) {
        write_param(w, PARAM_SERVER_NO_CONTEXT_TAKEOVER);
    }
    if (agreed->client_no_context_takeover) {
        write_param(w, PARAM_CLIENT_NO_CONTEXT_TAKEOVER);
    }
    if (agreed->must_limit_server_window || agreed->server_max_window_bits < WS_DEFLATE_WINDOW_BITS_MAX) {
        write_bits(w, PARAM_SERVER_MAX_WINDOW_BITS, agreed->server_max_window_bits);
    }
    if (agreed->client_max_window_bits < WS_DEFLATE_WINDOW_BITS_MAX) {
        write_bits(w, PARAM_CLIENT_MAX_WINDOW_BITS, agreed->client_max_window_bits);
    }
    http1_write_end(w);
}

bool ws_deflate_write_offers(struct http1_write *w, const struct http1_head *request)
{
    struct walk walk = {.request = request};
    struct ws_extension extension;
    struct ws_deflate ignored;
    bool is_first = true;

    while (next_offer(&walk, &extension, &ignored)) {
        http1_write_bytes(w, is_first ? field_name : (struct slice){0});
        http1_write_bytes(w, is_first ? SLICE_LITERAL(": ") : SLICE_LITERAL(", "));
        http1_write_bytes(w, extension.text);
        is_first = false;
    }
    if (!is_first) {
        http1_write_end(w);
    }
    return !is_first;
}

/* Whether an answer agrees to an offer: sections 7.1.1.1 (takeover), 7.1.2.1 and 7.1.2.2 (windows). */
static bool answers(const struct ws_deflate *answer, const struct ws_deflate *offer)
{
    if (offer->server_no_context_takeover && !answer->server_no_context_takeover) {
        return false;
    }
    if (answer->server_max_window_bits > offer->server_max_window_bits) {
        return false;
    }
    return !answer->may_limit_client_window ||
           (offer->may_limit_client_window && answer->client_max_window_bits <= offer->client_max_window_bits);
}

/* The only extension of a response; false when it has several, or none that is permessage-deflate and well formed. */
static bool read_answer(const struct http1_head *response, struct ws_deflate *answer)
{
    struct ws_extension extension;
    struct ws_extension other;
    if (http1_head_count(response, field_name) != 1) {
        return false;
    }
    struct slice list = http1_head_find(response, field_name)->value;
    return ws_extension_next(&list, &extension) == WS_EXTENSION_FOUND &&
           read_extension(&extension, SIDE_ANSWER, answer) && ws_extension_next(&list, &other) == WS_EXTENSION_END;
}

enum ws_handshake_status ws_deflate_check_answer(const struct http1_head *response, const struct http1_head *request,
                                                 bool *is_agreed, struct ws_deflate *agreed)
{
    struct walk walk = {.request = request};
    struct ws_extension ignored;
    struct ws_deflate offer;

    *is_agreed = false;
    if (http1_head_count(response, field_name) == 0) {
        return WS_HANDSHAKE_OK;
    }
    if (!read_answer(response, agreed)) {
        return WS_HANDSHAKE_ERR_ANSWER_EXTENSION;
    }
    while (!*is_agreed && next_offer(&walk, &ignored, &offer)) {
        *is_agreed = answers(agreed, &offer);
    }
    if (!*is_agreed) {
        return WS_HANDSHAKE_ERR_ANSWER_EXTENSION;
    }
    agreed->must_limit_server_window = offer.must_limit_server_window;
    agreed->may_limit_client_window = offer.may_limit_client_window;
    return WS_HANDSHAKE_OK;
}
