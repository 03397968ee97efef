#include "core/proto/http1_head.h"

#include "core/proto/http1_authority.h"

enum { STATUS_DIGITS = 3 };

/* HTAB is the one control byte that a line may have (RFC 9110 section 5.5). */
static bool is_control(uint8_t c)
{
    return (c < 0x20 && c != '\t') || c == 0x7f;
}

/* What the byte at in.ptr[at] is in a head whose bytes before it were good. */
static enum http1_status check_byte(struct slice in, size_t at)
{
    const uint8_t c = in.ptr[at];
    const bool after_cr = at > 0 && in.ptr[at - 1] == '\r';

    if (after_cr != (c == '\n')) {
        return after_cr ? HTTP1_ERR_BARE_CR : HTTP1_ERR_BARE_LF;
    }
    if (c == '\r') {
        return at == 0 ? HTTP1_ERR_START_LINE : HTTP1_NEED_MORE;
    }
    if (c == '\n') {
        return at >= 2 && in.ptr[at - 2] == '\n' ? HTTP1_OK : HTTP1_NEED_MORE;
    }
    return is_control(c) ? HTTP1_ERR_CONTROL_BYTE : HTTP1_NEED_MORE;
}

/* A head that is not over by its limit: its first line is to blame where not even that has an end (RFC 9112 3). */
static enum http1_status over_limit(struct slice head)
{
    const bool has_line = head.len > 0 && memchr(head.ptr, '\n', head.len) != NULL;
    return has_line ? HTTP1_ERR_TOO_LARGE : HTTP1_ERR_LONG_LINE;
}

enum http1_status http1_head_scan(struct slice in, size_t bytes_max, size_t *scanned)
{
    const size_t end = in.len < bytes_max ? in.len : bytes_max;

    while (*scanned < end) {
        const enum http1_status status = check_byte(in, *scanned);
        if (status != HTTP1_OK && status != HTTP1_NEED_MORE) {
            return status;
        }
        ++*scanned;
        if (status == HTTP1_OK) {
            return HTTP1_OK;
        }
    }
    return in.len >= bytes_max ? over_limit(slice_first(in, bytes_max)) : HTTP1_NEED_MORE;
}

/* Takes the next line off the front of *lines, without its CR LF. Scanned lines always end so. */
static struct slice next_line(struct slice *lines)
{
    const struct slice line = http1_split(lines, '\n');
    return slice_first(line, line.len - 1);
}

/* "HTTP/" DIGIT "." DIGIT; of these only 1.0 and 1.1 are spoken here. */
static enum http1_status parse_version(struct slice s, uint8_t *minor)
{
    const struct slice name = SLICE_LITERAL("HTTP/");
    if (s.len != 8 || !slice_starts_with(s, name) || s.ptr[6] != '.') {
        return HTTP1_ERR_START_LINE;
    }
    const unsigned major_digit = s.ptr[5] - (unsigned)'0';
    const unsigned minor_digit = s.ptr[7] - (unsigned)'0';
    if (major_digit > 9 || minor_digit > 9) {
        return HTTP1_ERR_START_LINE;
    }
    *minor = (uint8_t)minor_digit;
    return major_digit == 1 && minor_digit <= 1 ? HTTP1_OK : HTTP1_ERR_VERSION;
}

static enum http1_status parse_request_line(struct slice line, struct http1_head *head)
{
    head->method = http1_split(&line, ' ');
    head->target = http1_split(&line, ' ');
    return http1_is_token(head->method) ? parse_version(line, &head->minor) : HTTP1_ERR_START_LINE;
}

static enum http1_status parse_status_line(struct slice line, struct http1_head *head)
{
    const enum http1_status status = parse_version(http1_split(&line, ' '), &head->minor);
    if (status != HTTP1_OK) {
        return status;
    }
    if (line.len <= STATUS_DIGITS || line.ptr[STATUS_DIGITS] != ' ') {
        return HTTP1_ERR_START_LINE;
    }
    for (size_t i = 0; i < STATUS_DIGITS; i++) {
        const unsigned digit = line.ptr[i] - (unsigned)'0';
        if (digit > 9) {
            return HTTP1_ERR_START_LINE;
        }
        head->status = (uint16_t)(head->status * 10 + digit);
    }
    head->reason = slice_skip(line, STATUS_DIGITS + 1);
    return head->status >= 100 ? HTTP1_OK : HTTP1_ERR_START_LINE;
}

static enum http1_status parse_header(struct slice line, struct http1_header *header)
{
    if (line.ptr[0] == ' ' || line.ptr[0] == '\t') {
        return HTTP1_ERR_FOLDING;
    }
    if (memchr(line.ptr, ':', line.len) == NULL) {
        return HTTP1_ERR_HEADER_NAME;
    }
    header->name = http1_split(&line, ':');
    header->value = http1_trim(line);
    return http1_is_token(header->name) ? HTTP1_OK : HTTP1_ERR_HEADER_NAME;
}

