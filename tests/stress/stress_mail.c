/* Mail under ThreadSanitizer: three threads post to a fourth's ring; every mail arrives, each sender's in order. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "core/base/clock.h"
#include "core/io/io.h"

enum { SENDERS = 3, MAILS = 2000, BATCH = 32, PATIENCE_MS = 20000 };

static atomic_int ring_fd = -1;
static atomic_bool is_over;
static unsigned next_of[SENDERS];
static unsigned received;
static bool is_wrong;

static const struct io_settings settings = {.sq_entries = 64, .cq_entries = 16384};

static void on_mail(struct io *io, struct io_mail mail)
{
    (void)io;
    is_wrong |= mail.kind >= SENDERS || mail.value != next_of[mail.kind]++;
    received++;
}

static void *receive(void *arg)
{
    struct io io;
    char why[IO_WHY_BYTES_MAX];

    (void)arg;
    if (io_open(&io, &settings, why) != 0) {
        fprintf(stderr, "stress_mail: %s\n", why);
        return NULL;
    }
    io.on_mail = on_mail;
    atomic_store(&ring_fd, io.ring.ring_fd);
    const uint64_t limit = clock_monotonic_ms() + PATIENCE_MS;
    while (received < SENDERS * MAILS && clock_monotonic_ms() < limit) {
        io_turn(&io, clock_monotonic_ms() + 10);
    }
    atomic_store(&is_over, true);
    io_close(&io);
    return NULL;
}

static void *post(void *arg)
{
    const unsigned index = *(const unsigned *)arg;
    struct io io;
    char why[IO_WHY_BYTES_MAX];

    if (io_open(&io, &settings, why) != 0) {
        return NULL;
    }
    for (unsigned i = 0; i < MAILS; i++) {
        io_post(&io, atomic_load(&ring_fd), (struct io_mail){.kind = (uint8_t)index, .value = i});
        if (i % BATCH == BATCH - 1) {
            io_turn(&io, 0);
        }
    }
    while (!atomic_load(&is_over)) {
        io_turn(&io, clock_monotonic_ms() + 5);
    }
    io_close(&io);
    return NULL;
}

int main(void)
{
    pthread_t receiver, senders[SENDERS];
    unsigned index[SENDERS];

    if (pthread_create(&receiver, NULL, receive, NULL) != 0) {
        return 1;
    }
    for (const uint64_t limit = clock_monotonic_ms() + PATIENCE_MS; atomic_load(&ring_fd) < 0;) {
        if (clock_monotonic_ms() > limit) {
            return 1;
        }
    }
    for (unsigned i = 0; i < SENDERS; i++) {
        index[i] = i;
        if (pthread_create(&senders[i], NULL, post, &index[i]) != 0) {
            return 1;
        }
    }
    for (unsigned i = 0; i < SENDERS; i++) {
        pthread_join(senders[i], NULL);
    }
    pthread_join(receiver, NULL);
    printf("stress_mail: %u of %u mails, %s\n", received, SENDERS * MAILS, is_wrong ? "OUT OF ORDER" : "in order");
    return received == SENDERS * MAILS && !is_wrong ? 0 : 1;
}
