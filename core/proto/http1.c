#include "core/proto/http1.h"

struct row {
    const char *text;
    uint16_t code;
};

static const struct row rows[HTTP1_STATUS_COUNT] = {
    [HTTP1_OK] = {"no fault", 0},
    [HTTP1_NEED_MORE] = {"more bytes are needed", 0},
#define HTTP1_STATUS(name, code, text) [HTTP1_##name] = {text, code},
#include "core/proto/http1_status.def"
#undef HTTP1_STATUS
};

uint16_t http1_status_code(enum http1_status status)
{
    ASSERT((unsigned)status < HTTP1_STATUS_COUNT);
    return rows[status].code;
}

const char *http1_status_text(enum http1_status status)
{
    ASSERT((unsigned)status < HTTP1_STATUS_COUNT);
    return rows[status].text;
}

bool http1_is_tchar(uint8_t c)
{
    const uint8_t lower = slice_lower(c);
    if ((lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9')) {
        return true;
    }
    return c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL;
}

bool http1_is_token(struct slice s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (!http1_is_tchar(s.ptr[i])) {
            return false;
        }
    }
    return s.len > 0;
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

struct slice http1_trim(struct slice s)
{
    while (s.len > 0 && is_blank(s.ptr[0])) {
        s = slice_skip(s, 1);
    }
    while (s.len > 0 && is_blank(s.ptr[s.len - 1])) {
        s.len--;
    }
    return s;
}

struct slice http1_split(struct slice *s, uint8_t separator)
{
    const uint8_t *end = s->len == 0 ? NULL : memchr(s->ptr, separator, s->len);
    const struct slice before = end == NULL ? *s : slice_first(*s, (size_t)(end - s->ptr));
    *s = slice_skip(*s, end == NULL ? s->len : before.len + 1);
    return before;
}

bool http1_list_next(struct slice *list, struct slice *element)
{
    while (list->len > 0) {
        *element = http1_trim(http1_split(list, ','));
        if (element->len > 0) {
            return true;
        }
    }
    return false;
}
