/* The log under ThreadSanitizer: four shards write, one thread reads, lines stay whole and in order. */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "gateway/log/log.h"

enum { WRITERS = 4, LINES = 50000 };

struct writer {
    pthread_t thread;
    struct log_ring *ring;
    unsigned index;
};

static void *write_lines(void *arg)
{
    struct writer *w = arg;
    char text[64];

    for (unsigned i = 0; i < LINES; i++) {
        const int n = snprintf(text, sizeof text, "%u %u\n", w->index, i);
        log_write(w->ring, (struct slice){(const uint8_t *)text, (size_t)n});
    }
    return NULL;
}

/* Counts the lines of a finished log; exits where one is torn or out of order. */
static unsigned long check(FILE *f)
{
    char line[128];
    long last[WRITERS] = {-1, -1, -1, -1};
    unsigned long count = 0;

    while (fgets(line, sizeof line, f) != NULL) {
        unsigned writer, number;
        if (line[0] == '{') {
            continue;
        }
        if (sscanf(line, "%u %u\n", &writer, &number) != 2 || writer >= WRITERS || (long)number <= last[writer]) {
            fprintf(stderr, "stress_log: torn or out of order: %s", line);
            exit(1);
        }
        last[writer] = (long)number;
        count++;
    }
    return count;
}

int main(void)
{
    struct writer writers[WRITERS];
    FILE *f = tmpfile();
    struct log *log = f != NULL ? log_open(fileno(f), WRITERS) : NULL;

    if (log == NULL) {
        return 1;
    }
    for (unsigned i = 0; i < WRITERS; i++) {
        writers[i] = (struct writer){.ring = log_ring_of(log, i), .index = i};
        if (pthread_create(&writers[i].thread, NULL, write_lines, &writers[i]) != 0) {
            return 1;
        }
    }
    for (unsigned i = 0; i < WRITERS; i++) {
        pthread_join(writers[i].thread, NULL);
    }
    const unsigned long dropped = log_dropped(log);
    if (!log_close(log)) {
        return 1;
    }
    rewind(f);
    const unsigned long count = check(f);
    printf("stress_log: %lu lines, %lu dropped, %s\n", count, dropped,
           count + dropped == (unsigned long)WRITERS * LINES ? "none lost" : "SOME LOST");
    return count + dropped == (unsigned long)WRITERS * LINES ? 0 : 1;
}
