/* SPDX-License-Identifier: MIT */
#include "core/trace/resource.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <patter/version.h>

#include "core/base/class.h"
#include "core/base/log.h"
#include "core/base/random.h"
#include "core/base/scan.h"
#include "core/base/text.h"
#include "core/record/key.h"

enum { RESOURCE_MAX = 128, SERVICE_NAME_MAX = 64, PATH_BYTES = 4096 };

struct pt_resource *pt_resource_new(void)
{
    struct pt_resource *resource = calloc(1, sizeof(*resource));
    struct patter_attribute *attributes = calloc(RESOURCE_MAX, sizeof(*attributes));
    if (!resource || !attributes) {
        free(resource);
        free(attributes);
        return NULL;
    }
    resource->attributes = attributes;
    resource->capacity = RESOURCE_MAX;
    return resource;
}

void pt_resource_destroy(struct pt_resource *resource)
{
    if (resource) {
        pt_arena_clean(&resource->arena);
        free((void *)resource->attributes);
        free(resource);
    }
}

/* NULL: it has none such. */
static const struct patter_value *find(const struct pt_resource *resource, struct patter_str key)
{
    for (size_t i = 0; i < resource->attribute_count; i++) {
        if (pt_str_equal(resource->attributes[i].key, key)) {
            return &resource->attributes[i].value;
        }
    }
    return NULL;
}

bool pt_resource_add(struct pt_resource *resource, struct patter_str key,
                     const struct patter_value *value)
{
    if (find(resource, key)) {
        return true;
    }
    if (resource->attribute_count == resource->capacity) {
        pt_log(PATTER_LOG_WARNING, "more than %zu resource attributes; the rest is left out",
               resource->capacity);
        return true;
    }
    struct patter_attribute attribute = { pt_arena_copy(&resource->arena, key), *value };
    if (value->type == PATTER_TEXT) {
        attribute.value.as.text = pt_arena_copy(&resource->arena, value->as.text);
    }
    if (!attribute.key.data || (value->type == PATTER_TEXT && !attribute.value.as.text.data)) {
        return false;
    }
    ((struct patter_attribute *)resource->attributes)[resource->attribute_count++] = attribute;
    return true;
}

static bool add_text(struct pt_resource *resource, const char *key, const char *text)
{
    struct patter_value value = { .type = PATTER_TEXT, .as.text = patter_text(text) };
    return pt_resource_add(resource, patter_text(key), &value);
}

/* ---- what comes from code ------------------------------------------------------ */

/* A name for people: words and blanks, of which no scanner makes more. */
static bool is_service_name(struct patter_str text)
{
    char joined[SERVICE_NAME_MAX];
    if (text.len == 0 || text.len > SERVICE_NAME_MAX) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        joined[i] = text.data[i] == ' ' ? '_' : text.data[i];
    }
    struct patter_str view = { joined, text.len };
    return pt_class_check_text(PT_CLASS_IDENTIFIER, NULL, view) == PT_PASS;
}

static bool is_documented(struct patter_str key)
{
    return pt_str_starts(key, "service.") || pt_str_starts(key, "telemetry.") ||
           pt_str_is(key, "deployment.environment") ||
           pt_str_is(key, "deployment.environment.name");
}

/* What stands behind "service." is the caller's of patter_init_tracing, too. */
static bool is_clean_key(struct patter_str key)
{
    return pt_class_is_key(key) && pt_scan(key) == PT_SCAN_CLEAN;
}

static bool may_leave(struct patter_str key, const struct patter_value *value)
{
    enum pt_class value_class = PT_CLASS_ANY;
    const char *const *choices = NULL;
    if (pt_str_is(key, "service.name")) {
        return value->type == PATTER_TEXT && is_service_name(value->as.text);
    }
    if (!pt_key_verdict(pt_key_find(key), &value_class, &choices) &&
        !(is_documented(key) && is_clean_key(key))) {
        return false;
    }
    return value_class != PT_CLASS_HASHED && pt_class_check(value_class, choices, value) == PT_PASS;
}

