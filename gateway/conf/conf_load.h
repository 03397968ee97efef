/*
 * conf_load - what the readers of the parts of one file share while it is loaded.
 *
 * Thread: one at a time. Memory: borrowed. Errors: struct config_errors. Limits: none.
 */
#ifndef GATEWAY_CONF_CONF_LOAD_H
#define GATEWAY_CONF_CONF_LOAD_H

#include "gateway/conf/conf_yaml.h"

enum conf_load_names {
    CONF_LOAD_NAMES_RESOLVED,
    CONF_LOAD_NAMES_REFUSED, /* only numeric addresses: nothing outside the text is asked */
};

struct conf_load {
    struct config *config;
    struct config_errors *errors;
    enum conf_load_names names;
};

#endif
