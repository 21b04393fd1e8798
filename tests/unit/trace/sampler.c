/* SPDX-License-Identifier: MIT */
#include "core/trace/sampler.h"

#include <criterion/criterion.h>

static void set_random_part(uint64_t value, uint8_t trace_id[16])
{
    for (int i = 15; i > 8; i--) {
        trace_id[i] = (uint8_t)value;
        value >>= 8;
    }
}

static bool decide_at(double ratio, uint64_t random_part)
{
    struct pt_sampler sampler = { .root = PT_SAMPLE_RATIO, .ratio = ratio };
    uint8_t trace_id[16] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
    set_random_part(random_part, trace_id);
    return pt_sampler_decide(&sampler, trace_id, false, false);
}

/* Spreads i over 56 bits. */
static uint64_t spread(uint64_t i)
{
    return (i * 0x9e3779b97f4a7c15u) >> 8;
}

Test(sampler, all_and_none_do_not_look_at_the_id)
{
    struct pt_sampler sampler = { .root = PT_SAMPLE_ALL };
    uint8_t trace_id[16] = { 0 };
    cr_expect(pt_sampler_decide(&sampler, trace_id, false, false));
    sampler.root = PT_SAMPLE_NONE;
    cr_expect_not(pt_sampler_decide(&sampler, trace_id, false, false));
}

Test(sampler, the_bounds_are_exact)
{
    const uint64_t top = (UINT64_C(1) << 56) - 1;
    cr_expect(decide_at(1.0, 0));
    cr_expect(decide_at(1.0, top));
    cr_expect_not(decide_at(0.0, 0));
    cr_expect_not(decide_at(0.0, top));
    cr_expect(decide_at(0.5, UINT64_C(1) << 55));
    cr_expect_not(decide_at(0.5, (UINT64_C(1) << 55) - 1));
    cr_expect(decide_at(1.0 / ((double)top + 1), top), "the smallest ratio samples one id");
    cr_expect_not(decide_at(1.0 / ((double)top + 1), top - 1));
}

Test(sampler, a_ratio_samples_its_share)
{
    static const double ratios[] = { 0.01, 0.1, 0.25, 0.5, 0.9 };
    for (size_t i = 0; i < sizeof(ratios) / sizeof(ratios[0]); i++) {
        int sampled = 0;
        for (uint64_t k = 0; k < 100000; k++) {
            sampled += decide_at(ratios[i], spread(k));
        }
        cr_expect_float_eq(sampled / 100000.0, ratios[i], 0.005, "%g: %d", ratios[i], sampled);
    }
}

Test(sampler, a_higher_ratio_samples_a_superset)
{
    static const double ratios[] = { 0.001, 0.01, 0.1, 0.3, 0.5, 0.99, 1.0 };
    for (uint64_t k = 0; k < 100000; k++) {
        for (size_t i = 1; i < sizeof(ratios) / sizeof(ratios[0]); i++) {
            cr_assert(!decide_at(ratios[i - 1], spread(k)) || decide_at(ratios[i], spread(k)));
        }
    }
}

Test(sampler, only_the_random_part_of_the_id_counts)
{
    struct pt_sampler sampler = { .root = PT_SAMPLE_RATIO, .ratio = 0.5 };
    for (unsigned i = 0; i < 256; i++) {
        uint8_t trace_id[16] = { (uint8_t)i, 0, 0, 0, 0, 0, 0, 0, (uint8_t)(255 - i) };
        set_random_part(spread(i), trace_id);
        cr_assert_eq(pt_sampler_decide(&sampler, trace_id, false, false),
                     decide_at(0.5, spread(i)));
    }
}

Test(sampler, a_parent_is_honoured_where_parent_based)
{
    uint8_t trace_id[16] = { 1 };
    for (int root = PT_SAMPLE_ALL; root <= PT_SAMPLE_RATIO; root++) {
        struct pt_sampler sampler = { (enum pt_sampler_root)root, 0.5, true };
        cr_expect(pt_sampler_decide(&sampler, trace_id, true, true));
        cr_expect_not(pt_sampler_decide(&sampler, trace_id, true, false));
    }
}

Test(sampler, a_parent_is_ignored_where_not_parent_based)
{
    uint8_t trace_id[16] = { 1 };
    struct pt_sampler sampler = { .root = PT_SAMPLE_ALL };
    cr_expect(pt_sampler_decide(&sampler, trace_id, true, false));
    sampler.root = PT_SAMPLE_NONE;
    cr_expect_not(pt_sampler_decide(&sampler, trace_id, true, true));
}

Test(sampler, the_root_sampler_decides_without_a_parent)
{
    uint8_t trace_id[16] = { 1 };
    struct pt_sampler sampler = { .root = PT_SAMPLE_NONE, .parent_based = true };
    cr_expect_not(pt_sampler_decide(&sampler, trace_id, false, true));
    sampler.root = PT_SAMPLE_ALL;
    cr_expect(pt_sampler_decide(&sampler, trace_id, false, false));
}
