/*
 * UTF-8 in masks of 64 bits, a bit per byte of a vector.
 *
 * The leads say where continuations must be: one byte behind each lead, two behind those of three bytes and more,
 * three behind those of four. That is compared with where they are. What Unicode table 3-7 says beyond that is about
 * the second byte behind eight leads: a permute gives for each lead the classes of second bytes that it bars,
 * another for each byte its class, and a byte is at fault where its class meets what its predecessor bars.
 */
#include "simd/v512/vec.h"

#include "simd/utf8_kernels.h"
#include "simd/v512/kernels.h"
#include "simd/v512/pair.h"

enum second_class { SECOND_80_8F = 1, SECOND_90_9F = 2, SECOND_A0_BF = 4, SECOND_ANY = 7 };

/* By the low six bits of a lead, C0 to FF. */
static const uint8_t barred_by_lead[64] = {
    [0x00 ... 0x01] = SECOND_ANY,         /* C0, C1: overlong */
    [0x20] = SECOND_80_8F | SECOND_90_9F, /* E0: overlong */
    [0x2D] = SECOND_A0_BF,                /* ED: surrogates */
    [0x30] = SECOND_80_8F,                /* F0: overlong */
    [0x34] = SECOND_90_9F | SECOND_A0_BF, /* F4: beyond U+10FFFF */
    [0x35 ... 0x3F] = SECOND_ANY,         /* F5 to FF: no leads at all */
};

/* By the low six bits of a continuation, 80 to BF. */
static const uint8_t class_of_second[64] = {
    [0x00 ... 0x0F] = SECOND_80_8F,
    [0x10 ... 0x1F] = SECOND_90_9F,
    [0x20 ... 0x3F] = SECOND_A0_BF,
};

/* Byte 63 of the first of two vectors, then bytes 0 to 62 of the second. */
static const uint8_t one_back[64] = {
    63,  64,  65,  66,  67,  68,  69,  70,  71,  72,  73,  74,  75,  76,  77,  78,  79,  80,  81,  82,  83,  84,
    85,  86,  87,  88,  89,  90,  91,  92,  93,  94,  95,  96,  97,  98,  99,  100, 101, 102, 103, 104, 105, 106,
    107, 108, 109, 110, 111, 112, 113, 114, 115, 116, 117, 118, 119, 120, 121, 122, 123, 124, 125, 126,
};

/* What the vectors so far leave to the next one. */
struct context {
    vec barred;      /* byte 63: the classes that the last byte bars */
    uint64_t wanted; /* bits 0 to 2: where continuations must follow */
};

SIMD_INLINE struct context context_at_boundary(void)
{
    return (struct context){vec_all32(0), 0};
}

/* A bit for each byte of v that does not go with those before it. */
SIMD_INLINE uint64_t faults_of(struct context *context, vec v)
{
    const uint64_t leads = simde_mm512_cmpge_epu8_mask(v, vec_all8(0xC0));
    const uint64_t leads_of_3 = simde_mm512_cmpge_epu8_mask(v, vec_all8(0xE0));
    const uint64_t leads_of_4 = simde_mm512_cmpge_epu8_mask(v, vec_all8(0xF0));
    const uint64_t continuations = simde_mm512_movepi8_mask(v) & ~leads;
    const uint64_t wanted = context->wanted | leads << 1 | leads_of_3 << 2 | leads_of_4 << 3;
    const vec barred = simde_mm512_maskz_permutexvar_epi8(leads, v, vec_load(barred_by_lead));
    const vec barred_here = simde_mm512_permutex2var_epi8(context->barred, vec_load(one_back), barred);
    const vec classes = simde_mm512_permutexvar_epi8(v, vec_load(class_of_second));

    context->barred = barred;
    context->wanted = leads >> 63 | leads_of_3 >> 62 | leads_of_4 >> 61;
    return (wanted ^ continuations) | simde_mm512_test_epi8_mask(barred_here, classes);
}

/* The context after these four bytes. */
SIMD_INLINE struct context context_after(uint32_t word)
{
    struct context context = context_at_boundary();
    (void)faults_of(&context, vec_all32(word));
    return context;
}

