#include "tests/conformance/plain_utf8.h"

static bool begins(struct plain_utf8 *u, uint8_t byte)
{
    u->low = byte == 0xe0 ? 0xa0 : byte == 0xf0 ? 0x90 : 0x80;
    u->high = byte == 0xed ? 0x9f : byte == 0xf4 ? 0x8f : 0xbf;
    u->due = byte < 0x80 ? 0 : byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
    return byte < 0x80 || (byte >= 0xc2 && byte <= 0xf4);
}

static bool goes_on(struct plain_utf8 *u, uint8_t byte)
{
    const bool fits = byte >= u->low && byte <= u->high;

    u->low = 0x80;
    u->high = 0xbf;
    u->due--;
    return fits;
}

bool plain_utf8_takes(struct plain_utf8 *u, const uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (u->due == 0 ? !begins(u, bytes[i]) : !goes_on(u, bytes[i])) {
            return false;
        }
    }
    return true;
}

bool plain_utf8_is_valid(const uint8_t *bytes, size_t count)
{
    struct plain_utf8 u = {0};

    return plain_utf8_takes(&u, bytes, count) && u.due == 0;
}
