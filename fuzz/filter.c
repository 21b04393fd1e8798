/* SPDX-License-Identifier: MIT */
/* Any value under any kind of key: what passes is of the key's class, and every way of asking gives
 * the same answer. */
#include "core/trace/filter.h"

#include <patter/patter.h>

#include <math.h>
#include <string.h>

#include "core/base/scan.h"
#include "core/trace/propagate.h"
#include "fuzz/support/fuzz.h"

static struct pt_thread thread;
static uint32_t keys[PT_CLASSES];
static const char *const choices[] = { "sales", "support", NULL };

static bool consists_of(struct patter_str text, const char *bytes)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '\0' || !strchr(bytes, text.data[i])) {
            return false;
        }
    }
    return text.len > 0 && text.len <= 128;
}

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define NAME    LETTERS "0123456789_.-"

static void expect_text(enum pt_class value_class, struct patter_str text)
{
    switch (value_class) {
    case PT_CLASS_CHOICE:
        EXPECT((text.len == 5 && memcmp(text.data, "sales", 5) == 0) ||
               (text.len == 7 && memcmp(text.data, "support", 7) == 0));
        break;
    case PT_CLASS_HASHED:
        EXPECT(text.len == 34 && memcmp(text.data, "h-", 2) == 0);
        EXPECT(consists_of((struct patter_str){ text.data + 2, 32 }, "0123456789abcdef"));
        break;
    case PT_CLASS_NAME:
        EXPECT(consists_of(text, NAME) && pt_scan(text) == PT_SCAN_CLEAN);
        EXPECT(!strchr("0123456789.-", text.data[0]));
        break;
    default:
        EXPECT(value_class == PT_CLASS_ANY || value_class == PT_CLASS_IDENTIFIER);
        EXPECT(consists_of(text, NAME ":/") && pt_scan(text) == PT_SCAN_CLEAN);
        break;
    }
}

static void expect_number(enum pt_class value_class, double number, bool is_integer)
{
    EXPECT(isfinite(number));
    EXPECT(value_class == PT_CLASS_ANY || value_class == PT_CLASS_COUNT ||
           value_class == PT_CLASS_DURATION_MS || value_class == PT_CLASS_RATIO);
    EXPECT(value_class == PT_CLASS_ANY || number >= 0);
    EXPECT(value_class != PT_CLASS_COUNT || is_integer);
    EXPECT(value_class != PT_CLASS_RATIO || number <= 1);
}

static void expect_passed(enum pt_class value_class, const struct pt_passed *passed)
{
    struct patter_str text = { passed->payload, passed->len };
    switch (passed->type) {
    case PT_ITEM_TEXT:
        expect_text(value_class, text);
        break;
    case PT_ITEM_BOOL:
        EXPECT(value_class == PT_CLASS_FLAG || value_class == PT_CLASS_ANY);
        EXPECT(passed->number == 0 || passed->number == 1);
        break;
    case PT_ITEM_INT:
        expect_number(value_class, (double)passed->number, true);
        break;
    case PT_ITEM_DOUBLE:
        expect_number(value_class, passed->real, false);
        break;
    default:
        EXPECT(!"an item that is no attribute");
    }
}

static struct patter_value take_value(struct fuzz_input *input)
{
    struct patter_value value = { .type = fuzz_u8(input) % 6 };
    switch (value.type) {
    case PATTER_BOOL:
        value.as.boolean = (int32_t)fuzz_u32(input);
        break;
    case PATTER_INT:
    case PATTER_DOUBLE:
        value.as.integer = (int64_t)fuzz_u64(input); /* any bits are a double, too */
        break;
    default:
        value.as.text = fuzz_copy(fuzz_rest(input));
        break;
    }
    return value;
}

static void check_value(struct fuzz_input input)
{
    struct pt_passed passed;
    struct pt_passed again;
    enum pt_class value_class = fuzz_u8(&input) % PT_CLASSES;
    uint32_t key = keys[value_class];
    struct patter_value value = take_value(&input);
    bool passes = pt_filter_value(&thread, key, &value, &passed);
    EXPECT(pt_filter_value(&thread, key, &value, &again) == passes);
    if (passes) {
        EXPECT(again.type == passed.type && again.len == passed.len);
        expect_passed(value_class, &passed);
    }
    if (value.type == PATTER_INT) {
        EXPECT(!pt_filter_passes_int(key, value.as.integer) || passes);
    } else if (value.type == PATTER_DOUBLE) {
        EXPECT(!pt_filter_passes_double(key, value.as.real) || passes);
    } else if (value.type == PATTER_TEXT) {
        EXPECT(!pt_filter_passes_text(&thread, key, value.as.text) || passes);
    }
    EXPECT(!pt_filter_value(&thread, PATTER_KEY_CALL_ID, &value, &again));
}

static void check_names(struct fuzz_input input)
{
    char buffer[PT_CALL_ID_MAX];
    char second[PT_CALL_ID_MAX];
    struct patter_str text = fuzz_copy(fuzz_rest(&input));
    struct patter_str name = pt_filter_name(&thread, fuzz_c_text(text));
    EXPECT(consists_of(name, NAME ":/") && pt_scan(name) == PT_SCAN_CLEAN);
    struct patter_str id = pt_filter_call_id(&thread, text, buffer);
    EXPECT(consists_of(id, NAME ":/"));
    struct patter_str same = pt_filter_call_id(&thread, id, second);
    EXPECT(same.len == id.len && memcmp(same.data, id.data, id.len) == 0);
}

static void check_tracestate(struct fuzz_input input)
{
    char buffer[PT_TRACESTATE_MAX + 1];
    struct pt_tracestate state = { .len = 0 };
    struct patter_str out = pt_filter_tracestate(&thread, fuzz_c_text(fuzz_rest(&input)), buffer);
    EXPECT(out.len <= PT_TRACESTATE_MAX);
    EXPECT(out.len == 0 || !memchr(out.data, ' ', out.len));
    pt_tracestate_add(&state, out);
    EXPECT(!state.is_invalid && state.len == out.len);
    EXPECT(memcmp(state.text, out.data, out.len) == 0);
    for (size_t begin = 0; begin < out.len;) {
        const char *comma = memchr(out.data + begin, ',', out.len - begin);
        size_t end = comma ? (size_t)(comma - out.data) : out.len;
        const char *equals = memchr(out.data + begin, '=', end - begin);
        size_t value_at = (size_t)(equals - out.data) + 1;
        EXPECT(pt_scan((struct patter_str){ out.data + value_at, end - value_at }) ==
               PT_SCAN_CLEAN);
        begin = end + 1;
    }
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static struct pt_tracer tracer = { .attribute_value_length = 128 };
    struct pt_key_permission permissions[PT_CLASSES];
    char name[] = "fuzz.key_a";
    (void)argc;
    (void)argv;
    tracer.hash = pt_hash_new("0123456789abcdef0123456789abcdef", 32);
    pt_tracer_set(&tracer);
    for (enum pt_class value_class = PT_CLASS_ANY; value_class < PT_CLASSES; value_class++) {
        name[sizeof(name) - 2] = (char)('a' + (int)value_class);
        keys[value_class] = pt_key_intern(patter_text(name));
        permissions[value_class] =
            (struct pt_key_permission){ keys[value_class], value_class,
                                        value_class == PT_CLASS_CHOICE ? choices : NULL };
    }
    EXPECT(pt_keys_permit(permissions, PT_CLASSES));
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = { data, size };
    check_value(input);
    check_names(input);
    check_tracestate(input);
    fuzz_release();
    return 0;
}
