/* SPDX-License-Identifier: MIT */
#include "core/config/privacy.h"

#include <criterion/criterion.h>

#include "core/base/text.h"
#include "tests/unit/config/support.h"

TestSuite(privacy, .init = enter_folder, .fini = leave_folder);

Test(privacy, classes_and_choices)
{
    struct pt_settings *settings =
        expect_settings("privacy:\n"
                        "  allowed_keys:\n"
                        "    - app.plain\n"
                        "    - {key: app.size, class: size}\n"
                        "    - {key: app.queue, choices: [a, b]}\n"
                        "    - {key: app.ref, class: identifier, choices: [x]}\n"
                        "    - {key: getpatter.tool.name, choices: [lookup, book]}\n"
                        "    - {key: error.type, class: name, choices: [timeout]}\n",
                        "");
    cr_assert_eq(settings->allowed_key_count, 6);
    cr_expect_eq(settings->allowed_keys[0].value_class, PT_CLASS_ANY);
    cr_expect_eq(settings->allowed_keys[1].value_class, PT_CLASS_COUNT);
    cr_expect_eq(settings->allowed_keys[2].value_class, PT_CLASS_CHOICE);
    cr_expect_eq(settings->allowed_keys[3].value_class, PT_CLASS_IDENTIFIER);
    cr_expect_eq(settings->allowed_keys[4].value_class, PT_CLASS_NAME);
    cr_expect_str_eq(settings->allowed_keys[4].choices[1], "book");
    cr_expect_eq(settings->allowed_keys[4].place.line, 7);
    cr_expect_eq(settings->allowed_keys[5].value_class, PT_CLASS_NAME);
    pt_settings_destroy(settings);
}

Test(privacy, free_text_and_wildcards_are_refused)
{
    static const char *const keys[] = {
        "exception.message",
        "exception.stacktrace",
        "gen_ai.input.messages",
        "gen_ai.output.messages",
        "gen_ai.prompt",
        "gen_ai.prompt.0.content",
        "gen_ai.completion",
        "gen_ai.system_instructions",
        "gen_ai.tool.definitions",
        "gen_ai.tool.call.arguments",
        "gen_ai.tool.call.result",
        "db.query.text",
        "db.statement",
        "url.full",
        "url.query",
        "http.url",
        "http.target",
    };
    static const char *const lists[] = { "allowed_keys", "hashed_keys" };
    for (size_t i = 0; i < 2 * sizeof(keys) / sizeof(keys[0]); i++) {
        struct pt_problems problems = { 0 };
        struct pt_text text = { 0 };
        struct pt_text expected = { 0 };
        pt_text_add(&text, "privacy: {hash_key: 0123456789abcdef, %s: [%s]}\n", lists[i % 2],
                    keys[i / 2]);
        struct pt_settings *settings = read_settings(text.data, &problems);
        cr_expect_eq(settings->allowed_key_count, 0, "%s", keys[i / 2]);
        cr_assert_eq(problems.count, 1, "%s", keys[i / 2]);
        pt_text_add(&expected, "`%s` holds free text, which never leaves; remove it", keys[i / 2]);
        cr_expect_str_eq(problems.items[0].text, expected.data);
        pt_settings_destroy(settings);
        pt_problems_clean(&problems);
        pt_text_clean(&text);
        pt_text_clean(&expected);
    }
    expect_faults("privacy:\n"
                  "  allowed_keys: ['*', 'app.*', app.?]\n",
                  "f:2:18: error: there are no wildcards in `allowed_keys`: found `*`; name each "
                  "key that may leave\n"
                  "f:2:23: error: there are no wildcards in `allowed_keys`: found `app.*`; name "
                  "each key that may leave\n"
                  "f:2:32: error: there are no wildcards in `allowed_keys`: found `app.?`; name "
                  "each key that may leave\n");
}

