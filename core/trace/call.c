/* SPDX-License-Identifier: MIT */
#include "core/trace/call.h"

#include <patter/propagate.h>

#include "core/base/clock.h"
#include "core/base/random.h"
#include "core/base/sized.h"
#include "core/trace/filter.h"
#include "core/trace/span.h"
#include "core/trace/tracer.h"

_Static_assert(sizeof(struct pt_call_template) % 8 == 0, "a template is whole words");

struct pt_pool pt_calls = PT_POOL_INIT(sizeof(struct pt_call), PT_CALL_BLOCK_SHIFT);

static void store_template(struct pt_call *call, const struct pt_call_template *template)
{
    const unsigned char *bytes = (const void *)template;
    for (uint32_t i = 0; i < template->record.size / 8; i++) {
        uint64_t word;
        memcpy(&word, bytes + i * 8, 8);
        atomic_store_explicit(&call->words[i], word, memory_order_release);
    }
    atomic_store_explicit(&call->word_count, template->record.size / 8, memory_order_release);
}

bool pt_call_read(uint64_t handle, struct pt_call_template *ret_template, uint64_t *ret_root)
{
    struct pt_call *call = pt_call_find(handle);
    if (!call) {
        return false;
    }
    *ret_root = atomic_load_explicit(&call->root, memory_order_acquire);
    pt_call_copy(call, &ret_template->record);
    return pt_call_is_still(call, handle);
}

/* A parent counts when its ids are real; a context may also carry a call id alone. */
static const struct patter_context *usable_parent(const struct patter_call_options *options)
{
    static const uint8_t zeros[16];
    const struct patter_context *parent = options->parent;
    if (!parent || memcmp(parent->trace_id, zeros, 16) == 0 ||
        memcmp(parent->span_id, zeros, 8) == 0) {
        return NULL;
    }
    return parent;
}

static void set_texts(struct pt_thread *thread, struct pt_call_template *template,
                      struct patter_str call_id, const struct patter_context *parent)
{
    struct pt_record *record = &template->record;
    record->call_id_len = (uint16_t)call_id.len;
    pt_record_put(template->texts, call_id);
    if (parent) {
        char buffer[PT_TRACESTATE_MAX + 1];
        struct patter_str tracestate = pt_filter_tracestate(thread, parent->tracestate, buffer);
        record->tracestate_len = (uint16_t)tracestate.len;
        pt_record_put((unsigned char *)record + pt_record_tracestate_at(record), tracestate);
    }
    record->size = pt_record_name_at(record);
}

/* The given id, else the one that came with the parent, else a fresh one. */
static struct patter_str choose_call_id(struct pt_thread *thread,
                                        const struct patter_call_options *options,
                                        char buffer[PT_CALL_ID_MAX])
{
    struct patter_str id = options->id;
    if (id.len == 0 && options->parent) {
        id = (struct patter_str){ options->parent->call_id,
                                  strnlen(options->parent->call_id, PT_CALL_ID_MAX) };
    }
    if (id.len == 0) {
        pt_random_uuid(buffer);
        return patter_text(buffer);
    }
    return pt_filter_call_id(thread, id, buffer);
}

/* Fills the template for the call's root span; its parent_id is the remote parent's as yet. */
static void make_template(struct pt_thread *thread, const struct patter_call_options *options,
                          struct pt_call_template *template)
{
    enum { SAMPLED = 1, RANDOM = 2 };
    const struct patter_context *parent = usable_parent(options);
    struct pt_record *record = &template->record;
    uint64_t random[2] = { pt_generator_next(&thread->generator),
                           pt_generator_next(&thread->generator) };
    char buffer[PT_CALL_ID_MAX];

    *record = (struct pt_record){ 0 };
    memcpy(record->trace_id, parent ? (const void *)parent->trace_id : random, 16);
    if (parent) {
        memcpy(record->parent_id, parent->span_id, 8);
    }
    bool sampled = pt_sampler_decide(&pt_tracer()->sampler, record->trace_id, parent != NULL,
                                     parent && (parent->flags & SAMPLED));
    record->flags = PT_FLAG_REMOTE_KNOWN | (parent ? PT_FLAG_REMOTE : 0) |
                    (parent ? parent->flags & RANDOM : RANDOM) | (sampled ? SAMPLED : 0);
    record->kind =
        (uint8_t)(options->kind > 0 && options->kind <= PATTER_KIND_CONSUMER ? options->kind
                  : parent                                                   ? PATTER_KIND_SERVER
                           : PATTER_KIND_INTERNAL);
    set_texts(thread, template, choose_call_id(thread, options, buffer), parent);
}

/* From the root span's template to the one of its children. */
static void make_child_template(struct pt_call_template *template, const void *root_span_id)
{
    struct pt_record *record = &template->record;
    memcpy(record->parent_id, root_span_id, 8);
    record->flags &= ~(uint32_t)PT_FLAG_REMOTE;
    record->kind = PATTER_KIND_INTERNAL;
}

