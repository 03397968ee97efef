/* config_expect - what a configuration text must give, for unit tests: the texts are named "t.yaml" in errors. */
#ifndef TESTS_SUPPORT_CONFIG_EXPECT_H
#define TESTS_SUPPORT_CONFIG_EXPECT_H

#include "gateway/conf/config.h"

/* Loads without an error; the caller destroys it. */
struct config *config_expect_loads(const char *text);

/* Gives exactly these lines of errors. */
void config_expect_errors(const char *text, const char *errors);
void config_expect_errors_of(struct slice text, const char *errors);

/* What it prints as; the caller frees it. */
char *config_expect_print(const struct config *config);

#endif
