/*
 * log - lines from the shards to one descriptor, written by one thread of its own.
 *
 * Each shard has a ring of bytes; it never waits: a line that does not fit because the output is slow is dropped and
 * counted; so is one that the output does not take whole (a full disk). The count is reported once lines fit again, and
 * what is written next begins on a fresh line.
 *
 * Thread: log_open(), log_close() the process'; log_write() one thread per ring. Memory: LOG_RING_BYTES a ring.
 * Errors: -errno at start; lost lines are counted. Limits: LOG_LINE_BYTES_MAX a line.
 */
#ifndef GATEWAY_LOG_LOG_H
#define GATEWAY_LOG_LOG_H

#include "core/base/slice.h"

enum { LOG_RING_BYTES = 1 << 20, LOG_LINE_BYTES_MAX = 16384, LOG_CLOSE_WAIT_MS = 2000 };

struct log;
struct log_ring;

/* Starts the writer for ring_count rings on a descriptor (not owned). NULL when there is no memory or no thread. */
struct log *log_open(int fd, unsigned ring_count);

struct log_ring *log_ring_of(struct log *log, unsigned index);

/* Queues a line, its line feed included. */
void log_write(struct log_ring *ring, struct slice line);

/* Lines dropped so far, for want of room in a ring or in the output. */
uint64_t log_dropped(const struct log *log);

/*
 * Writes what is queued and ends the writer. An output that takes nothing for LOG_CLOSE_WAIT_MS is given up: false, and
 * the writer's memory stays with it until the process ends.
 */
bool log_close(struct log *log);

#endif
