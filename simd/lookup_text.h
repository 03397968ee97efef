/*
 * lookup_text - private to simd/: the UTF-8 kernels by size of the text, on top of lookup.h.
 *
 * No byte outside the text is read: what is left of it behind whole vectors is its last vector, which overlaps the one
 * before and is checked against the four bytes before it. That vector and all that is read behind a store's
 * place are loaded before the first store, for dst may be src or lie just below.
 *
 * Thread: any. Memory: none. Errors: none. Limits: texts that start at a boundary.
 */
#ifndef SIMD_LOOKUP_TEXT_H
#define SIMD_LOOKUP_TEXT_H

#include "simd/lookup.h"
#include "simd/simd_levels.h"

#define LOOKUP_WORD_HIGH_BITS 0x8080808080808080u

SIMD_INLINE vec lookup_load(enum utf8_form form, const uint8_t *src, vec keys)
{
    return form == UTF8_PLAIN ? vec_load(src) : vec_xor(vec_load(src), keys);
}

SIMD_INLINE void lookup_store(enum utf8_form form, struct utf8_text text, size_t at, vec v)
{
    if (form == UTF8_UNMASK)
        vec_store(text.dst + at, v);
}

/* 4 to 7 bytes, zeros before them. */
SIMD_INLINE uint64_t lookup_read_4_to_7(enum utf8_form form, struct utf8_text text)
{
    uint32_t head = words_load32(text.src);
    uint32_t tail = words_load32(text.src + text.len - 4);

    if (form != UTF8_PLAIN) {
        head ^= text.key;
        tail ^= simd_key_turn(text.key, text.len);
    }
    if (form == UTF8_UNMASK) {
        words_store32(text.dst, head);
        words_store32(text.dst + text.len - 4, tail);
    }
    return (uint64_t)tail << 32 | (uint32_t)((uint64_t)head << (64 - 8 * text.len));
}

/* 8 to 15 bytes: the last eight, and in *before what is before them, with zeros before that. */
SIMD_INLINE uint64_t lookup_read_8_to_15(enum utf8_form form, struct utf8_text text, uint64_t *before)
{
    uint64_t head = words_load64(text.src);
    uint64_t tail = words_load64(text.src + text.len - 8);

    if (form != UTF8_PLAIN) {
        head ^= words_key64(text.key);
        tail ^= words_key64(simd_key_turn(text.key, text.len));
    }
    if (form == UTF8_UNMASK) {
        words_store64(text.dst, head);
        words_store64(text.dst + text.len - 8, tail);
    }
    *before = head << 8 << (120 - 8 * text.len); /* 64 at once would be undefined */
    return tail;
}

/* 4 to 15 bytes. */
SIMD_INLINE uint32_t lookup_words(enum utf8_form form, struct utf8_text text)
{
    uint64_t low = 0;
    const uint64_t high = text.len < 8 ? lookup_read_4_to_7(form, text) : lookup_read_8_to_15(form, text, &low);

    if (SIMD_LIKELY(((low | high) & LOOKUP_WORD_HIGH_BITS) == 0))
        return SIMD_UTF8_BOUNDARY;
    return lookup_state(lookup_faults(vec_zero(), vec_of_words(low, high)), (uint32_t)(high >> 32));
}

/* VEC_BYTES to 2 * VEC_BYTES. */
SIMD_INLINE uint32_t lookup_pair(enum utf8_form form, struct utf8_text text)
{
    const size_t at = text.len - VEC_BYTES;
    const vec head = lookup_load(form, text.src, vec_all32(text.key));
    const vec tail = lookup_load(form, text.src + at, vec_all32(simd_key_turn(text.key, text.len)));
    const vec last = vec_all32(utf8_word_or_less_before(form, text, at));
    const uint32_t tail_word = utf8_word_before(form, text, text.len);

    lookup_store(form, text, 0, head);
    lookup_store(form, text, at, tail);
    if (SIMD_LIKELY(vec_is_ascii(vec_or(head, tail))))
        return SIMD_UTF8_BOUNDARY;
    return lookup_state(
        vec_or(lookup_faults(vec_before(vec_zero(), head), head), lookup_faults(vec_before(last, tail), tail)),
        tail_word);
}

struct lookup_group {
    vec v0, v1, v2, v3;
};

SIMD_INLINE struct lookup_group lookup_group_load(enum utf8_form form, struct utf8_text text, size_t at, vec keys)
{
    const uint8_t *src = text.src + at;
    return (struct lookup_group){lookup_load(form, src, keys), lookup_load(form, src + VEC_BYTES, keys),
                                 lookup_load(form, src + 2 * VEC_BYTES, keys),
                                 lookup_load(form, src + 3 * VEC_BYTES, keys)};
}

SIMD_INLINE void lookup_group_store(enum utf8_form form, struct utf8_text text, size_t at, struct lookup_group group)
{
    lookup_store(form, text, at, group.v0);
    lookup_store(form, text, at + VEC_BYTES, group.v1);
    lookup_store(form, text, at + 2 * VEC_BYTES, group.v2);
    lookup_store(form, text, at + 3 * VEC_BYTES, group.v3);
}

