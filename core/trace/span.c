/* SPDX-License-Identifier: MIT */
#include "core/trace/span.h"

#include <string.h>

#include "core/base/branch.h"
#include "core/base/random.h"
#include "core/base/sized.h"
#include "core/record/bell.h"
#include "core/trace/filter.h"
#include "core/trace/tracer.h"

/* Padded to whole words, as a record has them. */
static const struct {
    char text[24];
    uint32_t len;
    uint32_t padded_len;
} known_names[] = {
#define NAME(name)                                                                                 \
    {                                                                                              \
        name, sizeof(name) - 1, (sizeof(name) - 1 + 7) / 8 * 8                                     \
    }
    [PATTER_SPAN_CALL] = NAME("getpatter.call"),
    [PATTER_SPAN_STT] = NAME("getpatter.stt"),
    [PATTER_SPAN_ENDPOINT] = NAME("getpatter.endpoint"),
    [PATTER_SPAN_LLM] = NAME("getpatter.llm"),
    [PATTER_SPAN_TTS] = NAME("getpatter.tts"),
    [PATTER_SPAN_TOOL] = NAME("getpatter.tool"),
    [PATTER_SPAN_BARGEIN] = NAME("getpatter.bargein"),
#undef NAME
};

static inline void set_known_name(struct pt_record *record, uint32_t name)
{
    uint32_t size = record->size;
    memcpy((unsigned char *)record + size, known_names[name].text, sizeof(known_names[name].text));
    record->name_len = (uint16_t)known_names[name].len;
    record->size = size + known_names[name].padded_len;
}

static void set_name(struct pt_record *record, struct patter_str name)
{
    record->name_len = (uint16_t)name.len;
    record->size += pt_record_put((unsigned char *)record + record->size, name);
}

static inline void set_begin(struct pt_thread *thread, struct pt_slot *slot, uint64_t begin_unix_ns)
{
    if (PT_UNLIKELY(begin_unix_ns)) {
        slot->begin_ticks = 0;
        slot->record->begin_unix_ns = begin_unix_ns;
        return;
    }
    slot->begin_ticks = pt_ticks_now();
    struct pt_instant begin = pt_ticks_instant(&thread->anchor, slot->begin_ticks);
    slot->begin_monotonic_ns = begin.monotonic_ns;
    slot->record->begin_unix_ns = begin.unix_ns;
}

/* Of a longer span, which goes by the system: the calibration's error would grow with it. By the
 * clock that nobody sets; only where the beginning was given there is no other than unix time. */
static PT_COLD uint64_t now_by_system(struct pt_thread *thread, const struct pt_slot *slot,
                                      uint64_t now_ticks)
{
    uint64_t begin_unix_ns = slot->record->begin_unix_ns;
    struct pt_instant now = pt_ticks_instant(&thread->anchor, now_ticks);
    if (slot->begin_ticks) {
        uint64_t begin_ns = slot->begin_monotonic_ns;
        return begin_unix_ns + (now.monotonic_ns > begin_ns ? now.monotonic_ns - begin_ns : 0);
    }
    return now.unix_ns > begin_unix_ns ? now.unix_ns : begin_unix_ns;
}

static inline uint64_t now_unix_ns(struct pt_thread *thread, const struct pt_slot *slot)
{
    uint64_t now_ticks = pt_ticks_now();
    uint64_t since = now_ticks - slot->begin_ticks;
    if (PT_UNLIKELY(!slot->begin_ticks || since > pt_ticks.per_second)) {
        return now_by_system(thread, slot, now_ticks);
    }
    return slot->record->begin_unix_ns + pt_ticks_to_ns(since);
}

uint64_t pt_span_now_unix_ns(struct pt_thread *thread, const struct pt_slot *slot)
{
    return now_unix_ns(thread, slot);
}

/* ---- begin --------------------------------------------------------------------- */

/* Counted whatever becomes of the record: nothing is lost in silence. */
static PT_COLD void count_refused(struct pt_thread *thread)
{
    pt_count(thread, PT_ENDED, 1);
    pt_count(thread, PT_BUFFER_FULL, 1);
}

/* The rest of a beginning, once the record holds the call's template and the name. */
static inline void stamp(struct pt_thread *thread, struct pt_slot *slot, uint64_t span_id,
                         uint64_t begin_unix_ns)
{
    __atomic_store_n((uint64_t *)(void *)slot->record->span_id, span_id, __ATOMIC_RELEASE);
    pt_count(thread, PT_LIVE, 1);
    set_begin(thread, slot, begin_unix_ns);
}

struct pt_slot *pt_span_begin_root(struct pt_thread *thread,
                                   const struct pt_call_template *template, uint64_t span_id,
                                   uint64_t begin_unix_ns, uint64_t *ret_handle)
{
    struct pt_slot *slot = pt_slot_take(thread, ret_handle);
    if (!slot) {
        count_refused(thread);
        return NULL;
    }
    pt_call_template_copy(template, slot->record);
    set_known_name(slot->record, PATTER_SPAN_CALL);
    stamp(thread, slot, span_id, begin_unix_ns);
    atomic_store_explicit(&slot->is_root, true, memory_order_release);
    return slot;
}

/* A span that does not begin: the call has ended or is not sampled, or memory is short. */
static PT_COLD struct pt_slot *refuse(struct pt_thread *thread, const struct pt_call *call,
                                      uint64_t handle)
{
    if (!call || !pt_call_is_still(call, handle)) {
        pt_count_misuse(thread, handle);
        return NULL;
    }
    pt_count(thread, PT_STARTED, 1);
    if (atomic_load_explicit(&call->root, memory_order_acquire) == 0) {
        pt_count(thread, PT_UNSAMPLED, 1);
    } else {
        count_refused(thread);
    }
    return NULL;
}

