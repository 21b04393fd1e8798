/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "cli/command.h"
#include "cli/json.h"
#include "cli/page.h"
#include "cli/probe.h"
#include "cli/settings.h"
#include "core/config/privacy.h"
#include "core/record/key.h"
#include "core/trace/resource.h"

/* What can leave under a configuration, as the filter itself decides it. */

enum { KEY = 2, CLASS = 42, CLASS_WORDS = 16, DOOR_WORDS = 35 };

static const struct {
    const char *door;
    const char *what;
} shut_doors[] = {
    { "any other attribute", "dropped where it is set, and counted" },
    { "a value outside its class",
      "dropped, and counted; so is one that looks like a phone number, "
      "an e-mail address, a card, an IBAN, a date, a network address, a "
      "sentence or encoded text" },
    { "span and event names", "identifiers alone; another becomes getpatter.custom" },
    { "call ids", "identifiers alone; another, such as a phone number, becomes its keyed hash" },
    { "status descriptions", "dropped; the code and error.type stay" },
    { "exceptions", "the type alone, no message, no stack" },
    { "attributes of links and events", "filtered as a span's" },
    { "tracestate",
      "only where it is valid by W3C, without members that have blanks or that a scanner stops" },
    { "baggage", "neither read nor sent" },
    { "resource from code",
      "service.*, telemetry.*, deployment.environment(.name) and allowed keys "
      "alone; never a command line" },
};

enum { DOOR_COUNT = sizeof(shut_doors) / sizeof(shut_doors[0]) };

static const struct {
    enum pt_class value_class;
    const char *words;
} classes[] = {
    { PT_CLASS_COUNT, "a whole number, 0 or more" },
    { PT_CLASS_DURATION_MS, "milliseconds, 0 or more" },
    { PT_CLASS_RATIO, "a number from 0 to 1" },
    { PT_CLASS_FLAG, "true or false" },
    { PT_CLASS_CHOICE, "one of the texts listed" },
    { PT_CLASS_IDENTIFIER, "1 to 128 of A-Z a-z 0-9 . _ : / -" },
    { PT_CLASS_NAME, "a letter or _, then up to 127 of A-Z a-z 0-9 _ . -" },
    { PT_CLASS_ANY, "a number, true or false, or an identifier" },
    { PT_CLASS_HASHED, "its keyed hash alone (see `patter hash`)" },
};

enum { CLASS_COUNT = sizeof(classes) / sizeof(classes[0]) };

/* What is narrowed to choices lets nothing else through, whatever its class. */
static const char *class_name(enum pt_class value_class, const char *const *choices)
{
    value_class = choices ? PT_CLASS_CHOICE : value_class;
    return value_class == PT_CLASS_ANY ? "any" : pt_class_name(value_class);
}

static const struct pt_allowed_key *find_allowed(const struct pt_settings *settings,
                                                 struct patter_str key)
{
    for (size_t i = 0; i < settings->allowed_key_count; i++) {
        if (pt_str_equal(settings->allowed_keys[i].key, key)) {
            return &settings->allowed_keys[i];
        }
    }
    return NULL;
}

/* As the runtime does it, so that the filter's own table is what is shown. */
static bool allow_keys(const struct pt_settings *settings)
{
    struct pt_key_permission permissions[PT_KEYS_MAX];
    size_t count = settings->allowed_key_count;
    if (count > PT_KEYS_MAX) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        const struct pt_allowed_key *allowed = &settings->allowed_keys[i];
        uint32_t key = pt_key_intern(allowed->key);
        if (key == 0) {
            return false;
        }
        permissions[i] = (struct pt_key_permission){ key, allowed->value_class, allowed->choices };
    }
    return pt_keys_permit(permissions, count);
}

/* ---- for a person ------------------------------------------------------------ */

static void print_key(struct cli_page *page, const struct pt_settings *settings, uint32_t key)
{
    enum pt_class value_class;
    const char *const *choices;
    struct pt_text words = { 0 };
    if (!pt_key_verdict(key, &value_class, &choices)) {
        return;
    }
    const struct pt_allowed_key *allowed = find_allowed(settings, pt_key_name(key));
    pt_text_add(&words, "%s", class_name(value_class, choices));
    for (size_t i = 0; choices && choices[i]; i++) {
        pt_text_add(&words, "%s %s", i == 0 ? ":" : ",", choices[i]);
    }
    if (allowed) {
        pt_text_add(&words, " (%s:%u)", allowed->place.source, allowed->place.line);
    }
    cli_page_tab(page, KEY);
    cli_page_add(page, CLI_STRONG, "%s", pt_key_name(key).data);
    cli_page_tab(page, CLASS);
    cli_page_wrap(page, CLI_PLAIN, CLASS, pt_text_get(&words));
    pt_text_clean(&words);
}

static void print_keys(struct cli_page *page, const struct pt_settings *settings, bool own)
{
    for (uint32_t key = 1; pt_key_name(key).len > 0; key++) {
        if (pt_privacy_is_documented(pt_key_name(key)) != own) {
            print_key(page, settings, key);
        }
    }
}

static bool has_own_keys(const struct pt_settings *settings)
{
    for (size_t i = 0; i < settings->allowed_key_count; i++) {
        if (!pt_privacy_is_documented(settings->allowed_keys[i].key)) {
            return true;
        }
    }
    return false;
}

static void print_classes(struct cli_page *page)
{
    cli_page_heading(page, "classes");
    for (size_t i = 0; i < CLASS_COUNT; i++) {
        cli_page_tab(page, KEY);
        cli_page_add(page, CLI_STRONG, "%s", class_name(classes[i].value_class, NULL));
        cli_page_tab(page, CLASS_WORDS);
        cli_page_wrap(page, CLI_PLAIN, CLASS_WORDS, classes[i].words);
    }
}

