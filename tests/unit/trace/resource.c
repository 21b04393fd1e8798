/* SPDX-License-Identifier: MIT */
#include "core/trace/resource.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <patter/version.h>

#include "core/base/class.h"
#include "core/base/clock.h"
#include "core/base/sink.h"
#include "core/base/text.h"
#include "core/record/key.h"

static char logged[4096];

static void keep_line(void *data, int32_t level, const char *line)
{
    (void)data;
    (void)level;
    strncat(logged, line, sizeof(logged) - strlen(logged) - 1);
}

static const char *what_was_logged(void)
{
    cr_assert(pt_sink_drain(pt_clock_monotonic_ns() + 10000000000u));
    return logged;
}

static struct pt_resource *resource;

static void begin(void)
{
    logged[0] = '\0';
    pt_sink_set(keep_line, NULL);
    resource = pt_resource_new();
    cr_assert(resource);
}

static void end(void)
{
    pt_resource_destroy(resource);
    pt_sink_set(NULL, NULL);
}

TestSuite(resource, .init = begin, .fini = end);

static const struct patter_value *find(const char *key)
{
    for (size_t i = 0; i < resource->attribute_count; i++) {
        if (pt_str_is(resource->attributes[i].key, key)) {
            return &resource->attributes[i].value;
        }
    }
    return NULL;
}

static bool is(const char *key, const char *text)
{
    const struct patter_value *value = find(key);
    return value && value->type == PATTER_TEXT && pt_str_is(value->as.text, text);
}

static void add(bool from_code, const char *key, const char *text)
{
    struct patter_value value = { .type = PATTER_TEXT, .as.text = patter_text(text) };
    cr_assert(from_code ? pt_resource_add_from_code(resource, patter_text(key), &value)
                        : pt_resource_add(resource, patter_text(key), &value));
}

/* ---- what comes from code ---------------------------------------------------------------- */

static bool permit(uint32_t key, enum pt_class value_class, const char *const *choices)
{
    return pt_keys_permit(&(struct pt_key_permission){ key, value_class, choices }, 1);
}

Test(resource, documented_attributes_from_code_keep_their_names)
{
    static const char *const keys[] = { "service.name",           "service.version",
                                        "service.namespace",      "service.instance.id",
                                        "deployment.environment", "deployment.environment.name",
                                        "telemetry.distro.name" };
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        add(true, keys[i], "staging-1");
        cr_expect(is(keys[i], "staging-1"), "%s", keys[i]);
    }
    cr_expect_eq(resource->attribute_count, 7);
    cr_expect_str_eq(what_was_logged(), "");
}

Test(resource, other_attributes_from_code_are_refused)
{
    static const char *const keys[] = { "host.name",     "process.command_line", "app.tier",
                                        "services.name", "deployment.other",     "" };
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        add(true, keys[i], "harmless");
    }
    cr_expect_eq(resource->attribute_count, 0);
}

Test(resource, an_allowed_key_passes_by_its_class)
{
    uint32_t key = pt_key_intern(patter_text("app.tier"));
    permit(key, PT_CLASS_CHOICE, (const char *const[]){ "gold", NULL });
    add(true, "app.tier", "tin");
    cr_expect_null(find("app.tier"));
    add(true, "app.tier", "gold");
    cr_expect(is("app.tier", "gold"));
    permit(key, PT_CLASS_COUNT, NULL);
    struct patter_value value = { .type = PATTER_INT, .as.integer = 3 };
    uint32_t count = pt_key_intern(patter_text("app.count"));
    permit(count, PT_CLASS_COUNT, NULL);
    cr_assert(pt_resource_add_from_code(resource, patter_text("app.count"), &value));
    cr_expect(find("app.count"));
    pt_keys_permit(NULL, 0);
}

/* A hash belongs to a caller; a resource is the same for all of them. */
Test(resource, a_hashed_key_is_refused)
{
    permit(pt_key_intern(patter_text("app.ref")), PT_CLASS_HASHED, NULL);
    add(true, "app.ref", "x1");
    cr_expect_null(find("app.ref"));
    pt_keys_permit(NULL, 0);
}

Test(resource, a_harmful_value_from_code_is_refused)
{
    static const char *const texts[] = { "555-123-4567",
                                         "alice@example.com",
                                         "my name is alice",
                                         "my-name-is-alice-smith-and",
                                         "4111111111111111",
                                         "1985-04-12",
                                         "TXkgbmFtZSBpcyBBbGljZSBTbWl0aA" };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        add(true, "service.version", texts[i]);
        add(true, "deployment.environment", texts[i]);
        cr_expect_eq(resource->attribute_count, 0, "%s", texts[i]);
        cr_expect_null(strstr(what_was_logged(), texts[i]), "%s", logged);
    }
}

Test(resource, a_sentence_in_a_key_neither_leaves_nor_is_logged)
{
    add(true, "service.my-name-is-alice-smith", "harmless");
    add(true, "service.5551234567", "harmless");
    add(true, "service.My Name", "harmless");
    add(true, "my.name.is.alice.smith.and", "harmless");
    cr_expect_eq(resource->attribute_count, 0);
    cr_expect_null(strstr(what_was_logged(), "alice"), "%s", logged);
    cr_expect_null(strstr(what_was_logged(), "555"), "%s", logged);
    cr_expect_null(strstr(what_was_logged(), "My"), "%s", logged);
}