SIMD_INLINE vec load(enum utf8_form form, const uint8_t *src, vec keys)
{
    return form == UTF8_PLAIN ? vec_load(src) : vec_xor(vec_load(src), keys);
}

/* The bytes whose bits are not set are anything. */
SIMD_INLINE vec load_where(enum utf8_form form, uint64_t where, const uint8_t *src, vec keys)
{
    const vec v = vec_load_where(where, src);
    return form == UTF8_PLAIN ? v : vec_xor(v, keys);
}

SIMD_INLINE void store(enum utf8_form form, struct utf8_text text, size_t at, vec v)
{
    if (form == UTF8_UNMASK)
        vec_store(text.dst + at, v);
}

SIMD_INLINE uint32_t state_after(uint64_t faults, uint32_t tail_word)
{
    return faults == 0 ? utf8_tail_state(tail_word) : SIMD_UTF8_BAD;
}

/* 4 to 64 bytes. */
SIMD_INLINE uint32_t one(enum utf8_form form, struct utf8_text text)
{
    const uint64_t where = vec_first(text.len);
    const vec v = load_where(form, where, text.src, vec_all32(text.key));
    const uint32_t tail_word = utf8_word_before(form, text, text.len);
    struct context context = context_at_boundary();

    if (form == UTF8_UNMASK)
        v512_mask_one(text.dst, text.src, text.len, text.key);
    if (SIMD_LIKELY((simde_mm512_movepi8_mask(v) & where) == 0))
        return SIMD_UTF8_BOUNDARY;
    return state_after(faults_of(&context, v) & where, tail_word);
}

/* 65 to 128 bytes. */
SIMD_INLINE uint32_t two(enum utf8_form form, struct utf8_text text)
{
    const uint64_t where = vec_first(text.len - VEC_BYTES);
    const vec keys = vec_all32(text.key);
    const vec v0 = load(form, text.src, keys);
    const vec v1 = load_where(form, where, text.src + VEC_BYTES, keys);
    const uint32_t tail_word = utf8_word_before(form, text, text.len);
    struct context context = context_at_boundary();

    if (form == UTF8_UNMASK)
        v512_mask_pair(text.dst, text.src, text.len, text.key);
    if (SIMD_LIKELY((simde_mm512_movepi8_mask(v0) | (simde_mm512_movepi8_mask(v1) & where)) == 0))
        return SIMD_UTF8_BOUNDARY;

    const uint64_t faults = faults_of(&context, v0);
    return state_after(faults | (faults_of(&context, v1) & where), tail_word);
}

struct group {
    vec v0, v1, v2, v3;
};

SIMD_INLINE struct group group_load(enum utf8_form form, struct utf8_text text, size_t at, vec keys)
{
    const uint8_t *src = text.src + at;
    return (struct group){load(form, src, keys), load(form, src + VEC_BYTES, keys),
                          load(form, src + 2 * VEC_BYTES, keys), load(form, src + 3 * VEC_BYTES, keys)};
}

SIMD_INLINE void group_store(enum utf8_form form, struct utf8_text text, size_t at, struct group group)
{
    store(form, text, at, group.v0);
    store(form, text, at + VEC_BYTES, group.v1);
    store(form, text, at + 2 * VEC_BYTES, group.v2);
    store(form, text, at + 3 * VEC_BYTES, group.v3);
}

SIMD_INLINE bool group_is_ascii(struct group group)
{
    return simde_mm512_movepi8_mask(vec_or(vec_or(group.v0, group.v1), vec_or(group.v2, group.v3))) == 0;
}

/* Not zero where one of the four is at fault. */
SIMD_INLINE uint64_t group_faults(struct context *context, struct group group)
{
    uint64_t faults = faults_of(context, group.v0);
    faults |= faults_of(context, group.v1);
    faults |= faults_of(context, group.v2);
    return faults | faults_of(context, group.v3);
}