/* A slot whose record holds the template of that call; NULL, and counted, when there is none. */
PT_INLINE struct pt_slot *begin(struct pt_thread *thread, uint64_t handle, uint64_t *ret_span)
{
    struct pt_call *call = pt_call_find(handle);
    if (PT_UNLIKELY(!call || !atomic_load_explicit(&call->root, memory_order_acquire))) {
        return refuse(thread, call, handle);
    }
    struct pt_slot *slot = pt_slot_take(thread, ret_span);
    if (PT_UNLIKELY(!slot)) {
        return refuse(thread, call, handle);
    }
    pt_call_copy(call, slot->record);
    if (PT_UNLIKELY(!pt_call_is_still(call, handle))) { /* it ended meanwhile */
        pt_slot_claim(thread, slot, *ret_span);
        pt_slot_give(thread, slot);
        return refuse(thread, call, handle);
    }
    pt_count(thread, PT_STARTED, 1);
    return slot;
}

struct pt_slot *pt_span_begin_known(struct pt_thread *thread, struct patter_call call,
                                    uint32_t name, struct patter_span *ret_span)
{
    struct pt_slot *slot = begin(thread, call.handle, &ret_span->handle);
    if (PT_UNLIKELY(!slot)) {
        ret_span->handle = 0;
        return NULL;
    }
    set_known_name(slot->record, name);
    stamp(thread, slot, pt_generator_next(&thread->generator), 0);
    return slot;
}

/* Where a child hangs: under `parent` when that is open and of the same call. */
static void set_parent(struct pt_record *record, struct patter_span parent)
{
    uint8_t trace_id[16];
    uint8_t span_id[8];
    if (parent.handle && pt_slot_ids(parent.handle, trace_id, span_id) &&
        memcmp(trace_id, record->trace_id, 16) == 0) {
        memcpy(record->parent_id, span_id, 8);
    }
}

static struct patter_span begin_with(struct pt_thread *thread, struct patter_call call,
                                     struct patter_str name,
                                     const struct patter_span_options *options)
{
    struct patter_span span = { 0 };
    struct pt_slot *slot = begin(thread, call.handle, &span.handle);
    if (!slot) {
        return (struct patter_span){ 0 };
    }
    set_parent(slot->record, options->parent);
    if (options->kind > 0 && options->kind <= PATTER_KIND_CONSUMER) {
        slot->record->kind = (uint8_t)options->kind;
    }
    set_name(slot->record, name);
    stamp(thread, slot, pt_generator_next(&thread->generator), options->begin_unix_ns);
    return span;
}

struct patter_span patter_span_begin_known_(struct patter_call call, uint32_t name)
{
    struct patter_span span = { 0 };
    struct pt_thread *thread = pt_section_enter();
    if (!thread) {
        return span;
    }
    if (name > 0 && name < sizeof(known_names) / sizeof(known_names[0])) {
        pt_span_begin_known(thread, call, name, &span);
    } else {
        struct patter_span_options options = { 0 };
        span = begin_with(thread, call, pt_filter_name(thread, NULL), &options);
    }
    pt_section_exit(thread);
    return span;
}

struct patter_span patter_span_begin_(struct patter_call call,
                                      const struct patter_span_options *options)
{
    struct patter_span span = { 0 };
    struct pt_thread *thread = pt_section_enter();
    if (thread) {
        struct patter_span_options known = { 0 };
        if (options) {
            pt_sized_take(&known, sizeof(known), options);
        }
        span = begin_with(thread, call, pt_filter_name(thread, known.name), &known);
        pt_section_exit(thread);
    }
    return span;
}

/* ---- end ------------------------------------------------------------------------ */

PT_INLINE void end(struct pt_thread *thread, struct pt_slot *slot, uint64_t handle,
                   uint64_t end_unix_ns, bool is_root)
{
    /* Read before the claim: after it the record is another thread's if two end one span at once.
     */
    struct pt_record *record = slot ? slot->record : NULL;
    if (PT_UNLIKELY(!slot || !pt_slot_claim(thread, slot, handle))) {
        pt_count(thread, PT_MISUSES, 1);
        return;
    }
    uint64_t begin_unix_ns = record->begin_unix_ns;
    end_unix_ns = PT_UNLIKELY(end_unix_ns) ? end_unix_ns : now_unix_ns(thread, slot);
    pt_count(thread, PT_LIVE, (uint64_t)-1);
    enum pt_ring_result result = pt_ring_write(
        &thread->ring, record, end_unix_ns > begin_unix_ns ? end_unix_ns : begin_unix_ns);
    if (PT_UNLIKELY(result == PT_RING_REFUSED)) {
        count_refused(thread);
    } else {
        pt_count(thread, PT_ENDED, 1);
    }
    if (is_root) {
        atomic_store_explicit(&slot->is_root, false, memory_order_release);
    }
    pt_slot_give(thread, slot);
    pt_bell_ring(result != PT_RING_WRITTEN);
}

void pt_span_end(struct pt_thread *thread, struct pt_slot *slot, uint64_t handle,
                 uint64_t end_unix_ns)
{
    end(thread, slot, handle, end_unix_ns, false);
}

void pt_span_end_root(struct pt_thread *thread, struct pt_slot *slot, uint64_t handle,
                      uint64_t end_unix_ns)
{
    if (slot) {
        pt_slot_note_place(slot, &thread->ring);
    }
    end(thread, slot, handle, end_unix_ns, true);
}

void patter_span_end_(struct patter_span span, uint64_t end_unix_ns)
{
    struct pt_thread *thread;
    struct pt_slot *slot = pt_span_enter_to_end(span, &thread);
    if (slot) {
        end(thread, slot, span.handle, end_unix_ns, false);
        pt_section_exit(thread);
    }
}
