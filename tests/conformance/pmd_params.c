#include "tests/conformance/pmd_params.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char separators[] = " \t,;=\"", name[] = "permessage-deflate";

enum presence { NEVER, MAYBE, ALWAYS };
enum side { SIDE_OFFER, SIDE_ANSWER, SIDE_COUNT };

static const struct param_rule {
    const char *word;
    enum presence value[SIDE_COUNT];
} rules[PMD_PARAM_COUNT] = {
#define PARAM(name, word, in_offer, in_answer) {word, {in_offer, in_answer}},
#include "tests/conformance/pmd_param.def"
#undef PARAM
};

struct text {
    const char *at;
    size_t bytes;
};

static const char *behind_blanks(const char *at)
{
    return at + strspn(at, " \t");
}

static struct text take_token(const char **at)
{
    const struct text token = {*at, strcspn(*at, separators)};

    *at += token.bytes;
    return token;
}

static bool is_same(struct text token, const char *word)
{
    return strlen(word) == token.bytes && strncasecmp(token.at, word, token.bytes) == 0;
}

/* A decimal from 8 to 15 without a leading zero; 0: it is not. */
static unsigned bits_of(struct text value)
{
    const unsigned bits = value.bytes > 0 && value.bytes <= 2 ? (unsigned)strtoul(value.at, NULL, 10) : 0;
    const bool is_short = value.bytes == (bits < 10 ? 1 : 2);

    return strspn(value.at, "0123456789") >= value.bytes && is_short && bits >= PMD_BITS_MIN && bits <= PMD_BITS_MAX
               ? bits
               : 0;
}

/* Behind "=": a token, or one in quotes. */
static bool take_value(const char **at, struct text *value)
{
    const bool is_quoted = **at == '"';

    *at += is_quoted;
    *value = take_token(at);
    if (is_quoted && **at != '"') {
        return false;
    }
    *at += is_quoted;
    return value->bytes > 0;
}

static const char *read_value(struct pmd_params *p, unsigned i, enum side side, const char **at)
{
    struct text value;

    *at = behind_blanks(*at);
    if (**at != '=') {
        return rules[i].value[side] == ALWAYS ? "a parameter of permessage-deflate without its value" : NULL;
    }
    *at = behind_blanks(*at + 1);
    if (!take_value(at, &value) || rules[i].value[side] == NEVER) {
        return "a parameter of permessage-deflate with a value that it cannot have";
    }
    p->value[i] = bits_of(value);
    return p->value[i] == 0 ? "a window of permessage-deflate that is not 8 to 15" : NULL;
}

static const char *read_param(struct pmd_params *p, enum side side, const char **at)
{
    unsigned i = 0;

    const struct text word = take_token(at);
    while (i < PMD_PARAM_COUNT && !is_same(word, rules[i].word)) {
        i++;
    }
    if (i == PMD_PARAM_COUNT) {
        return "a parameter that permessage-deflate does not have";
    }
    if (p->has[i]) {
        return "a parameter of permessage-deflate twice";
    }
    p->has[i] = true;
    return read_value(p, i, side, at);
}

/* One extension of a list. */
static const char *read_extension(struct pmd_params *p, enum side side, const char **at)
{
    const char *fault = NULL;

    *p = (struct pmd_params){.has = {false}};
    *at = behind_blanks(*at);
    if (!is_same(take_token(at), name)) {
        return "an extension that was not offered";
    }
    for (*at = behind_blanks(*at); **at == ';' && fault == NULL; *at = behind_blanks(*at)) {
        *at = behind_blanks(*at + 1);
        fault = read_param(p, side, at);
    }
    if (fault == NULL && **at != '\0' && **at != ',') {
        fault = "Sec-WebSocket-Extensions cannot be read";
    }
    return fault;
}

/* On to the next of a list; false: there is none. No quoted comma comes in what is read here. */
static bool goes_on(const char **at)
{
    *at += strcspn(*at, ",");
    if (**at == '\0') {
        return false;
    }
    *at += 1;
    return true;
}

bool pmd_params_offered(struct pmd_params *offer, const char *offers)
{
    do {
        if (read_extension(offer, SIDE_OFFER, &offers) == NULL) {
            return true;
        }
    } while (goes_on(&offers));
    return false;
}

/* RFC 7692 sections 7.1.1 and 7.1.2: what was asked for must be granted; a client's window may only be set where the
 * offer allows it. */
static bool fits(const struct pmd_params *offer, const struct pmd_params *answer)
{
    if (offer->has[PMD_PARAM_SERVER_NO_CONTEXT] && !answer->has[PMD_PARAM_SERVER_NO_CONTEXT]) {
        return false;
    }
    if (offer->has[PMD_PARAM_SERVER_BITS] &&
        (!answer->has[PMD_PARAM_SERVER_BITS] ||
         answer->value[PMD_PARAM_SERVER_BITS] > offer->value[PMD_PARAM_SERVER_BITS])) {
        return false;
    }
    return offer->has[PMD_PARAM_CLIENT_BITS] || !answer->has[PMD_PARAM_CLIENT_BITS];
}

const char *pmd_params_agree(struct pmd_params *agreed, const char *offers, const char *answer)
{
    struct pmd_params offer;
    const char *fault = read_extension(agreed, SIDE_ANSWER, &answer);

    if (fault != NULL) {
        return fault;
    }
    if (*answer == ',') {
        return "more than one extension";
    }
    do {
        if (read_extension(&offer, SIDE_OFFER, &offers) == NULL && fits(&offer, agreed)) {
            return NULL;
        }
    } while (goes_on(&offers));
    return "permessage-deflate with parameters that fit no offer";
}

unsigned pmd_params_bits(const struct pmd_params *agreed, enum pmd_param side)
{
    return agreed->value[side] != 0 ? agreed->value[side] : PMD_BITS_MAX;
}
