/*
 * pmd_params - what Sec-WebSocket-Extensions says of permessage-deflate, read by the letter of RFC 7692 section 7.1.
 *
 * Thread: any. Memory: none. Errors: a fault as text; NULL: none. Limits: none.
 */
#ifndef TESTS_CONFORMANCE_PMD_PARAMS_H
#define TESTS_CONFORMANCE_PMD_PARAMS_H

#include <stdbool.h>

/* The rows of pmd_param.def. */
enum pmd_param {
#define PARAM(name, word, in_offer, in_answer) PMD_PARAM_##name,
#include "tests/conformance/pmd_param.def"
#undef PARAM
    PMD_PARAM_COUNT,
};

enum { PMD_BITS_MIN = 8, PMD_BITS_MAX = 15 };

struct pmd_params {
    bool has[PMD_PARAM_COUNT];
    unsigned value[PMD_PARAM_COUNT]; /* 0: none given */
};

/* Reads the first of the offers that is good; a server takes that one. Returns whether there is one. */
bool pmd_params_offered(struct pmd_params *offer, const char *offers);
/* Reads a server's answer, which must fit one of the offers that this client made. Returns what is wrong with it. */
const char *pmd_params_agree(struct pmd_params *agreed, const char *offers, const char *answer);
/* The window of a side whose parameter that is. */
unsigned pmd_params_bits(const struct pmd_params *agreed, enum pmd_param side);

#endif
