/* SPDX-License-Identifier: MIT */
#include "core/storage/origin.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/text.h"
#include "core/record/record.h"
#include "core/storage/block.h"
#include "core/storage/file.h"

#define MAGIC UINT64_C(0x316e696769726f8a) /* a byte that no text has, "rigin1" */

enum { SIZE_MAX_READ = 256 * 1024, ORDER = 0x01020304, SCOPE_VERSION_MAX = 32 };

struct head {
    uint64_t magic;
    uint32_t version;
    uint32_t order;       /* of a word's bytes */
    uint32_t record_size; /* of struct pt_record */
    uint32_t pid;
    uint64_t begin_unix_ns;
    uint32_t len; /* bytes behind it */
    uint32_t attribute_count;
    char scope_version[SCOPE_VERSION_MAX];
    uint64_t sum; /* XXH3 of all, with 0 here */
};

/* Before a resource attribute's key and value. */
struct attribute_head {
    uint32_t key_len;
    int32_t type;
    uint32_t len;
};

static struct patter_str bytes_of(const void *bytes, size_t len)
{
    return (struct patter_str){ bytes, len };
}

static void add_attribute(struct pt_text *out, const struct patter_attribute *attribute)
{
    int64_t number = attribute->value.as.integer;
    struct patter_str value = bytes_of(&number, sizeof(number));
    if (attribute->value.type == PATTER_TEXT) {
        value = attribute->value.as.text;
    } else if (attribute->value.type == PATTER_BOOL) {
        number = attribute->value.as.boolean;
    } else if (attribute->value.type == PATTER_DOUBLE) {
        memcpy(&number, &attribute->value.as.real, sizeof(number));
    }
    struct attribute_head head = { .key_len = (uint32_t)attribute->key.len,
                                   .type = attribute->value.type,
                                   .len = (uint32_t)value.len };
    pt_text_add_str(out, bytes_of(&head, sizeof(head)));
    pt_text_add_str(out, attribute->key);
    pt_text_add_str(out, value);
}

int pt_origin_write(int dirfd, const struct pt_origin *origin)
{
    struct pt_text text = { 0 };
    struct head head = { .magic = MAGIC,
                         .version = PT_STORAGE_VERSION,
                         .order = ORDER,
                         .record_size = sizeof(struct pt_record),
                         .pid = origin->pid,
                         .begin_unix_ns = origin->begin_unix_ns,
                         .attribute_count = (uint32_t)origin->resource_count };
    size_t version_len = origin->scope_version.len;
    memcpy(head.scope_version, origin->scope_version.data,
           version_len < SCOPE_VERSION_MAX ? version_len : SCOPE_VERSION_MAX);
    pt_text_add_str(&text, bytes_of(&head, sizeof(head)));
    for (size_t i = 0; i < origin->resource_count; i++) {
        add_attribute(&text, &origin->resource[i]);
    }
    int error = text.truncated ? ENOMEM : 0;
    int fd = error == 0 ? pt_file_open(dirfd, "origin", O_WRONLY | O_CREAT | O_EXCL) : -1;
    if (error == 0 && fd < 0) {
        error = errno;
    }
    if (error == 0) {
        head.len = (uint32_t)(text.len - sizeof(head));
        memcpy(text.data, &head, sizeof(head));
        head.sum = pt_block_sum(text.data, text.len);
        memcpy(text.data, &head, sizeof(head));
        error = pt_file_write(fd, text.data, text.len);
    }
    if (fd >= 0) {
        close(fd);
    }
    pt_text_clean(&text);
    return error;
}

/* ---- reading ------------------------------------------------------------------------ */

static bool take(struct patter_str *rest, size_t len, struct patter_str *ret_bytes)
{
    if (len > rest->len) {
        return false;
    }
    *ret_bytes = pt_str_slice(*rest, 0, len);
    *rest = pt_str_slice(*rest, len, rest->len);
    return true;
}

