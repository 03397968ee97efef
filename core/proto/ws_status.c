#include "core/proto/ws_status.h"

#include "core/base/assert.h"

struct row {
    const char *word;
    const char *text;
    uint16_t close_code;
};

static const struct row rows[WS_STATUS_COUNT] = {
    [WS_OK] = {"ok", "no fault", 0},
    [WS_NEED_MORE] = {"need_more", "more bytes are needed", 0},
#define WS_STATUS(name, word, code, text) [WS_##name] = {word, text, code},
#include "core/proto/ws_status.def"
#undef WS_STATUS
};

static const struct row *row_of(enum ws_status status)
{
    ASSERT((unsigned)status < WS_STATUS_COUNT);
    return &rows[status];
}

uint16_t ws_status_close_code(enum ws_status status)
{
    return row_of(status)->close_code;
}

const char *ws_status_text(enum ws_status status)
{
    return row_of(status)->text;
}

const char *ws_status_name(enum ws_status status)
{
    return row_of(status)->word;
}
