/*
 * io_feature - what this kernel's io_uring offers, probed once.
 *
 * Thread: any. Memory: none. Errors: io_open() says them. Limits: none.
 */
#ifndef CORE_IO_IO_FEATURE_H
#define CORE_IO_IO_FEATURE_H

#include <stdbool.h>
#include <stddef.h>

struct io_uring;

struct io_feature {
#define IO_FEATURE(name, since, how) bool name;
#include "core/io/io_feature.def"
#undef IO_FEATURE
};

/*
 * Fills in what only a trial or a probe can tell (operations, feature bits, buffer rings, multishot receive), on a ring
 * that nothing was submitted to yet; what the set-up told already stays.
 */
void io_feature_probe(struct io_feature *f, struct io_uring *ring);

/* "+defer_taskrun +buf_ring -bundle": what is there and what is not; written into out, NUL-terminated, cut at size. */
void io_feature_format(const struct io_feature *f, char *out, size_t size);

#endif
