/*
 * broken DEFECT - an echo server that is wrong in one way (defect.def), on a port of the kernel's choice.
 *
 * It shows that the suite can fail. It reads a frame whole before it looks at it, so 6.4.3 and 6.4.4 are NON-STRICT.
 * Its ready line is "ready: listening on 127.0.0.1:PORT"; it runs until it is killed.
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/assert.h"
#include "core/base/digest.h"
#include "tests/conformance/defect.h"
#include "tests/conformance/plain_utf8.h"
#include "tests/conformance/pmd_params.h"
#include "tests/conformance/pmd_zlib.h"

enum { FIN = 0x80, RSV = 0x70, RSV1 = 0x40, TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10 };
enum { BACKLOG = 256, HEAD_BYTES_MAX = 4096, CONTROL_BYTES_MAX = 125, LINGER_MS = 1000, CORRUPTION = 0x55 };
enum { OFFERS_BYTES_MAX = 1024, ANSWER_BYTES_MAX = 256, NARROW_BITS = 9, BITS_TEXT_BYTES = 80 };
enum { CODE_NORMAL = 1000, CODE_PROTOCOL = 1002, CODE_TEXT = 1007, CODE_WRONG = 1011 };

#define NO_CONTEXT "; server_no_context_takeover"

static enum defect defect;

struct frame {
    uint8_t first;
    uint8_t *payload;
    size_t bytes;
};

struct talk {
    FILE *in;
    FILE *out;
    uint8_t open_opcode; /* of the message whose fragments come; 0: none */
    uint8_t *open;
    size_t open_bytes, open_size;
    struct plain_utf8 utf8;
    struct pmd_zlib pmd;
    bool has_pmd;
    bool is_packed; /* the open message began with RSV1 */
    bool is_over;
};

static uint8_t *memdup(const uint8_t *bytes, size_t count)
{
    uint8_t *copy = malloc(count + 1);

    ASSERT(copy != NULL);
    memcpy(copy, bytes, count);
    return copy;
}

static void send_frame(struct talk *t, uint8_t first, const uint8_t *payload, size_t bytes)
{
    const unsigned length_bytes = bytes < 126 ? 0 : bytes < 65536 ? 2 : 8;

    putc(first, t->out);
    putc((int)(bytes < 126 ? bytes : bytes < 65536 ? 126 : 127), t->out);
    for (unsigned i = 0; i < length_bytes; i++) {
        putc((int)((uint64_t)bytes >> 8 * (length_bytes - 1 - i) & 0xff), t->out);
    }
    if (bytes > 0) {
        fwrite(payload, 1, bytes, t->out);
    }
    fflush(t->out);
}

static void send_close(struct talk *t, unsigned code)
{
    const uint8_t payload[2] = {(uint8_t)(code >> 8), (uint8_t)code};

    send_frame(t, FIN | CLOSE, payload, sizeof payload);
    t->is_over = true;
}

static void fail(struct talk *t, unsigned code)
{
    send_close(t, defect == DEFECT_WRONG_CODE ? CODE_WRONG : code);
}

static bool read_frame(struct talk *t, struct frame *f)
{
    uint8_t head[2], length[8], key[4];

    if (fread(head, 1, 2, t->in) != 2) {
        return false;
    }
    const unsigned length_bytes = (head[1] & 0x7f) < 126 ? 0 : (head[1] & 0x7f) == 126 ? 2 : 8;
    *f = (struct frame){.first = head[0], .bytes = length_bytes == 0 ? head[1] & 0x7f : 0};
    if (fread(length, 1, length_bytes, t->in) != length_bytes || fread(key, 1, 4, t->in) != 4) {
        return false;
    }
    for (unsigned i = 0; i < length_bytes; i++) {
        f->bytes = f->bytes << 8 | length[i];
    }
    f->payload = malloc(f->bytes + 1);
    ASSERT(f->payload != NULL);
    const size_t came = fread(f->payload, 1, f->bytes, t->in);
    for (size_t i = 0; i < came; i++) {
        f->payload[i] ^= key[i % 4];
    }
    return came == f->bytes;
}

