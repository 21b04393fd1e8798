/* SPDX-License-Identifier: MIT */
#include "core/record/key.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include <patter/patter.h>

#include "core/base/text.h"

static bool permit(uint32_t key, enum pt_class value_class, const char *const *choices)
{
    return pt_keys_permit(&(struct pt_key_permission){ key, value_class, choices }, 1);
}

Test(key, documented_keys_have_their_numbers)
{
    cr_assert_eq(pt_key_intern(patter_text("getpatter.call.id")), PATTER_KEY_CALL_ID);
    cr_assert_eq(pt_key_intern(patter_text("getpatter.stt.text_len")), PATTER_KEY_STT_TEXT_LEN);
    cr_assert_eq(pt_key_intern(patter_text("exception.type")), PATTER_KEY_EXCEPTION_TYPE);
    cr_assert(pt_str_is(pt_key_name(PATTER_KEY_TOOL_NAME), "getpatter.tool.name"));
}

Test(key, the_same_text_gives_the_same_key_wherever_it_lies)
{
    char text[] = "app.tier";
    uint32_t key = pt_key_intern(patter_text(text));
    cr_assert_neq(key, 0);
    cr_assert_eq(pt_key_intern(patter_text("app.tier")), key);
    cr_assert_neq(pt_key_intern(patter_text("app.tiers")), key);
}

Test(key, what_has_not_the_form_of_a_key_is_none)
{
    cr_assert_eq(pt_key_intern(patter_text("")), 0);
    cr_assert_eq(pt_key_intern(patter_text("my name is")), 0);
    cr_assert_eq(pt_key_intern(patter_text(NULL)), 0);
}

Test(key, one_that_is_too_long_is_not_even_read)
{
    char *bytes = malloc(1);
    bytes[0] = 'a';
    cr_assert_eq(pt_key_intern((struct patter_str){ bytes, 4096 }), 0);
    free(bytes);
}

Test(key, denied_until_allowed_and_again_after_a_reset)
{
    enum pt_class value_class;
    const char *const *choices;
    uint32_t key = pt_key_intern(patter_text("app.queue"));
    cr_assert_not(pt_key_verdict(key, &value_class, &choices));
    cr_assert(permit(key, PT_CLASS_CHOICE, (const char *const[]){ "sales", "support", NULL }));
    cr_assert(pt_key_verdict(key, &value_class, &choices));
    cr_assert_eq(value_class, PT_CLASS_CHOICE);
    cr_assert_str_eq(choices[1], "support");
    pt_keys_permit(NULL, 0);
    cr_assert_not(pt_key_verdict(key, &value_class, &choices));
    cr_assert(pt_key_verdict(PATTER_KEY_TTS_TEXT_LEN, &value_class, &choices));
}

Test(key, an_operator_may_narrow_a_documented_one)
{
    enum pt_class value_class;
    const char *const *choices;
    permit(PATTER_KEY_TOOL_NAME, PT_CLASS_CHOICE, (const char *const[]){ "lookup", NULL });
    pt_key_verdict(PATTER_KEY_TOOL_NAME, &value_class, &choices);
    cr_assert_eq(value_class, PT_CLASS_CHOICE);
    pt_keys_permit(NULL, 0);
    pt_key_verdict(PATTER_KEY_TOOL_NAME, &value_class, &choices);
    cr_assert_eq(value_class, PT_CLASS_NAME);
}

Test(key, is_told_of_once)
{
    uint32_t key = pt_key_intern(patter_text("app.once"));
    cr_assert(pt_key_tell_once(key));
    cr_assert_not(pt_key_tell_once(key));
    cr_assert_not(pt_key_tell_once(0));
}

Test(key, a_name_without_a_number_is_told_of_once_for_each_configuration)
{
    pt_keys_permit(NULL, 0);
    uint32_t before = pt_key_count;
    cr_assert(pt_key_tell_stranger(patter_text("app.stranger")));
    cr_assert_not(pt_key_tell_stranger(patter_text("app.stranger")));
    cr_assert(pt_key_tell_stranger(patter_text("app.other")));
    cr_assert_not(pt_key_tell_stranger(patter_text("what_the_caller_said")));
    cr_assert_not(pt_key_tell_stranger(patter_text("")));
    cr_assert_not(pt_key_tell_stranger(patter_text(NULL)));
    pt_keys_permit(NULL, 0);
    cr_assert(pt_key_tell_stranger(patter_text("app.stranger")));
    cr_assert_eq(pt_key_count, before);
}

Test(key, names_without_end_are_told_of_up_to_a_bound)
{
    char name[32];
    int count = 0;
    for (int i = 0; i < 100000; i++) {
        snprintf(name, sizeof(name), "app.k%d", i);
        count += pt_key_tell_stranger(patter_text(name));
    }
    cr_assert(count > 200 && count <= 256, "%d", count);
}

Test(key, a_full_table_takes_no_more_and_still_finds_the_rest)
{
    char name[32];
    uint32_t first = pt_key_intern(patter_text("app.k0"));
    for (int i = 1; i < 2000; i++) {
        snprintf(name, sizeof(name), "app.k%d", i);
        pt_key_intern(patter_text(name));
    }
    cr_assert_eq(pt_key_intern(patter_text("app.k1999")), 0);
    cr_assert_eq(pt_key_intern(patter_text("app.k0")), first);
}

Test(key, what_it_once_carried_is_found_again_and_not_kept_twice)
{
    enum pt_class value_class;
    const char *const *first;
    const char *const *again;
    uint32_t key = pt_key_intern(patter_text("app.tier"));
    cr_assert(permit(key, PT_CLASS_CHOICE, (const char *const[]){ "gold", NULL }));
    pt_key_verdict(key, &value_class, &first);
    cr_assert(permit(key, PT_CLASS_CHOICE, (const char *const[]){ "gold", "silver", NULL }));
    pt_key_verdict(key, &value_class, &again);
    cr_assert_str_eq(again[1], "silver");
    cr_assert(permit(key, PT_CLASS_COUNT, NULL));
    cr_assert(permit(key, PT_CLASS_CHOICE, (const char *const[]){ "gold", NULL }));
    pt_key_verdict(key, &value_class, &again);
    cr_assert_eq(again, first);
}