static enum http1_status parse_headers(struct slice lines, struct http1_head *head)
{
    for (struct slice line = next_line(&lines); line.len > 0; line = next_line(&lines)) {
        if (head->header_count == HTTP1_HEAD_HEADERS_MAX) {
            return HTTP1_ERR_TOO_MANY;
        }
        const enum http1_status status = parse_header(line, &head->headers[head->header_count]);
        if (status != HTTP1_OK) {
            return status;
        }
        head->header_count++;
    }
    return HTTP1_OK;
}

/* Digits only, below 2^63 (RFC 9110 section 8.6). */
static bool parse_length(struct slice s, uint64_t *length)
{
    *length = 0;
    for (size_t i = 0; i < s.len; i++) {
        const unsigned digit = s.ptr[i] - (unsigned)'0';
        if (digit > 9 || *length > ((uint64_t)INT64_MAX - digit) / 10) {
            return false;
        }
        *length = *length * 10 + digit;
    }
    return s.len > 0;
}

/*
 * Finds out how the body is framed; NONE when no header says. A server and the one behind it that disagree here let
 * requests be smuggled (RFC 9112 section 11.2), so whatever may be read in two ways is refused.
 */
static enum http1_status parse_framing(struct http1_head *head)
{
    const struct slice length_name = SLICE_LITERAL("content-length");
    const struct slice coding_name = SLICE_LITERAL("transfer-encoding");
    const struct http1_header *length = http1_head_find(head, length_name);
    const struct http1_header *coding = http1_head_find(head, coding_name);

    if (http1_head_count(head, length_name) + http1_head_count(head, coding_name) > 1) {
        return HTTP1_ERR_FRAMING;
    }
    if (length != NULL) {
        head->body = HTTP1_BODY_LENGTH;
        return parse_length(length->value, &head->content_length) ? HTTP1_OK : HTTP1_ERR_FRAMING;
    }
    if (coding != NULL) {
        head->body = HTTP1_BODY_CHUNKED;
        const bool is_chunked = slice_equals_nocase(coding->value, SLICE_LITERAL("chunked"));
        return is_chunked && head->minor == 1 ? HTTP1_OK : HTTP1_ERR_FRAMING;
    }
    return HTTP1_OK;
}

static bool add_options(struct http1_head *head, struct slice list)
{
    struct slice option;

    while (http1_list_next(&list, &option)) {
        if (head->option_count == HTTP1_HEAD_OPTIONS_MAX) {
            return false;
        }
        head->options[head->option_count++] = option;
    }
    return true;
}

static enum http1_status parse_connection(struct http1_head *head)
{
    for (size_t i = 0; i < head->header_count; i++) {
        const struct http1_header *h = &head->headers[i];
        if (slice_equals_nocase(h->name, SLICE_LITERAL("connection")) && !add_options(head, h->value)) {
            return HTTP1_ERR_OPTIONS;
        }
    }
    return HTTP1_OK;
}

static enum http1_status parse_host(struct http1_head *head)
{
    const struct slice name = SLICE_LITERAL("host");
    const size_t count = http1_head_count(head, name);
    if (count == 0) {
        return head->minor == 0 ? HTTP1_OK : HTTP1_ERR_HOST;
    }
    head->host = http1_head_find(head, name)->value;
    return count == 1 && http1_authority_is_valid(head->host) ? HTTP1_OK : HTTP1_ERR_HOST;
}

/* Takes scheme and "://" off the front of a target; false when there is none that is spoken here. */
static bool skip_scheme(struct slice *target)
{
    static const char *const schemes[] = {"http://", "https://", "ws://", "wss://"};
    for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
        const struct slice scheme = slice_from_string(schemes[i]);
        if (target->len >= scheme.len && slice_equals_nocase(slice_first(*target, scheme.len), scheme)) {
            *target = slice_skip(*target, scheme.len);
            return true;
        }
    }
    return false;
}

/* Takes the authority off the front of what follows a scheme; it ends at the path or the query. */
static struct slice take_authority(struct slice *rest)
{
    size_t bytes = 0;
    while (bytes < rest->len && rest->ptr[bytes] != '/' && rest->ptr[bytes] != '?') {
        bytes++;
    }
    const struct slice authority = slice_first(*rest, bytes);
    *rest = slice_skip(*rest, bytes);
    return authority;
}