SIMD_INLINE bool lookup_group_is_ascii(struct lookup_group group)
{
    return vec_is_ascii(vec_or(vec_or(group.v0, group.v1), vec_or(group.v2, group.v3)));
}

/* last is the vector before the group. */
SIMD_INLINE vec lookup_group_faults(vec last, struct lookup_group group)
{
    const vec first_half = vec_or(lookup_faults(vec_before(last, group.v0), group.v0),
                                  lookup_faults(vec_before(group.v0, group.v1), group.v1));
    const vec second_half = vec_or(lookup_faults(vec_before(group.v1, group.v2), group.v2),
                                   lookup_faults(vec_before(group.v2, group.v3), group.v3));
    return vec_or(first_half, second_half);
}

/* 2 * VEC_BYTES to 4 * VEC_BYTES: two pairs that may overlap. */
SIMD_INLINE uint32_t lookup_four(enum utf8_form form, struct utf8_text text)
{
    const size_t at = text.len - 2 * VEC_BYTES;
    const vec keys = vec_all32(text.key);
    const vec end_keys = vec_all32(simd_key_turn(text.key, text.len));
    const vec v0 = lookup_load(form, text.src, keys);
    const vec v1 = lookup_load(form, text.src + VEC_BYTES, keys);
    const vec v2 = lookup_load(form, text.src + at, end_keys);
    const vec v3 = lookup_load(form, text.src + at + VEC_BYTES, end_keys);
    const vec last = vec_all32(utf8_word_or_less_before(form, text, at));
    const uint32_t tail_word = utf8_word_before(form, text, text.len);

    lookup_store(form, text, 0, v0);
    lookup_store(form, text, VEC_BYTES, v1);
    lookup_store(form, text, at, v2);
    lookup_store(form, text, at + VEC_BYTES, v3);
    if (SIMD_LIKELY(vec_is_ascii(vec_or(vec_or(v0, v1), vec_or(v2, v3)))))
        return SIMD_UTF8_BOUNDARY;

    const vec first_half = vec_or(lookup_faults(vec_before(vec_zero(), v0), v0), lookup_faults(vec_before(v0, v1), v1));
    const vec second_half = vec_or(lookup_faults(vec_before(last, v2), v2), lookup_faults(vec_before(v2, v3), v3));
    return lookup_state(vec_or(first_half, second_half), tail_word);
}

/*
 * Groups from offset i on, up to the first that is not ASCII or to end: the offset reached. A loop of its own, for it
 * leaves all registers to itself.
 */
SIMD_INLINE size_t lookup_ascii_groups(enum utf8_form form, struct utf8_text text, size_t i, size_t end)
{
    const vec keys = vec_all32(text.key);

    for (; i < end; i += 4 * VEC_BYTES) {
        const struct lookup_group group = lookup_group_load(form, text, i, keys);
        if (!lookup_group_is_ascii(group))
            break;
        lookup_group_store(form, text, i, group);
    }
    return i;
}

/* What is carried from one group to the next. */
struct lookup_context {
    vec last; /* the vector before; it ends a code point where groups of ASCII come between */
    vec faults;
};

/* Groups from offset i on, up to the first that is ASCII or to end: the offset reached. */
SIMD_INLINE size_t lookup_other_groups(enum utf8_form form, struct utf8_text text, size_t i, size_t end,
                                       struct lookup_context *context)
{
    const vec keys = vec_all32(text.key);

    for (; i < end; i += 4 * VEC_BYTES) {
        const struct lookup_group group = lookup_group_load(form, text, i, keys);
        if (lookup_group_is_ascii(group)) {
            context->faults = vec_or(context->faults, lookup_cut(context->last));
            break;
        }
        lookup_group_store(form, text, i, group);
        context->faults = vec_or(context->faults, lookup_group_faults(context->last, group));
        context->last = group.v3;
    }
    return i;
}

/* More than 4 * VEC_BYTES: groups of four vectors, the last of which may overlap the one before. */
SIMD_INLINE uint32_t lookup_groups(enum utf8_form form, struct utf8_text text)
{
    const size_t at = text.len - 4 * VEC_BYTES;
    const vec end_keys = vec_all32(simd_key_turn(text.key, text.len));
    const struct lookup_group end = lookup_group_load(form, text, at, end_keys);
    const vec end_last = vec_all32(utf8_word_or_less_before(form, text, at));
    const uint32_t tail_word = utf8_word_before(form, text, text.len);
    struct lookup_context context = {vec_zero(), vec_zero()};

    for (size_t i = 0; i < at;) {
        i = lookup_ascii_groups(form, text, i, at);
        i = lookup_other_groups(form, text, i, at, &context);
    }

    lookup_group_store(form, text, at, end);
    const vec end_faults = lookup_group_is_ascii(end) ? lookup_cut(context.last) : lookup_group_faults(end_last, end);
    return lookup_state(vec_or(context.faults, end_faults), tail_word);
}

#endif
