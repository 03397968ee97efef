#include "tests/kernel/bytes.h"

#include <stdlib.h>
#include <string.h>

#include "tests/kernel/report.h"

uint8_t *bytes_room(struct bytes *b, size_t count)
{
    if (b->begin > 0) {
        memmove(b->ptr, b->ptr + b->begin, b->end - b->begin);
        b->end -= b->begin;
        b->begin = 0;
    }
    if (b->end + count > b->capacity) {
        b->capacity = 2 * (b->end + count);
        b->ptr = realloc(b->ptr, b->capacity);
        if (b->ptr == NULL) {
            report_fail("out of memory");
        }
    }
    return b->ptr + b->end;
}
