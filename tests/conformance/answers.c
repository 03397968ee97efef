#include "tests/conformance/answers.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/assert.h"

void answers_add(struct answers *a, uint8_t opcode, const uint8_t *payload, size_t bytes)
{
    if (a->count == a->size) {
        a->size = a->size * 2 + 4;
        a->list = realloc(a->list, a->size * sizeof *a->list);
        ASSERT(a->list != NULL);
    }
    struct answer *last = &a->list[a->count++];
    *last = (struct answer){.opcode = opcode, .payload = malloc(bytes + 1), .bytes = bytes};
    ASSERT(last->payload != NULL);
    if (bytes > 0) {
        memcpy(last->payload, payload, bytes);
    }
}

static bool is_equal(const struct answer *a, const struct answer *b)
{
    return a->opcode == b->opcode && a->bytes == b->bytes && memcmp(a->payload, b->payload, a->bytes) == 0;
}

size_t answers_alike(const struct answers *a, const struct answers *b)
{
    size_t i = 0;

    while (i < a->count && i < b->count && is_equal(&a->list[i], &b->list[i])) {
        i++;
    }
    return i;
}

bool answers_are_equal(const struct answers *a, const struct answers *b)
{
    return a->count == b->count && answers_alike(a, b) == a->count;
}

bool answers_begin(const struct answers *a, const struct answers *b)
{
    return answers_alike(a, b) == b->count;
}

void answers_free(struct answers *a)
{
    for (size_t i = 0; i < a->count; i++) {
        free(a->list[i].payload);
    }
    free(a->list);
    *a = (struct answers){0};
}
