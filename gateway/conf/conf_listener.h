/*
 * conf_listener - `listen` and `listeners` of a file.
 *
 * Thread: one at a time. Memory: the configuration's arena. Errors: struct config_errors. Limits: CONFIG_LISTENERS_MAX.
 */
#ifndef GATEWAY_CONF_CONF_LISTENER_H
#define GATEWAY_CONF_CONF_LISTENER_H

#include "gateway/conf/conf_load.h"

void conf_listener_read_all(struct conf_load *load, const struct conf_yaml_node *root);

#endif
