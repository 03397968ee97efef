/* attrs - compiler attributes and small macros, each named for what it promises. */
#ifndef CORE_BASE_ATTRS_H
#define CORE_BASE_ATTRS_H

#include <stddef.h>

#define MUST_USE     __attribute__((warn_unused_result))
#define PRINTF(f, a) __attribute__((format(printf, f, a)))
#define NORETURN     __attribute__((noreturn))
#define COLD         __attribute__((cold, noinline))
#define NOINLINE     __attribute__((noinline)) /* keeps its stack frame out of a hot caller */

#define LIKELY(x)   __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* The structure of the given type whose member is at ptr. */
#define CONTAINER_OF(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

#endif