Test(resource, a_refused_attribute_is_logged_by_its_key_and_never_by_its_value)
{
    add(true, "app.tier", "secretvalue");
    cr_expect(strstr(what_was_logged(), "app.tier") &&
                  strstr(what_was_logged(), "privacy.allowed_keys"),
              "%s", logged);
    logged[0] = '\0';
    add(true, "service.version", "secret value");
    cr_expect(strstr(what_was_logged(), "service.version") &&
                  strstr(what_was_logged(), "patter.yaml"),
              "%s", logged);
    cr_expect_null(strstr(what_was_logged(), "secret"), "%s", logged);
}

/* ---- the service's name -------------------------------------------------------------------- */

Test(resource, a_service_name_may_hold_blanks)
{
    add(true, "service.name", "Front Desk Bot 2");
    cr_expect(is("service.name", "Front Desk Bot 2"));
}

Test(resource, a_service_name_from_code_is_scanned_and_short)
{
    static const char *const refused[] = {
        "",
        "my name is alice smith",
        "call 555 123 4567",
        "alice@example.com",
        "bot\n",
        "caf\xc3\xa9",
        "a-name-of-sixty-five-characters-000000000000000000000000000000000",
    };
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        add(true, "service.name", refused[i]);
        cr_expect_null(find("service.name"), "%s", refused[i]);
    }
}

Test(resource, a_refused_service_name_becomes_the_program)
{
    add(true, "service.name", "my name is alice smith");
    cr_assert(pt_resource_complete(resource, 0));
    cr_expect(is("service.name", "unknown_service:unit-trace"));
}

/* ---- the operator's words ------------------------------------------------------------------- */

Test(resource, what_the_operator_wrote_leaves_as_it_is)
{
    add(false, "service.name", "Alice Smith's very own front desk bot, 555-123-4567");
    add(false, "anything.at.all", "two words");
    cr_expect(is("service.name", "Alice Smith's very own front desk bot, 555-123-4567"));
    cr_expect(is("anything.at.all", "two words"));
}

Test(resource, the_first_who_gives_a_key_wins)
{
    add(false, "service.name", "first");
    add(true, "service.name", "second");
    cr_expect(is("service.name", "first"));
    cr_expect_eq(resource->attribute_count, 1);
}

Test(resource, it_owns_its_memory)
{
    char key[] = "service.version";
    char text[] = "1.2.3";
    add(false, key, text);
    memset(key, 'x', sizeof(key) - 1);
    memset(text, 'x', sizeof(text) - 1);
    cr_expect(is("service.version", "1.2.3"));
}

/* ---- what every resource has ------------------------------------------------------------------
 */

Test(resource, of_an_earlier_process_only_what_may_leave_today)
{
    static const struct {
        const char *key, *text;
        bool may;
    } cases[] = {
        { "service.name", "order desk", true },
        { "service.name", "call +49 170 1234567", false },
        { "service.instance.id", "3b1e3a68-1af6-4564-9e9d-fa21a27e6291", true },
        { "telemetry.sdk.version", "0.0.9", true },
        { "site.floor", "the second, on the left", true }, /* word for word the operator's */
        { "site.floor", "third", true },
        { "site.floor", "where Alice Smith sits", false },
        { "site.room", "third", false },
    };
    add(false, "site.floor", "the second, on the left");
    cr_assert(pt_resource_complete(resource, 0));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct patter_attribute attribute = {
            patter_text(cases[i].key),
            { .type = PATTER_TEXT, .as.text = patter_text(cases[i].text) },
        };
        cr_expect_eq(pt_resource_may_recover(resource, &attribute), cases[i].may, "%s: %s",
                     cases[i].key, cases[i].text);
    }
}

Test(resource, says_what_sends)
{
    cr_assert(pt_resource_complete(resource, 0));
    cr_expect(is("telemetry.sdk.name", "patter"));
    cr_expect(is("telemetry.sdk.language", "c"));
    cr_expect(is("telemetry.sdk.version", PATTER_VERSION));
    cr_expect_eq(resource->attribute_count, 5, "and service.name and service.instance.id");
}

Test(resource, an_instance_id_is_a_fresh_uuid_unless_given)
{
    char first[37];
    cr_assert(pt_resource_complete(resource, 0));
    const struct patter_value *value = find("service.instance.id");
    cr_assert_eq(value->as.text.len, 36);
    memcpy(first, value->as.text.data, 37);
    pt_resource_destroy(resource);

    resource = pt_resource_new();
    cr_assert(pt_resource_complete(resource, 0));
    cr_expect_not(is("service.instance.id", first));
    pt_resource_destroy(resource);

    resource = pt_resource_new();
    add(true, "service.instance.id", "bot-7");
    cr_assert(pt_resource_complete(resource, 0));
    cr_expect(is("service.instance.id", "bot-7"));
}

Test(resource, host_and_process_are_told_only_when_asked)
{
    char host_name[256];
    gethostname(host_name, sizeof(host_name));
    cr_assert(pt_resource_complete(resource, 0));
    cr_expect_null(find("host.name"));
    cr_expect_null(find("process.pid"));
    cr_assert(pt_resource_complete(resource, PT_DETECT_HOST | PT_DETECT_PROCESS));
    cr_expect(is("host.name", host_name));
    cr_expect(is("os.type", "linux"));
    cr_expect(find("host.arch"));
    cr_expect_eq(find("process.pid")->as.integer, getpid());
    cr_expect(is("process.executable.name", "unit-trace"));
}

Test(resource, a_command_line_is_never_told)
{
    cr_assert(pt_resource_complete(resource, ~0u));
    for (size_t i = 0; i < resource->attribute_count; i++) {
        cr_expect_not(pt_str_starts(resource->attributes[i].key, "process.command"));
        cr_expect_not(pt_str_is(resource->attributes[i].key, "process.executable.path"));
    }
}
