#include "core/proto/ws_extension.h"

#include "core/proto/http1.h"

/* Where the first separator outside quotes stands; s.len where there is none. */
static size_t find_unquoted(struct slice s, uint8_t separator)
{
    bool is_quoted = false;
    for (size_t i = 0; i < s.len; i++) {
        const uint8_t c = s.ptr[i];
        if (is_quoted && c == '\\') {
            i++;
        } else if (c == '"') {
            is_quoted = !is_quoted;
        } else if (!is_quoted && c == separator) {
            return i;
        }
    }
    return s.len;
}

/* As http1_split(), past separators between quotes. */
static struct slice split_unquoted(struct slice *s, uint8_t separator)
{
    const size_t at = find_unquoted(*s, separator);
    const struct slice before = slice_first(*s, at);
    *s = slice_skip(*s, at == s->len ? at : at + 1);
    return before;
}

static bool is_quoted(struct slice value)
{
    return value.len >= 2 && value.ptr[0] == '"' && value.ptr[value.len - 1] == '"';
}

/* Takes the next byte off the front of what stood between quotes; false for a backslash with nothing behind it. */
static bool next_unquoted(struct slice *content, uint8_t *byte)
{
    if (content->ptr[0] == '\\') {
        *content = slice_skip(*content, 1);
    }
    if (content->len == 0) {
        return false;
    }
    *byte = content->ptr[0];
    *content = slice_skip(*content, 1);
    return true;
}

static struct slice content_of(struct slice value)
{
    return slice_first(slice_skip(value, 1), value.len - 2);
}

static bool is_quoted_token(struct slice value)
{
    if (!is_quoted(value) || value.len == 2) {
        return false;
    }
    struct slice content = content_of(value);
    while (content.len > 0) {
        uint8_t byte;
        if (!next_unquoted(&content, &byte) || !http1_is_tchar(byte)) {
            return false;
        }
    }
    return true;
}

/* token [ "=" (token | quoted-string) ], off the front; false when it is none. */
static bool take_param(struct slice *params, struct ws_extension_param *param)
{
    struct slice s = split_unquoted(params, ';');
    param->has_value = s.len > 0 && memchr(s.ptr, '=', s.len) != NULL;
    param->name = http1_trim(http1_split(&s, '='));
    param->value = http1_trim(s);
    return http1_is_token(param->name) &&
           (!param->has_value || http1_is_token(param->value) || is_quoted_token(param->value));
}

/* token *( ";" extension-param ) */
static bool is_well_formed(const struct ws_extension *extension)
{
    struct slice params = extension->params;
    struct ws_extension_param param;
    if (!http1_is_token(extension->name) || extension->text.ptr[extension->text.len - 1] == ';') {
        return false;
    }
    while (params.len > 0) {
        if (!take_param(&params, &param)) {
            return false;
        }
    }
    return true;
}

enum ws_extension_status ws_extension_next(struct slice *list, struct ws_extension *extension)
{
    struct slice text = {0};
    while (text.len == 0 && list->len > 0) {
        text = http1_trim(split_unquoted(list, ','));
    }
    if (text.len == 0) {
        return WS_EXTENSION_END;
    }
    extension->text = text;
    extension->name = http1_trim(http1_split(&text, ';'));
    extension->params = text;
    return is_well_formed(extension) ? WS_EXTENSION_FOUND : WS_EXTENSION_BAD;
}

bool ws_extension_next_param(struct slice *params, struct ws_extension_param *param)
{
    if (params->len == 0) {
        return false;
    }
    const bool is_good = take_param(params, param);
    ASSERT(is_good);
    return true;
}

bool ws_extension_value_equals(struct slice value, struct slice token)
{
    if (!is_quoted(value)) {
        return slice_equals(value, token);
    }
    struct slice content = content_of(value);
    size_t matched = 0;
    while (content.len > 0) {
        uint8_t byte;
        if (!next_unquoted(&content, &byte) || matched == token.len || token.ptr[matched] != byte) {
            return false;
        }
        matched++;
    }
    return matched == token.len;
}

bool ws_extension_list_is_valid(struct slice list)
{
    struct ws_extension ignored;
    enum ws_extension_status status = ws_extension_next(&list, &ignored);
    if (status == WS_EXTENSION_END) {
        return false;
    }
    while (status == WS_EXTENSION_FOUND) {
        status = ws_extension_next(&list, &ignored);
    }
    return status == WS_EXTENSION_END;
}