Test(privacy, wrong_keys)
{
    expect_faults(
        "privacy:\n"
        "  allowed_keys:\n"
        "    - App.Queue\n"
        "    - [a]\n"
        "    - {class: count}\n"
        "    - {key: app.a, class: counter}\n"
        "    - {key: app.b, klass: count}\n"
        "    - {key: app.c, class: choice}\n"
        "    - {key: app.d, class: count, choices: [a]}\n"
        "    - {key: app.e, choices: a}\n"
        "    - {key: app.f, choices: [[a]]}\n"
        "    - app.g\n"
        "    - app.g\n"
        "  hash_keys: []\n",
        "f:3:7: error: `App.Queue` is no attribute's name; a name is a small letter and then up "
        "to 127 of small letters, digits, `_`, `.` and `-`\n"
        "f:4:7: error: each item of `allowed_keys` must be the name of an attribute; found a "
        "list\n"
        "f:5:7: error: `key` is missing in an item of `allowed_keys`; add it: the attribute's "
        "name\n"
        "f:6:27: error: `class` must be count, size, duration_ms, ratio, flag, choice, identifier "
        "or name; found `counter`: did you mean count?\n"
        "f:7:20: error: `klass` is no key of an item of `allowed_keys`; did you mean `class`?\n"
        "f:8:7: error: a key of class choice needs its `choices`, as in {key: app.queue, class: "
        "choice, choices: [sales, support]}\n"
        "f:9:27: error: `choices` go with the classes choice, name and identifier alone\n"
        "f:10:29: error: `choices` must be a list of the texts that may leave, as in [sales, "
        "support]\n"
        "f:11:30: error: `choices` must be a list of texts; found a list\n"
        "f:13:7: error: key `app.g` is given twice, first in line 12; keep one of them\n"
        "f:14:3: error: `hash_keys` is no key of privacy; did you mean `hash_key`?\n");
    expect_faults("privacy: {allowed_keys: [{key: app.a, choices: [\"\"]}]}\n",
                  "f:1:49: error: each choice must be a text of 1 to 128 bytes\n");
    expect_faults("privacy: {allowed_keys: app.a}\n",
                  "f:1:25: error: `allowed_keys` must be a list, as in [app.retry_count]; found "
                  "text\n");
    expect_faults("privacy: [app.a]\n",
                  "f:1:10: error: `privacy` must be a map of keys to values; found a list\n");
}

Test(privacy, documented_keys_stay_as_they_are)
{
    expect_faults(
        "privacy:\n"
        "  allowed_keys:\n"
        "    - getpatter.stt.text_len\n"
        "    - {key: getpatter.stt.confidence, class: identifier}\n"
        "    - getpatter.transcript\n"
        "    - error.type\n"
        "  hashed_keys: [getpatter.tool.name]\n"
        "  hash_key: 0123456789abcdef\n",
        "f:3:7: warning: keys of patter's own cannot be changed: what is documented leaves anyhow, "
        "and nothing else begins with `getpatter.`; remove `getpatter.stt.text_len`\n"
        "f:4:7: error: keys of patter's own cannot be changed: what is documented leaves anyhow, "
        "and nothing else begins with `getpatter.`; remove `getpatter.stt.confidence`\n"
        "f:5:7: warning: keys of patter's own cannot be changed: what is documented leaves anyhow, "
        "and nothing else begins with `getpatter.`; remove `getpatter.transcript`\n"
        "f:6:7: warning: `error.type` leaves anyhow; list `choices` to narrow it, or remove it\n"
        "f:7:17: error: `getpatter.tool.name` is documented and leaves as it is; only keys of "
        "your own can be hashed: remove it\n");
}

Test(privacy, the_hash_key)
{
    expect_faults("privacy: {hash_key: canary}\n",
                  "f:1:21: error: `hash_key` is shorter than 16 bytes, so that its hashes could be "
                  "guessed; take the output of `openssl rand -hex 32`\n");
    expect_faults("privacy: {hashed_keys: [app.ref]}\n",
                  "f:1:24: warning: there is no `hash_key`: a random one is taken, and the hashes "
                  "of two processes do not match; set one of at least 16 bytes\n");
    expect_faults("privacy: {hash_key: \"${PATTER_HASH_KEY:-}\"}\n",
                  "f:1:21: warning: there is no `hash_key`: a random one is taken, and the hashes "
                  "of two processes do not match; set one of at least 16 bytes\n");
    expect_faults("privacy: {hash_key: [canary]}\n",
                  "f:1:21: error: `hash_key` must be a text; found a list\n");
    struct pt_settings *settings =
        expect_settings("privacy: {hash_key: 0123456789abcdef, hashed_keys: [app.ref]}\n", "");
    cr_expect(pt_str_is(settings->hash_key, "0123456789abcdef"));
    pt_settings_destroy(settings);
}
