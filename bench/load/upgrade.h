/*
 * upgrade - a client's opening handshake: the request, and whether the answer is the right one.
 *
 * Thread: any (pure but for the nonce). Memory: none. Errors: a line of text. Limits: UPGRADE_HEAD_BYTES_MAX.
 */
#ifndef BENCH_LOAD_UPGRADE_H
#define BENCH_LOAD_UPGRADE_H

#include "bench/load/options.h"
#include "core/base/rng.h"
#include "core/proto/ws_handshake.h"

enum { UPGRADE_HEAD_BYTES_MAX = 2048, UPGRADE_WHY_BYTES_MAX = 192 };

enum upgrade_status { UPGRADE_NEED_MORE, UPGRADE_DONE, UPGRADE_REFUSED };

/* Writes a request with a new key; returns its bytes. */
size_t upgrade_request(const struct options *o, struct rng *rng, uint8_t key[WS_HANDSHAKE_KEY_BYTES],
                       uint8_t out[UPGRADE_HEAD_BYTES_MAX]);

/* What came so far. UPGRADE_DONE: *head_bytes of it are the answer. UPGRADE_REFUSED: why says it. */
MUST_USE enum upgrade_status upgrade_answer(const struct options *o, struct slice got,
                                            const uint8_t key[WS_HANDSHAKE_KEY_BYTES], size_t *head_bytes,
                                            char why[UPGRADE_WHY_BYTES_MAX]);

#endif
