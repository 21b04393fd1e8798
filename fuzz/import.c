/* SPDX-License-Identifier: MIT */
/* An old process's records under today's filter: as many come out, none is longer, and nothing is
 * in them that may not leave today. */
#include "core/storage/import.h"

#include <patter/patter.h>

#include <stdlib.h>
#include <string.h>

#include "core/base/log.h"
#include "core/base/scan.h"
#include "fuzz/support/record.h"

enum { RECORDS_MAX = 6, OWN_KEYS = PT_CLASSES };

static const char *const choices[] = { "abc", "sales", NULL };
static struct pt_hash *hash;
static struct pt_salvaged_keys keys; /* the dead process's */

static void quiet(void *data, int32_t level, const char *text)
{
    (void)data;
    (void)level;
    (void)text;
}

/* Today's verdict on what was let through. */
static void expect_attribute(const struct pt_item *item)
{
    enum pt_class value_class;
    const char *const *allowed;
    struct patter_value value = { .type = item->type };
    struct patter_str text = { (const char *)(item + 1), item->len };
    EXPECT(item->key != PATTER_KEY_CALL_ID && pt_key_verdict(item->key, &value_class, &allowed));
    if (value_class == PT_CLASS_HASHED) {
        EXPECT(item->type == PT_ITEM_TEXT && text.len == 34 && memcmp(text.data, "h-", 2) == 0);
        return;
    }
    if (item->type == PT_ITEM_TEXT) {
        value.as.text = text;
    } else {
        memcpy(&value.as, item + 1, sizeof(value.as.integer));
    }
    EXPECT(pt_class_check(value_class, allowed, &value) == PT_PASS);
}

static void expect_attributes(const unsigned char *at, uint32_t count)
{
    for (; count > 0; count--) {
        const struct pt_item *item = (const void *)at;
        expect_attribute(item);
        at += sizeof(*item) + pt_pad8(item->len);
    }
}

static void expect_name(struct patter_str name)
{
    EXPECT(name.len == 0 || pt_class_check_text(PT_CLASS_IDENTIFIER, NULL, name) == PT_PASS);
}

/* It is clean, or a hash, of which a short id's is cut. */
static void expect_call_id(struct patter_str id)
{
    bool is_hash = id.len >= 2 && memcmp(id.data, "h-", 2) == 0;
    for (size_t i = 2; is_hash && i < id.len; i++) {
        is_hash = strchr("0123456789abcdef", id.data[i]) != NULL;
    }
    EXPECT(id.len == 0 || is_hash || pt_scan(id) == PT_SCAN_CLEAN);
}

static void expect_record(const struct pt_record *record)
{
    const unsigned char *bytes = (const void *)record;
    expect_name(pt_record_name(record));
    expect_call_id(pt_record_call_id(record));
    for (uint32_t at = pt_record_items_at(record); at < record->size;) {
        const struct pt_item *item = (const void *)(bytes + at);
        const unsigned char *payload = (const void *)(item + 1);
        const struct pt_item_event *event = (const void *)payload;
        if (item->type == PT_ITEM_EVENT) {
            const unsigned char *name = payload + sizeof(*event);
            expect_name((struct patter_str){ (const char *)name, event->name_len });
            expect_attributes(name + pt_pad8(event->name_len), event->attribute_count);
        } else if (item->type != PT_ITEM_LINK) {
            expect_attribute(item);
        }
        at += (uint32_t)sizeof(*item) + pt_pad8(item->len);
    }
}

/* The dead process numbered its keys otherwise, and knew others. */
static void take_keys(struct fuzz_input *input)
{
    static const char own[] = "fuzz.key_a";
    memset(&keys, 0, sizeof(keys));
    keys.count = 24;
    for (uint32_t i = 1; i < keys.count; i++) {
        struct pt_key_place *place = &keys.places[i];
        uint8_t which = fuzz_u8(input);
        struct patter_str name = patter_text(own);
        if (which >= 0x80) {
            name = pt_key_name(which % 32);
        }
        memcpy(place->name, name.data, name.len);
        place->len = (uint32_t)name.len;
        if (which < 0x80) {
            place->name[name.len - 1] = (char)('a' + which % (OWN_KEYS + 2));
        }
    }
}

/* What the damaged records' sizes are made to be: the caller knows them. */
static void keep_sizes(unsigned char *bytes, const uint32_t *sizes, uint32_t count)
{
    for (uint32_t i = 0; i < count; bytes += sizes[i], i++) {
        memcpy(bytes, &sizes[i], sizeof(sizes[i]));
    }
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    struct pt_key_permission permissions[OWN_KEYS];
    char name[] = "fuzz.key_a";
    (void)argc;
    (void)argv;
    patter_set_log(quiet, NULL);
    hash = pt_hash_new("0123456789abcdef0123456789abcdef", 32);
    for (enum pt_class value_class = PT_CLASS_ANY; value_class < PT_CLASSES; value_class++) {
        name[sizeof(name) - 2] = (char)('a' + (int)value_class);
        permissions[value_class] =
            (struct pt_key_permission){ pt_key_intern(patter_text(name)), value_class,
                                        value_class == PT_CLASS_CHOICE ? choices : NULL };
    }
    EXPECT(hash && pt_keys_permit(permissions, OWN_KEYS));
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = { data, size };
    _Alignas(8) unsigned char scratch[RECORDS_MAX * FUZZ_RECORD_MAX];
    uint32_t sizes[RECORDS_MAX];
    uint16_t starts[RECORDS_MAX];
    uint32_t len = 0;
    uint32_t count = 1 + fuzz_u8(&input) % RECORDS_MAX;
    take_keys(&input);
    for (uint32_t i = 0; i < count; i++) {
        sizes[i] = fuzz_record(&input, scratch + len);
        len += sizes[i];
    }
    (void)fuzz_damage(&input, scratch, len, NULL);
    keep_sizes(scratch, sizes, count);
    unsigned char *from = fuzz_alloc(len);
    unsigned char *to = fuzz_alloc(len);
    memcpy(from, scratch, len);
    uint32_t written = pt_import(&keys, hash, from, len, to, starts);
    EXPECT(written <= len);
    for (uint32_t i = 0, at = 0; i < count; i++) {
        const struct pt_record *record = (const void *)(to + at);
        bool was_sound = pt_record_is_sound((const void *)from, sizes[i]);
        EXPECT(starts[i] * 8u == at && record->size <= sizes[i]);
        EXPECT(pt_record_is_sound(record, written - at) == was_sound);
        if (was_sound) {
            expect_record(record);
        }
        at += record->size;
        from += sizes[i];
        EXPECT(i + 1 < count || at == written);
    }
    fuzz_release();
    return 0;
}
