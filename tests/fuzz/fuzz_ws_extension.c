/*
 * A field's value: it is a list exactly when all of it iterates and something does; what is given out lies in the
 * input, in order, is well formed by itself, and a value equals what it spells.
 */
#include <stdlib.h>

#include "core/proto/http1.h"
#include "core/proto/ws_extension.h"

static bool is_within(struct slice s, struct slice in)
{
    return s.len == 0 || (s.ptr >= in.ptr && s.ptr + s.len <= in.ptr + in.len);
}

/* The token that a value spells, in out; returns its bytes. */
static size_t spell(struct slice value, uint8_t *out)
{
    size_t len = 0;
    for (size_t i = 0; i < value.len; i++) {
        if (value.ptr[i] != '"' && value.ptr[i] != '\\') {
            out[len++] = value.ptr[i];
        }
    }
    return len;
}

static void check_value(struct slice value)
{
    uint8_t *token = malloc(value.len);
    const struct slice spelled = {token, spell(value, token)};
    ASSERT(http1_is_token(spelled));
    ASSERT(ws_extension_value_equals(value, spelled));
    ASSERT(!ws_extension_value_equals(value, slice_skip(spelled, 1)));
    ASSERT(!ws_extension_value_equals(value, slice_first(spelled, spelled.len - 1)));
    free(token);
}

static void check_extension(const struct ws_extension *extension, struct slice in)
{
    struct slice params = extension->params;
    struct ws_extension_param param;
    ASSERT(is_within(extension->text, in) && http1_is_token(extension->name));
    ASSERT(is_within(extension->name, extension->text) && is_within(extension->params, extension->text));
    ASSERT(ws_extension_list_is_valid(extension->text));
    while (ws_extension_next_param(&params, &param)) {
        ASSERT(http1_is_token(param.name) && is_within(param.name, extension->text));
        if (param.has_value) {
            ASSERT(is_within(param.value, extension->text));
            check_value(param.value);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size);
    const struct slice in = {copy, size};
    struct slice list = in;
    struct ws_extension extension;
    enum ws_extension_status status;
    size_t found = 0;

    memcpy(copy, data, size);
    while ((status = ws_extension_next(&list, &extension)) == WS_EXTENSION_FOUND) {
        ASSERT(is_within(list, in) && (list.len == 0 || list.ptr > extension.text.ptr));
        check_extension(&extension, in);
        found++;
    }
    ASSERT(status == WS_EXTENSION_BAD || list.len == 0);
    ASSERT(ws_extension_list_is_valid(in) == (status == WS_EXTENSION_END && found > 0));
    free(copy);
    return 0;
}
