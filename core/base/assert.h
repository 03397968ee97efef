/*
 * assert - checks of our own invariants that stay on in every build.
 *
 * A failed ASSERT is our bug, never a peer's: it prints where and what, then aborts.
 * Thread: any. Memory: none. Errors: does not return. Limits: none.
 */
#ifndef CORE_BASE_ASSERT_H
#define CORE_BASE_ASSERT_H

#include <assert.h> /* static_assert */

#include "core/base/attrs.h"

NORETURN COLD void assert_failed(const char *what, const char *file, int line);

#define ASSERT(x) (LIKELY(x) ? (void)0 : assert_failed(#x, __FILE__, __LINE__))

#endif
