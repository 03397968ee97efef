#include "core/proto/ws_status.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <string.h>

#include "core/base/attrs.h"

static const char *const row_names[] = {
#define WS_STATUS(name, word, code, text) #name,
#include "core/proto/ws_status.def"
#undef WS_STATUS
};

Test(ws_status, names_each_fault_as_its_row_in_small_letters)
{
    cr_assert_eq(ARRAY_LEN(row_names) + 2, WS_STATUS_COUNT);
    for (unsigned i = 0; i < ARRAY_LEN(row_names); i++) {
        const char *name = row_names[i] + strlen("ERR_");
        const char *word = ws_status_name((enum ws_status)(i + 2));
        cr_assert_eq(strlen(name), strlen(word));
        for (size_t k = 0; name[k] != '\0'; k++) {
            cr_expect_eq(word[k], tolower(name[k]), "%s", name);
        }
    }
}

Test(ws_status, texts_fit_into_a_close_reason)
{
    for (unsigned i = 0; i < WS_STATUS_COUNT; i++) {
        cr_expect_gt(strlen(ws_status_text((enum ws_status)i)), 0);
        cr_expect_leq(strlen(ws_status_text((enum ws_status)i)), 123);
    }
}

Test(ws_status, each_fault_earns_a_close_code_and_nothing_else_does)
{
    for (unsigned i = 0; i < WS_STATUS_COUNT; i++) {
        const uint16_t code = ws_status_close_code((enum ws_status)i);
        cr_expect_eq(code != 0, i > WS_NEED_MORE, "%u", i);
        cr_expect(code == 0 || code == 1002 || code == 1007 || code == 1008 || code == 1009, "%u", i);
    }
    cr_assert_eq(ws_status_close_code(WS_ERR_UTF8), 1007);
    cr_assert_eq(ws_status_close_code(WS_ERR_TOO_BIG), 1009);
}