static void print_doors(struct cli_page *page)
{
    cli_page_heading(page, "what does not leave");
    for (size_t i = 0; i < DOOR_COUNT; i++) {
        cli_page_tab(page, KEY);
        cli_page_add(page, CLI_STRONG, "%s", shut_doors[i].door);
        cli_page_tab(page, DOOR_WORDS);
        cli_page_wrap(page, CLI_PLAIN, DOOR_WORDS, shut_doors[i].what);
    }
}

static void add_value(struct pt_text *words, const struct patter_value *value)
{
    if (value->type == PATTER_TEXT) {
        pt_text_add_str(words, value->as.text);
    } else {
        pt_text_add(words, "%lld", (long long)value->as.integer);
    }
}

static void print_resource(struct cli_page *page, const struct pt_resource *resource)
{
    for (size_t i = 0; i < resource->attribute_count; i++) {
        struct pt_text words = { 0 };
        add_value(&words, &resource->attributes[i].value);
        cli_page_tab(page, KEY);
        cli_page_add(page, CLI_STRONG, PT_STR_FMT, PT_STR_ARG(resource->attributes[i].key));
        cli_page_tab(page, CLASS);
        cli_page_wrap(page, CLI_PLAIN, CLASS, pt_text_get(&words));
        pt_text_clean(&words);
    }
}

static int print(const struct pt_settings *settings, const struct pt_resource *resource)
{
    struct cli_page page;
    cli_page_init(&page);
    cli_page_add(&page, CLI_PLAIN, "What may leave, under %s:",
                 settings->file ? settings->file : "no file, so the defaults");
    cli_page_end_line(&page);
    cli_page_heading(&page, "attributes that are documented");
    print_keys(&page, settings, false);
    cli_page_heading(&page, has_own_keys(settings) ? "attributes that were allowed"
                                                   : "attributes that were allowed: none");
    print_keys(&page, settings, true);
    cli_page_heading(&page, "of the process (resource)");
    print_resource(&page, resource);
    cli_page_heading(&page, "of each span: name, kind, status code, beginning, end, ids, call id");
    print_classes(&page);
    print_doors(&page);
    bool good = cli_page_flush(&page);
    cli_page_clean(&page);
    return good ? CLI_GOOD_EXIT : CLI_FAULT_EXIT;
}

/* ---- for a program ----------------------------------------------------------- */

static void add_key(struct cli_json *json, const struct pt_settings *settings, uint32_t key)
{
    enum pt_class value_class;
    const char *const *choices;
    if (!pt_key_verdict(key, &value_class, &choices)) {
        return;
    }
    const struct pt_allowed_key *allowed = find_allowed(settings, pt_key_name(key));
    cli_json_open(json, NULL, '{');
    cli_json_text(json, "key", pt_key_name(key).data);
    cli_json_text(json, "class", class_name(value_class, choices));
    cli_json_flag(json, "documented", pt_privacy_is_documented(pt_key_name(key)));
    if (choices) {
        cli_json_open(json, "choices", '[');
        for (size_t i = 0; choices[i]; i++) {
            cli_json_text(json, NULL, choices[i]);
        }
        cli_json_close(json, ']');
    }
    if (allowed) {
        cli_json_text(json, "source", allowed->place.source);
        cli_json_number(json, "line", allowed->place.line);
    }
    cli_json_close(json, '}');
}

static int print_json(const struct pt_settings *settings, const struct pt_resource *resource)
{
    struct cli_json json = { 0 };
    cli_json_open(&json, NULL, '{');
    cli_json_text(&json, "file", settings->file);
    cli_json_open(&json, "attributes", '[');
    for (uint32_t key = 1; pt_key_name(key).len > 0; key++) {
        add_key(&json, settings, key);
    }
    cli_json_close(&json, ']');
    cli_json_open(&json, "resource", '{');
    for (size_t i = 0; i < resource->attribute_count; i++) {
        struct pt_text words = { 0 };
        add_value(&words, &resource->attributes[i].value);
        cli_json_text(&json, resource->attributes[i].key.data, pt_text_get(&words));
        pt_text_clean(&words);
    }
    cli_json_close(&json, '}');
    cli_json_open(&json, "shut", '{');
    for (size_t i = 0; i < DOOR_COUNT; i++) {
        cli_json_text(&json, shut_doors[i].door, shut_doors[i].what);
    }
    cli_json_close(&json, '}');
    cli_json_close(&json, '}');
    return cli_json_flush(&json) ? CLI_GOOD_EXIT : CLI_FAULT_EXIT;
}

static int run(const struct cli_arguments *arguments)
{
    struct cli_settings settings = { 0 };
    struct pt_resource *resource = NULL;
    int exit_code = CLI_FAULT_EXIT;
    if (cli_settings_read(&settings, arguments->operands[0])) {
        resource = cli_probe_resource(settings.settings);
        if (resource && allow_keys(settings.settings)) {
            exit_code = arguments->json ? print_json(settings.settings, resource)
                                        : print(settings.settings, resource);
        } else {
            fprintf(stderr, "patter: memory is short\n");
        }
    }
    pt_resource_destroy(resource);
    cli_settings_clean(&settings);
    return exit_code;
}

const struct cli_command cli_privacy = {
    .name = "privacy",
    .operands = "[FILE]",
    .summary = "show all that can leave the process, key by key",
    .help = "Shows what can leave under FILE (or the patter.yaml that `patter check` names):\n"
            "every attribute with its class, its choices and where it was allowed, what the\n"
            "process says of itself, and the doors that are shut.\n",
    .options = CLI_JSON,
    .operands_max = 1,
    .run = run,
};