/* 129 to 256 bytes: two pairs that may overlap. */
SIMD_INLINE uint32_t four(enum utf8_form form, struct utf8_text text)
{
    const size_t at = text.len - 2 * VEC_BYTES;
    const vec keys = vec_all32(text.key);
    const vec end_keys = vec_all32(simd_key_turn(text.key, text.len));
    const uint32_t end_word = utf8_word_or_less_before(form, text, at);
    const uint32_t tail_word = utf8_word_before(form, text, text.len);
    const vec v0 = load(form, text.src, keys);
    const vec v1 = load(form, text.src + VEC_BYTES, keys);
    const vec v2 = load(form, text.src + at, end_keys);
    const vec v3 = load(form, text.src + at + VEC_BYTES, end_keys);

    store(form, text, 0, v0);
    store(form, text, VEC_BYTES, v1);
    store(form, text, at, v2);
    store(form, text, at + VEC_BYTES, v3);
    if (SIMD_LIKELY(group_is_ascii((struct group){v0, v1, v2, v3})))
        return SIMD_UTF8_BOUNDARY;

    struct context context = context_at_boundary();
    struct context end_context = context_after(end_word);
    uint64_t faults = faults_of(&context, v0) | faults_of(&end_context, v2);
    faults |= faults_of(&context, v1) | faults_of(&end_context, v3);
    return state_after(faults, tail_word);
}

/*
 * Groups from offset i on, up to the first that is not ASCII or to end: the offset reached. A loop of its own, for it
 * leaves all registers to itself.
 */
SIMD_INLINE size_t ascii_groups(enum utf8_form form, struct utf8_text text, size_t i, size_t end)
{
    const vec keys = vec_all32(text.key);

    for (; i < end; i += 4 * VEC_BYTES) {
        const struct group group = group_load(form, text, i, keys);
        if (!group_is_ascii(group))
            break;
        group_store(form, text, i, group);
    }
    return i;
}

/* What is carried from one group to the next. */
struct progress {
    struct context context;
    uint64_t faults;
};

/* Groups from offset i on, up to the first that is ASCII or to end: the offset reached. */
SIMD_INLINE size_t other_groups(enum utf8_form form, struct utf8_text text, size_t i, size_t end,
                                struct progress *progress)
{
    const vec keys = vec_all32(text.key);

    for (; i < end; i += 4 * VEC_BYTES) {
        const struct group group = group_load(form, text, i, keys);
        if (group_is_ascii(group)) {
            progress->faults |= progress->context.wanted; /* none: then the context is that of a boundary */
            break;
        }
        group_store(form, text, i, group);
        progress->faults |= group_faults(&progress->context, group);
    }
    return i;
}

/* More than 256 bytes: groups of four vectors, the last of which may overlap the one before. */
SIMD_INLINE uint32_t groups(enum utf8_form form, struct utf8_text text)
{
    const size_t at = text.len - 4 * VEC_BYTES;
    const struct group end = group_load(form, text, at, vec_all32(simd_key_turn(text.key, text.len)));
    const uint32_t end_word = utf8_word_or_less_before(form, text, at);
    const uint32_t tail_word = utf8_word_before(form, text, text.len);
    struct progress progress = {context_at_boundary(), 0};

    for (size_t i = 0; i < at;) {
        i = ascii_groups(form, text, i, at);
        i = other_groups(form, text, i, at, &progress);
    }

    group_store(form, text, at, end);
    if (group_is_ascii(end))
        return (progress.faults | progress.context.wanted) == 0 ? SIMD_UTF8_BOUNDARY : SIMD_UTF8_BAD;
    progress.context = context_after(end_word);
    return state_after(progress.faults | group_faults(&progress.context, end), tail_word);
}

/* More than 128 bytes. */
SIMD_INLINE uint32_t run_long(enum utf8_form form, struct utf8_text text)
{
    return text.len <= 4 * VEC_BYTES ? four(form, text) : groups(form, text);
}

SIMD_INLINE uint32_t run_short(enum utf8_form form, struct utf8_text text)
{
    return text.len <= VEC_BYTES ? one(form, text) : two(form, text);
}

UTF8_KERNELS(v512, 2 * VEC_BYTES, run_short, run_long);