static void set_text(struct pt_thread *thread, struct pt_slot *root, uint32_t key,
                     struct patter_str text)
{
    if (text.len > 0) {
        pt_span_set_text(thread, root, key, text);
    }
}

/* A thread keeps a few spare calls, so that most touch nothing shared. */
static struct pt_call *take(struct pt_thread *thread)
{
    if (thread->spare_call_count > 0) {
        return thread->spare_calls[--thread->spare_call_count];
    }
    uint32_t index = pt_pool_take(&pt_calls);
    struct pt_call *call = index != UINT32_MAX ? pt_call_at(index) : NULL;
    if (call) {
        call->index = index;
    }
    return call;
}

static void give(struct pt_thread *thread, struct pt_call *call)
{
    if (thread->spare_call_count < PT_SPARE_CALLS) {
        thread->spare_calls[thread->spare_call_count++] = call;
    } else {
        pt_pool_give(&pt_calls, call->index);
    }
}

static struct patter_call begin(struct pt_thread *thread, const struct patter_call_options *options)
{
    struct patter_call none = { 0 };
    struct pt_call_template template;
    uint64_t root_id = pt_generator_next(&thread->generator);
    uint64_t root_handle = 0;

    make_template(thread, options, &template);
    pt_count(thread, PT_STARTED, 1);
    if (template.record.flags & 1) {
        struct pt_slot *root =
            pt_span_begin_root(thread, &template, root_id, options->begin_unix_ns, &root_handle);
        if (!root) {
            return none;
        }
        set_text(thread, root, PATTER_KEY_CALL_DIRECTION, options->direction);
        set_text(thread, root, PATTER_KEY_CALL_PROVIDER_MODE, options->provider_mode);
    } else {
        pt_count(thread, PT_UNSAMPLED, 1);
    }

    struct pt_call *call = take(thread);
    if (!call) {
        if (root_handle) {
            pt_span_end_root(thread, pt_slot_find(root_handle), root_handle, 0);
        }
        return none;
    }
    make_child_template(&template, &root_id);
    store_template(call, &template);
    atomic_store_explicit(&call->root, root_handle, memory_order_release);
    uint32_t generation = atomic_load_explicit(&call->generation, memory_order_relaxed) + 1;
    atomic_store_explicit(&call->generation, generation, memory_order_release);
    return (struct patter_call){ (uint64_t)generation << 32 | (call->index + 1) };
}

struct patter_call patter_call_begin_(const struct patter_call_options *options)
{
    struct patter_call_options known = { 0 };
    struct patter_call call = { 0 };
    struct pt_thread *thread = pt_section_enter();
    if (PT_UNLIKELY(!thread)) {
        thread = pt_section_enter_first();
    }
    if (thread) {
        if (options) {
            pt_sized_take(&known, sizeof(known), options);
        }
        call = begin(thread, &known);
        pt_section_exit(thread);
    }
    return call;
}

static bool claim(struct pt_call *call, uint64_t handle)
{
    uint32_t generation = (uint32_t)(handle >> 32);
    return atomic_compare_exchange_strong_explicit(&call->generation, &generation, generation + 1,
                                                   memory_order_acq_rel, memory_order_relaxed);
}

void patter_call_end_(struct patter_call handle, uint64_t end_unix_ns)
{
    struct pt_thread *thread = pt_section_enter();
    if (!thread) {
        return;
    }
    struct pt_call *call = pt_call_find(handle.handle);
    uint64_t root = call ? atomic_load_explicit(&call->root, memory_order_acquire) : 0;
    if (call && claim(call, handle.handle)) {
        give(thread, call);
        if (root) {
            pt_span_end_root(thread, pt_slot_find(root), root, end_unix_ns);
        }
    } else {
        pt_count_misuse(thread, handle.handle);
    }
    pt_section_exit(thread);
}

struct patter_span patter_call_root_(struct patter_call handle)
{
    struct pt_call *call = pt_call_find(handle.handle);
    struct patter_span root = { call ? atomic_load_explicit(&call->root, memory_order_acquire)
                                     : 0 };
    return root;
}

/* The open call of that index, not open any more; NULL: it was not. */
static struct pt_call *abandon(uint32_t index)
{
    struct pt_call *call = pt_call_at(index);
    uint32_t generation = atomic_load_explicit(&call->generation, memory_order_acquire);
    bool is_open = generation % 2 == 1 && claim(call, (uint64_t)generation << 32 | (index + 1));
    return is_open ? call : NULL;
}

void pt_calls_abandon_all(void)
{
    for (uint32_t i = pt_pool_size(&pt_calls); i > 0; i--) {
        struct pt_call *call = abandon(i - 1);
        if (call) {
            pt_pool_give(&pt_calls, call->index);
        }
    }
}

void pt_calls_forget(void)
{
    for (uint32_t i = pt_pool_size(&pt_calls); i > 0; i--) {
        abandon(i - 1);
    }
    pt_pool_give_all(&pt_calls);
}