/* The authority of an absolute-form target must be the one that Host names; without a Host (HTTP/1.0) it stands in. */
static enum http1_status parse_absolute_form(struct slice *target, struct http1_head *head)
{
    if (!skip_scheme(target)) {
        return HTTP1_ERR_TARGET;
    }
    const struct slice authority = take_authority(target);
    if (!http1_authority_is_valid(authority)) {
        return HTTP1_ERR_TARGET;
    }
    if (head->host.len == 0) {
        head->host = authority;
    }
    return slice_equals_nocase(authority, head->host) ? HTTP1_OK : HTTP1_ERR_HOST;
}

static bool target_bytes_are_valid(struct slice target)
{
    for (size_t i = 0; i < target.len; i++) {
        if (target.ptr[i] < 0x21 || target.ptr[i] > 0x7e || target.ptr[i] == '#') {
            return false;
        }
    }
    return target.len > 0;
}

static enum http1_status parse_target(struct http1_head *head)
{
    struct slice rest = head->target;
    if (!target_bytes_are_valid(rest)) {
        return HTTP1_ERR_TARGET;
    }
    const enum http1_status status = rest.ptr[0] == '/' ? HTTP1_OK : parse_absolute_form(&rest, head);
    if (status != HTTP1_OK) {
        return status;
    }
    head->path = http1_split(&rest, '?');
    head->query = rest;
    if (head->path.len == 0) {
        head->path = SLICE_LITERAL("/");
    }
    return HTTP1_OK;
}

/* Finds the head's end, empties *head and takes the start line off: *lines is what follows it. */
static enum http1_status begin(struct slice in, struct http1_head *head, struct slice *lines, struct slice *start)
{
    memset(head, 0, offsetof(struct http1_head, headers));
    const enum http1_status status = http1_head_scan(in, SIZE_MAX, &head->bytes);
    if (status == HTTP1_OK) {
        *lines = slice_first(in, head->bytes);
        *start = next_line(lines);
    }
    return status;
}

enum http1_status http1_head_parse_request(struct slice in, struct http1_head *head)
{
    struct slice lines;
    struct slice start;
    enum http1_status status = begin(in, head, &lines, &start);
    if (status == HTTP1_OK) {
        status = parse_request_line(start, head);
    }
    if (status == HTTP1_OK) {
        status = parse_headers(lines, head);
    }
    if (status == HTTP1_OK) {
        status = parse_connection(head);
    }
    if (status == HTTP1_OK) {
        status = parse_host(head);
    }
    if (status == HTTP1_OK) {
        status = parse_target(head);
    }
    return status == HTTP1_OK ? parse_framing(head) : status;
}

/* How the body of a response is framed where its status or its headers do not say (RFC 9112 section 6.3). */
static void settle_response_body(struct http1_head *head)
{
    if (head->status < 200 || head->status == 204 || head->status == 304) {
        head->body = HTTP1_BODY_NONE;
    } else if (head->body == HTTP1_BODY_NONE) {
        head->body = HTTP1_BODY_UNTIL_CLOSE;
    }
}

enum http1_status http1_head_parse_response(struct slice in, struct http1_head *head)
{
    struct slice lines;
    struct slice start;
    enum http1_status status = begin(in, head, &lines, &start);
    if (status == HTTP1_OK) {
        status = parse_status_line(start, head);
    }
    if (status == HTTP1_OK) {
        status = parse_headers(lines, head);
    }
    if (status == HTTP1_OK) {
        status = parse_connection(head);
    }
    if (status == HTTP1_OK) {
        status = parse_framing(head);
    }
    if (status == HTTP1_OK) {
        settle_response_body(head);
    }
    return status;
}

const struct http1_header *http1_head_find(const struct http1_head *head, struct slice name)
{
    for (size_t i = 0; i < head->header_count; i++) {
        if (slice_equals_nocase(head->headers[i].name, name)) {
            return &head->headers[i];
        }
    }
    return NULL;
}

size_t http1_head_count(const struct http1_head *head, struct slice name)
{
    size_t count = 0;
    for (size_t i = 0; i < head->header_count; i++) {
        count += slice_equals_nocase(head->headers[i].name, name) ? 1 : 0;
    }
    return count;
}

bool http1_head_has_option(const struct http1_head *head, struct slice option)
{
    for (size_t i = 0; i < head->option_count; i++) {
        if (slice_equals_nocase(head->options[i], option)) {
            return true;
        }
    }
    return false;
}

static bool list_has_token(struct slice list, struct slice token)
{
    struct slice element;
    while (http1_list_next(&list, &element)) {
        if (slice_equals_nocase(element, token)) {
            return true;
        }
    }
    return false;
}

bool http1_head_has_token(const struct http1_head *head, struct slice name, struct slice token)
{
    for (size_t i = 0; i < head->header_count; i++) {
        if (slice_equals_nocase(head->headers[i].name, name) && list_has_token(head->headers[i].value, token)) {
            return true;
        }
    }
    return false;
}