static void send_packed(struct talk *t, const uint8_t *message, size_t bytes)
{
    size_t packed_bytes = 0;
    const uint8_t *deflated = pmd_zlib_deflate(&t->pmd, message, bytes, &packed_bytes);
    uint8_t *packed = memdup(deflated, packed_bytes);
    const size_t half = packed_bytes / 2;

    if (defect == DEFECT_PMD_CORRUPT) {
        packed[half] ^= CORRUPTION;
    }
    if (defect == DEFECT_PMD_RSV) {
        send_frame(t, RSV1 | t->open_opcode, packed, half);
        send_frame(t, FIN | RSV1, packed + half, packed_bytes - half);
    } else {
        send_frame(t, FIN | RSV1 | t->open_opcode, packed, packed_bytes);
    }
    free(packed);
}

static void echo_message(struct talk *t, const uint8_t *message, size_t bytes)
{
    const size_t sent = defect == DEFECT_DROPS_A_BYTE && bytes > 0 ? bytes - 1 : bytes;

    if (t->has_pmd) {
        send_packed(t, message, sent);
    } else {
        send_frame(t, FIN | t->open_opcode | (defect == DEFECT_RSV_UNASKED ? RSV1 : 0), message, sent);
    }
    t->open_opcode = 0;
    t->open_bytes = 0;
    t->utf8 = (struct plain_utf8){0};
}

/* A copy of the message that has come, inflated if it came compressed; NULL: it cannot be, or is no text. */
static uint8_t *unpack(struct talk *t, size_t *bytes)
{
    const uint8_t *message = t->open;

    *bytes = t->open_bytes;
    if (t->is_packed) {
        message = pmd_zlib_inflate(&t->pmd, t->open, t->open_bytes, bytes);
    }
    const bool is_checked = !t->is_packed || t->open_opcode != TEXT;
    if (message == NULL || !(is_checked || plain_utf8_is_valid(message, *bytes))) {
        return NULL;
    }
    return memdup(message, *bytes);
}

static void take_message(struct talk *t)
{
    size_t bytes = 0;
    uint8_t *message = unpack(t, &bytes);

    if (message == NULL) {
        fail(t, CODE_TEXT);
    } else {
        echo_message(t, message, bytes);
    }
    free(message);
}

static bool is_text_good(struct talk *t, const struct frame *f)
{
    if (t->open_opcode != TEXT || t->is_packed || defect == DEFECT_NO_UTF8_CHECK) {
        return true;
    }
    return plain_utf8_takes(&t->utf8, f->payload, f->bytes) && ((f->first & FIN) == 0 || t->utf8.due == 0);
}

static void take_fragment(struct talk *t, const struct frame *f)
{
    const uint8_t opcode = f->first & 0x0f;

    if (opcode > BINARY || (opcode == 0) != (t->open_opcode != 0)) {
        fail(t, CODE_PROTOCOL);
        return;
    }
    if (opcode != 0) {
        t->open_opcode = opcode;
        t->is_packed = (f->first & RSV1) != 0;
    }
    if (!is_text_good(t, f)) {
        fail(t, CODE_TEXT);
        return;
    }
    if (t->open_bytes + f->bytes + 1 > t->open_size) {
        t->open_size = (t->open_bytes + f->bytes + 1) * 2;
        t->open = realloc(t->open, t->open_size);
        ASSERT(t->open != NULL);
    }
    memcpy(t->open + t->open_bytes, f->payload, f->bytes);
    t->open_bytes += f->bytes;
    if ((f->first & FIN) != 0) {
        take_message(t);
    }
}

static bool is_code_known(unsigned code)
{
    return (code >= 1000 && code <= 1011 && !(code >= 1004 && code <= 1006)) || (code >= 3000 && code <= 4999);
}

