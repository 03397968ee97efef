/*
 * corpus - data like a suite of compression wants, made up, and the same in every run.
 *
 * Thread: any (made at its first use, const from then on). Memory: static, for as long as the process lives.
 * Errors: none. Limits: a message is shorter than its corpus.
 */
#ifndef TESTS_CONFORMANCE_CORPUS_H
#define TESTS_CONFORMANCE_CORPUS_H

#include <stddef.h>
#include <stdint.h>

/* The rows of corpus.def. */
enum corpus_kind {
#define CORPUS(name, bytes, opcode, what) CORPUS_##name,
#include "tests/conformance/corpus.def"
#undef CORPUS
    CORPUS_KIND_COUNT,
};

/* The opcode of messages cut from it. */
uint8_t corpus_opcode(enum corpus_kind kind);
/* Copies the next bytes from *at, which moves on, and at the end begins anew. Text is cut so that it stays UTF-8: a
 * character that is cut through becomes dots. */
void corpus_cut(enum corpus_kind kind, size_t *at, uint8_t *out, size_t bytes);

#endif
