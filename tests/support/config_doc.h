/* config_doc - docs/configuration.md, made from the rows of gateway/conf/schema.def. */
#ifndef TESTS_SUPPORT_CONFIG_DOC_H
#define TESTS_SUPPORT_CONFIG_DOC_H

#include <stdio.h>

void config_doc_print(FILE *out);

#endif
