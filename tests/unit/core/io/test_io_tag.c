#include "core/io/io_tag.h"

#include <criterion/criterion.h>

Test(io_tag, comes_out_as_it_went_in)
{
    static const uint32_t slots[] = {0, 1, 0x7fffffff, UINT32_MAX};
    static const uint32_t generations[] = {0, 1, IO_TAG_GENERATION_MASK};

    for (size_t i = 0; i < 4; i++) {
        for (size_t j = 0; j < 3; j++) {
            for (uint8_t op = 0; op < IO_OP_COUNT; op++) {
                const struct io_tag in = {slots[i], generations[j], op};
                const struct io_tag out = io_tag_unpack(io_tag_pack(in));
                cr_assert(out.slot == in.slot && out.generation == in.generation && out.op == in.op);
            }
        }
    }
}

Test(io_tag, keeps_24_bits_of_a_generation)
{
    const struct io_tag out = io_tag_unpack(io_tag_pack((struct io_tag){.slot = 9, .generation = 0xabcdef12, .op = 3}));
    cr_assert_eq(out.generation, 0xcdef12);
    cr_assert_eq(out.slot, 9);
    cr_assert_eq(out.op, 3);
}