static bool read_attribute(struct patter_str *rest, struct pt_arena *arena,
                           struct patter_attribute *attribute)
{
    struct attribute_head head;
    struct patter_str bytes, key, value;
    if (!take(rest, sizeof(head), &bytes)) {
        return false;
    }
    memcpy(&head, bytes.data, sizeof(head));
    if (!take(rest, head.key_len, &key) || !take(rest, head.len, &value)) {
        return false;
    }
    *attribute = (struct patter_attribute){ .key = pt_arena_copy(arena, key),
                                            .value = { .type = head.type } };
    if (head.type == PATTER_TEXT) {
        attribute->value.as.text = pt_arena_copy(arena, value);
        return attribute->key.data && attribute->value.as.text.data;
    }
    int64_t number;
    if (value.len != sizeof(number) || head.type < PATTER_BOOL || head.type > PATTER_TEXT) {
        return false;
    }
    memcpy(&number, value.data, sizeof(number));
    if (head.type == PATTER_BOOL) {
        attribute->value.as.boolean = number != 0;
    } else if (head.type == PATTER_INT) {
        attribute->value.as.integer = number;
    } else {
        memcpy(&attribute->value.as.real, &number, sizeof(number));
    }
    return attribute->key.data != NULL;
}

static bool read_resource(struct patter_str rest, uint32_t count, struct pt_origin *origin)
{
    if (count > rest.len / sizeof(struct attribute_head)) {
        return false;
    }
    struct patter_attribute *attributes =
        pt_arena_alloc(&origin->arena, (count + 1) * sizeof(*attributes));
    for (uint32_t i = 0; attributes && i < count; i++) {
        if (!read_attribute(&rest, &origin->arena, &attributes[i])) {
            return false;
        }
    }
    origin->resource = attributes;
    origin->resource_count = count;
    return attributes != NULL;
}

/* MAJOR.MINOR.PATCH, of three digits at most each: nothing else leaves as such. */
static bool is_version(struct patter_str text)
{
    size_t part = 0, digits = 0;
    for (size_t i = 0; i < text.len; i++) {
        bool is_dot = text.data[i] == '.';
        if (is_dot ? digits == 0 : text.data[i] < '0' || text.data[i] > '9' || digits == 3) {
            return false;
        }
        part += is_dot;
        digits = is_dot ? 0 : digits + 1;
    }
    return part == 2 && digits > 0;
}

static enum pt_origin_verdict judge(char *bytes, size_t len, struct pt_origin *origin)
{
    struct head head;
    if (len < sizeof(head)) {
        return PT_ORIGIN_BROKEN;
    }
    memcpy(&head, bytes, sizeof(head));
    if (head.magic != MAGIC) {
        return PT_ORIGIN_BROKEN;
    }
    if (head.version != PT_STORAGE_VERSION || head.order != ORDER ||
        head.record_size != sizeof(struct pt_record)) {
        return PT_ORIGIN_FOREIGN;
    }
    uint64_t sum = head.sum;
    head.sum = 0;
    memcpy(bytes, &head, sizeof(head));
    if (head.len != len - sizeof(head) || sum != pt_block_sum(bytes, len)) {
        return PT_ORIGIN_BROKEN;
    }
    struct patter_str version = { head.scope_version,
                                  strnlen(head.scope_version, SCOPE_VERSION_MAX) };
    origin->pid = head.pid;
    origin->begin_unix_ns = head.begin_unix_ns;
    origin->scope_version =
        pt_arena_copy(&origin->arena, is_version(version) ? version : patter_text(""));
    return origin->scope_version.data && read_resource(bytes_of(bytes + sizeof(head), head.len),
                                                       head.attribute_count, origin)
               ? PT_ORIGIN_READ
               : PT_ORIGIN_BROKEN;
}

enum pt_origin_verdict pt_origin_read(int dirfd, struct pt_origin *ret_origin)
{
    enum pt_origin_verdict verdict = PT_ORIGIN_BROKEN;
    struct pt_origin origin = { 0 };
    size_t len = 0;
    int fd = pt_file_open(dirfd, "origin", O_RDONLY);
    char *bytes = fd >= 0 ? malloc(SIZE_MAX_READ) : NULL;
    int error = bytes ? pt_file_read(fd, bytes, SIZE_MAX_READ, &len) : errno;
    if (error == 0) {
        errno = EBADMSG; /* unless memory is short */
        verdict = judge(bytes, len, &origin);
        error = errno;
    }
    if (verdict == PT_ORIGIN_READ) {
        *ret_origin = origin;
    } else {
        pt_origin_clean(&origin);
    }
    free(bytes);
    if (fd >= 0) {
        close(fd);
    }
    errno = error;
    return verdict;
}

void pt_origin_clean(struct pt_origin *origin)
{
    pt_arena_clean(&origin->arena);
    *origin = (struct pt_origin){ 0 };
}