static void take_close(struct talk *t, const struct frame *f)
{
    const unsigned code = f->bytes < 2 ? 0 : (unsigned)f->payload[0] << 8 | f->payload[1];

    if (f->bytes == 0) {
        send_close(t, CODE_NORMAL);
    } else if (!is_code_known(code)) {
        fail(t, CODE_PROTOCOL);
    } else if (defect != DEFECT_NO_UTF8_CHECK && !plain_utf8_is_valid(f->payload + 2, f->bytes - 2)) {
        fail(t, CODE_TEXT);
    } else {
        send_close(t, code);
    }
}

static void take_ping(struct talk *t, struct frame *f)
{
    if (defect == DEFECT_WRONG_PONG) {
        f->payload[0] = f->bytes == 0 ? '?' : (uint8_t)~f->payload[0];
        f->bytes += f->bytes == 0;
    }
    send_frame(t, FIN | PONG, f->payload, f->bytes);
}

static void take_frame(struct talk *t, struct frame *f)
{
    const uint8_t opcode = f->first & 0x0f;
    const bool is_control = opcode >= CLOSE;
    const bool may_pack = t->has_pmd && (opcode == TEXT || opcode == BINARY);

    if ((f->first & (may_pack ? RSV & ~RSV1 : RSV)) != 0 || opcode > PONG ||
        (is_control && ((f->first & FIN) == 0 || f->bytes > CONTROL_BYTES_MAX))) {
        fail(t, CODE_PROTOCOL);
    } else if (opcode == CLOSE) {
        take_close(t, f);
    } else if (opcode == PING) {
        take_ping(t, f);
    } else if (opcode != PONG) {
        take_fragment(t, f);
    }
}

/* Where the defect is in what is agreed on, the answer says so; where it is in how it is kept, it does not. */
static void agree(struct talk *t, const struct pmd_params *offer, char answer[ANSWER_BYTES_MAX])
{
    const bool is_narrow = defect == DEFECT_PMD_NARROW;
    struct pmd_zlib_way sends = {pmd_params_bits(offer, PMD_PARAM_SERVER_BITS),
                                 is_narrow || offer->has[PMD_PARAM_SERVER_NO_CONTEXT]};
    struct pmd_zlib_way takes = {is_narrow ? NARROW_BITS : PMD_BITS_MAX, is_narrow};
    char bits[BITS_TEXT_BYTES] = "";

    if (is_narrow) {
        sends.bits = NARROW_BITS;
        snprintf(bits, sizeof bits, "; server_max_window_bits=%d; client_max_window_bits=\"%d\"", NARROW_BITS,
                 NARROW_BITS);
    } else if (offer->has[PMD_PARAM_SERVER_BITS]) {
        snprintf(bits, sizeof bits, "; server_max_window_bits=%u", sends.bits);
    }
    if (defect == DEFECT_PMD_BARE) {
        snprintf(answer, ANSWER_BYTES_MAX, "permessage-deflate");
    } else {
        snprintf(answer, ANSWER_BYTES_MAX, "permessage-deflate%s%s%s%s%s", sends.is_forgetful ? NO_CONTEXT : "", bits,
                 is_narrow ? "; client_no_context_takeover" : "",
                 defect == DEFECT_PMD_UNKNOWN ? "; server_max_window_bytes=512" : "",
                 defect == DEFECT_PMD_TWICE ? NO_CONTEXT NO_CONTEXT : "");
    }
    sends.bits = defect == DEFECT_PMD_WINDOW ? PMD_BITS_MAX : sends.bits;
    sends.is_forgetful = sends.is_forgetful && defect != DEFECT_PMD_CONTEXT;
    pmd_zlib_open(&t->pmd, sends, takes);
    t->has_pmd = true;
}

