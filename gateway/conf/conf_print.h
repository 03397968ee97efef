/*
 * conf_print - a configuration as the YAML that gives the same configuration again.
 *
 * Thread: any. Memory: none. Errors: those of the stream. Limits: none.
 */
#ifndef GATEWAY_CONF_CONF_PRINT_H
#define GATEWAY_CONF_CONF_PRINT_H

#include "gateway/conf/config.h"

void conf_print_config(const struct config *config, FILE *out);

#endif