bool pt_resource_add_from_code(struct pt_resource *resource, struct patter_str key,
                               const struct patter_value *value)
{
    if (may_leave(key, value)) {
        return pt_resource_add(resource, key, value);
    }
    enum pt_class value_class;
    const char *const *choices;
    if (!pt_class_is_loggable_key(key)) {
        pt_log(PATTER_LOG_WARNING, "a resource attribute given in code may not leave");
    } else if (is_documented(key) || pt_key_verdict(pt_key_find(key), &value_class, &choices)) {
        pt_log(PATTER_LOG_WARNING,
               "resource attribute " PT_STR_FMT " given in code may not leave: its value is not of "
               "its class, or looks like a person's data; give it in patter.yaml, under `resource`",
               PT_STR_ARG(key));
    } else {
        pt_log(PATTER_LOG_WARNING,
               "resource attribute " PT_STR_FMT " given in code may not leave; add it to "
               "privacy.allowed_keys",
               PT_STR_ARG(key));
    }
    return true;
}

bool pt_resource_may_recover(const struct pt_resource *resource,
                             const struct patter_attribute *attribute)
{
    const struct patter_value *value = &attribute->value;
    const struct patter_value *today = find(resource, attribute->key);
    bool is_same = today && today->type == PATTER_TEXT && value->type == PATTER_TEXT &&
                   pt_str_equal(today->as.text, value->as.text);
    return is_same || may_leave(attribute->key, value) ||
           (today && pt_class_check(PT_CLASS_ANY, NULL, value) == PT_PASS);
}

/* ---- what every resource has ------------------------------------------------------ */

/* The program's file name, where that is harmless. */
static void write_default_service_name(char *text, size_t size)
{
    char path[PATH_BYTES];
    ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);
    snprintf(text, size, "unknown_service");
    if (len > 0) {
        path[len] = '\0';
        const char *name = strrchr(path, '/');
        struct patter_str program = patter_text(name ? name + 1 : path);
        if (pt_class_check_text(PT_CLASS_IDENTIFIER, NULL, program) == PT_PASS) {
            snprintf(text, size, "unknown_service:" PT_STR_FMT, PT_STR_ARG(program));
        }
    }
}

static bool detect_host(struct pt_resource *resource)
{
    struct utsname system;
    if (uname(&system) != 0) {
        return true;
    }
    const char *arch = strcmp(system.machine, "x86_64") == 0    ? "amd64"
                       : strcmp(system.machine, "aarch64") == 0 ? "arm64"
                                                                : system.machine;
    return add_text(resource, "host.name", system.nodename) &&
           add_text(resource, "host.arch", arch) && add_text(resource, "os.type", "linux") &&
           add_text(resource, "os.version", system.release);
}

static bool detect_process(struct pt_resource *resource)
{
    char path[PATH_BYTES];
    struct patter_value pid = { .type = PATTER_INT, .as.integer = getpid() };
    if (!pt_resource_add(resource, patter_text("process.pid"), &pid)) {
        return false;
    }
    ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);
    if (len <= 0) {
        return true;
    }
    path[len] = '\0';
    const char *name = strrchr(path, '/');
    return add_text(resource, "process.executable.name", name ? name + 1 : path);
}

bool pt_resource_complete(struct pt_resource *resource, unsigned detectors)
{
    char service_name[160];
    char instance_id[37];
    write_default_service_name(service_name, sizeof(service_name));
    pt_random_uuid(instance_id);
    return add_text(resource, "service.name", service_name) &&
           add_text(resource, "service.instance.id", instance_id) &&
           add_text(resource, "telemetry.sdk.name", "patter") &&
           add_text(resource, "telemetry.sdk.language", "c") &&
           add_text(resource, "telemetry.sdk.version", PATTER_VERSION) &&
           (!(detectors & PT_DETECT_HOST) || detect_host(resource)) &&
           (!(detectors & PT_DETECT_PROCESS) || detect_process(resource));
}