static void answer_offers(struct talk *t, const char *offers)
{
    struct pmd_params offer;
    char answer[ANSWER_BYTES_MAX] = "";

    if (defect != DEFECT_PMD_DECLINED && pmd_params_offered(&offer, offers)) {
        agree(t, &offer, answer);
    } else if (defect == DEFECT_PMD_UNASKED) {
        snprintf(answer, sizeof answer, "permessage-deflate");
    }
    if (answer[0] != '\0') {
        fprintf(t->out, "Sec-WebSocket-Extensions: %s\r\n", answer);
    }
}

/* Answers the request; its key, and its offers, stand in lines of their own. */
static bool shake_hands(struct talk *t)
{
    static const char name[] = "Sec-WebSocket-Key: ", guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    static const char extensions[] = "Sec-WebSocket-Extensions: ";
    char line[HEAD_BYTES_MAX], joined[128] = "", offers[OFFERS_BYTES_MAX] = "";
    uint8_t sha1[DIGEST_SHA1_BYTES], accept[32];

    while (fgets(line, sizeof line, t->in) != NULL && strcmp(line, "\r\n") != 0) {
        if (strncmp(line, name, strlen(name)) == 0) {
            snprintf(joined, sizeof joined, "%.24s%s", line + strlen(name), guid);
        } else if (strncmp(line, extensions, strlen(extensions)) == 0) {
            snprintf(offers, sizeof offers, "%.*s", (int)strcspn(line + strlen(extensions), "\r"),
                     line + strlen(extensions));
        }
    }
    digest_sha1((struct slice){(const uint8_t *)joined, strlen(joined)}, sha1);
    const size_t bytes = digest_base64((struct slice){sha1, sizeof sha1}, accept);
    fprintf(t->out,
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Accept: %.*s\r\n",
            (int)bytes, (const char *)accept);
    answer_offers(t, offers);
    fputs("\r\n", t->out);
    return fflush(t->out) == 0 && joined[0] != '\0';
}

/* Reads on until the client ends: what is still in flight would reset the connection, and the Close be lost. */
static void drain(const struct talk *t, int fd)
{
    const struct timeval linger = {.tv_sec = LINGER_MS / 1000};
    char rest[4096];

    shutdown(fd, SHUT_WR);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &linger, sizeof linger);
    while (fread(rest, 1, sizeof rest, t->in) > 0) {
    }
}

static void *converse(void *arg)
{
    const int fd = (int)(intptr_t)arg;
    struct talk t = {.in = fdopen(fd, "r"), .out = fdopen(dup(fd), "w")};
    struct frame f = {0};
    const int one = 1;

    ASSERT(t.in != NULL && t.out != NULL);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    t.is_over = !shake_hands(&t);
    while (!t.is_over && read_frame(&t, &f)) {
        take_frame(&t, &f);
        free(f.payload);
        f.payload = NULL;
    }
    free(f.payload);
    drain(&t, fd);
    fclose(t.out);
    fclose(t.in);
    free(t.open);
    if (t.has_pmd) {
        pmd_zlib_close(&t.pmd);
    }
    return NULL;
}

static int listens(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t at_bytes = sizeof at;
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || bind(fd, (const struct sockaddr *)&at, sizeof at) != 0 || listen(fd, BACKLOG) != 0 ||
        getsockname(fd, (struct sockaddr *)&at, &at_bytes) != 0) {
        perror("broken");
        exit(1);
    }
    fprintf(stderr, "ready: listening on 127.0.0.1:%u\n", ntohs(at.sin_port));
    return fd;
}

int main(int argc, char **argv)
{
    defect = argc == 2 ? defect_named(argv[1]) : DEFECT_COUNT;
    if (defect == DEFECT_COUNT) {
        fputs("usage: broken DEFECT\n", stderr);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN); /* a client that has seen enough goes away */
    const int listener = listens();
    for (;;) {
        pthread_t thread;
        const int fd = accept(listener, NULL, NULL);
        ASSERT(fd >= 0 && pthread_create(&thread, NULL, converse, (void *)(intptr_t)fd) == 0);
        pthread_detach(thread);
    }
}
