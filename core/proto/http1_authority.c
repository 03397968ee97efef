#include "core/proto/http1_authority.h"

#include "core/base/addr.h"

enum { PORT_DIGITS_MAX = 5 };

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_hex(uint8_t c)
{
    return is_digit(c) || (slice_lower(c) >= 'a' && slice_lower(c) <= 'f');
}

/* unreserved and sub-delims of RFC 3986 section 2. */
static bool is_name_byte(uint8_t c)
{
    const uint8_t lower = slice_lower(c);
    if ((lower >= 'a' && lower <= 'z') || is_digit(c)) {
        return true;
    }
    return c != '\0' && strchr("-._~!$&'()*+,;=", c) != NULL;
}

static bool is_port(struct slice s)
{
    unsigned port = 0;
    if (s.len == 0 || s.len > PORT_DIGITS_MAX) {
        return false;
    }
    for (size_t i = 0; i < s.len; i++) {
        if (!is_digit(s.ptr[i])) {
            return false;
        }
        port = port * 10 + (s.ptr[i] - '0');
    }
    return port <= UINT16_MAX;
}

/* How many bytes at the front are a reg-name; an IPv4 address is one as well. */
static size_t name_bytes(struct slice s)
{
    size_t i = 0;
    while (i < s.len) {
        if (s.ptr[i] == '%' && s.len - i > 2 && is_hex(s.ptr[i + 1]) && is_hex(s.ptr[i + 2])) {
            i += 3;
        } else if (is_name_byte(s.ptr[i])) {
            i++;
        } else {
            break;
        }
    }
    return i;
}

/* How many bytes at the front are an IPv6 address in brackets; 0 when it is none. */
static size_t bracketed_bytes(struct slice s)
{
    struct addr ignored;
    const uint8_t *end = memchr(s.ptr, ']', s.len);
    if (end == NULL) {
        return 0;
    }
    const struct slice ip = {s.ptr + 1, (size_t)(end - s.ptr) - 1};
    if (ip.len == 0 || memchr(ip.ptr, ':', ip.len) == NULL || addr_from_ip(&ignored, ip, 0) != 0) {
        return 0;
    }
    return ip.len + 2;
}

bool http1_authority_is_valid(struct slice s)
{
    if (s.len == 0) {
        return false;
    }
    const size_t host_bytes = s.ptr[0] == '[' ? bracketed_bytes(s) : name_bytes(s);
    if (host_bytes == 0 || host_bytes == s.len) {
        return host_bytes != 0;
    }
    return s.ptr[host_bytes] == ':' && is_port(slice_skip(s, host_bytes + 1));
}
