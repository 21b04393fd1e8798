/* SPDX-License-Identifier: MIT */
#include <string.h>

#include <patter/exporter.h>
#include <patter/version.h>

#include "bench/micro/micro.h"
#include "bench/micro/tracing.h"
#include "core/pipeline/cursor.h"
#include "core/pipeline/view.h"
#include "plugins/otlp/encode.h"
#include "plugins/otlp/gzip.h"
#include "plugins/otlp/json.h"

/* A batch of 512 spans on its way out: taken from the log, as views, as bytes, as fewer bytes. The
 * figures are for one span of it. */

enum { SPANS = 512, TURN_SPANS = 4, LEAST_BYTES = 100, GZIP_LEVEL = 1 };

static struct pt_log_segments records_log;
static struct pt_arena arena;
static struct patter_batch batch;
static struct otlp_buffer encoded;
static struct otlp_buffer compressed;

static void fill_log(uint32_t count)
{
    if (records_log.end == 0) {
        struct patter_call call = micro_call_begin();
        for (uint32_t i = 0; i < count / TURN_SPANS; i++) {
            micro_turn(call, i);
        }
        micro_drain(&records_log);
        patter_call_end(call);
        micro_drain(NULL);
    }
}

static void view(uint32_t count)
{
    static const struct patter_attribute resource[] = {
        { .key = { "service.name", 12 },
          .value = { .type = PATTER_TEXT, .as.text = { "front-desk-bot", 14 } } }
    };
    struct pt_cursor cursor = { 0 };
    struct pt_slice slice;
    pt_arena_reset(&arena);
    batch = (struct patter_batch){ .struct_size = sizeof(batch),
                                   .resource = resource,
                                   .resource_count = 1,
                                   .scope_name = patter_text("getpatter"),
                                   .scope_version = patter_text(PATTER_VERSION) };
    if (pt_cursor_take(&cursor, &records_log, count, UINT64_MAX, &slice)) {
        batch.spans = pt_views_make(slice.bytes, slice.count, &arena, &batch.span_count);
        pt_cursor_done(&cursor, &slice);
    }
}

static bool check_views(uint32_t count)
{
    return batch.spans && batch.span_count == count && batch.spans[0]->attribute_count > 1;
}

static void prepare_views(uint32_t count)
{
    fill_log(count);
    view(count);
}

static void encode(uint32_t count)
{
    (void)count;
    otlp_encode(&batch, &encoded);
}

static bool check_encoded(uint32_t count)
{
    return encoded.len > (size_t)count * LEAST_BYTES && encoded.data[0] == 0x0a;
}

static void encode_json(uint32_t count)
{
    (void)count;
    otlp_encode_json(&batch, &encoded);
}

static bool check_json(uint32_t count)
{
    static const char begin[] = "{\"resourceSpans\":[";
    return encoded.len > (size_t)count * LEAST_BYTES &&
           memcmp(encoded.data, begin, sizeof(begin) - 1) == 0 &&
           encoded.data[encoded.len - 1] == '}';
}

static void prepare_bytes(uint32_t count)
{
    prepare_views(count);
    encode(count);
}

static void compress(uint32_t count)
{
    (void)count;
    otlp_gzip(&encoded, GZIP_LEVEL, &compressed);
}

static bool check_compressed(uint32_t count)
{
    return check_encoded(count) && compressed.len > count && compressed.len < encoded.len / 2 &&
           compressed.data[0] == 0x1f && compressed.data[1] == 0x8b;
}

const struct micro_case micro_batch_cases[] = {
    { "export.view", "a span of a batch, from the log to its view", SPANS, fill_log, view,
      check_views },
    { "export.protobuf", "a span of a batch, encoded as OTLP", SPANS, prepare_views, encode,
      check_encoded },
    { "export.json", "a span of a batch, encoded as OTLP/JSON", SPANS, prepare_views, encode_json,
      check_json },
    { "export.gzip", "a span of an encoded batch, gzip level 1", SPANS, prepare_bytes, compress,
      check_compressed },
    { 0 },
};
