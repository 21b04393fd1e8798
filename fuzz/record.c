/* SPDX-License-Identifier: MIT */
/* Any bytes as records: one that is sound is shown whole, and every view stays inside its record.
 */
#include "core/record/record.h"

#include <string.h>

#include "core/pipeline/view.h"
#include "fuzz/support/fuzz.h"

enum { RECORDS_MAX = 8 };

static const unsigned char *begin;
static const unsigned char *end;

static void expect_inside(struct patter_str text)
{
    const unsigned char *at = (const unsigned char *)text.data;
    EXPECT(at >= begin && at <= end && text.len <= (size_t)(end - at));
}

static void expect_attributes(const struct patter_attribute *attributes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct patter_value *value = &attributes[i].value;
        EXPECT(value->type >= PATTER_BOOL && value->type <= PATTER_TEXT);
        EXPECT(attributes[i].key.len <= 128);
        if (value->type == PATTER_TEXT) {
            expect_inside(value->as.text);
        }
        EXPECT(value->type != PATTER_BOOL || value->as.boolean == 0 || value->as.boolean == 1);
    }
}

static void expect_view(const struct patter_span_view *view, const struct pt_record *record)
{
    begin = (const unsigned char *)record;
    end = begin + record->size;
    expect_inside(view->name);
    expect_inside(view->call_id);
    expect_inside(view->tracestate);
    EXPECT(view->attribute_count == record->attribute_count + 1u);
    EXPECT(view->event_count == record->event_count && view->link_count == record->link_count);
    EXPECT(view->name.len == record->name_len && view->call_id.len == record->call_id_len);
    EXPECT(memcmp(view->trace_id, record->trace_id, sizeof(view->trace_id)) == 0);
    EXPECT(view->attributes[0].value.as.text.data == view->call_id.data);
    expect_attributes(view->attributes, view->attribute_count);
    for (size_t i = 0; i < view->event_count; i++) {
        expect_inside(view->events[i]->name);
        expect_attributes(view->events[i]->attributes, view->events[i]->attribute_count);
    }
    for (size_t i = 0; i < view->link_count; i++) {
        expect_inside(view->links[i]->tracestate);
        expect_attributes(view->links[i]->attributes, view->links[i]->attribute_count);
    }
}

/* The next record of the input, at a multiple of 8 and of a multiple of 8. */
static uint32_t take_record(struct fuzz_input *input, unsigned char *to)
{
    struct patter_str bytes = fuzz_text(input, 255);
    uint32_t more = fuzz_u8(input) * 4u; /* texts are long without a long input */
    uint32_t size = ((uint32_t)bytes.len + more) & ~7u;
    size = size < sizeof(struct pt_record) ? (uint32_t)sizeof(struct pt_record) : size;
    memcpy(to, bytes.data, bytes.len < size ? bytes.len : size);
    memcpy(to, &size, sizeof(size)); /* whoever framed it knows its size */
    return size;
}

static void check_available(const struct pt_record *record)
{
    for (size_t less = 1; less <= 16; less++) {
        EXPECT(!pt_record_is_sound(record, record->size - less));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = { data, size };
    struct pt_arena arena = { 0 };
    _Alignas(8) unsigned char scratch[RECORDS_MAX * 1536] = { 0 };
    const struct pt_record *sound[RECORDS_MAX];
    uint32_t used = 0;
    uint32_t count = 0;
    size_t sound_count = 0;
    size_t view_count = 0;
    while (input.len > 0 && count < RECORDS_MAX) {
        used += take_record(&input, scratch + used);
        count++;
    }
    unsigned char *bytes = fuzz_alloc(used);
    memcpy(bytes, scratch, used);
    for (uint32_t at = 0; at < used;) {
        const struct pt_record *record = (const void *)(bytes + at);
        check_available(record);
        if (pt_record_is_sound(record, used - at)) {
            sound[sound_count++] = record;
        }
        at += record->size;
    }
    const struct patter_span_view **views = pt_views_make(bytes, count, &arena, &view_count);
    EXPECT(count == 0 || (views && view_count == sound_count));
    for (size_t i = 0; i < view_count; i++) {
        expect_view(views[i], sound[i]);
    }
    pt_arena_clean(&arena);
    fuzz_release();
    return 0;
}
