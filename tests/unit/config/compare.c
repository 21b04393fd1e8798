/* SPDX-License-Identifier: MIT */
#include "core/config/compare.h"

#include <criterion/criterion.h>

#include "tests/unit/config/support.h"

TestSuite(compare, .init = enter_folder, .fini = leave_folder);

/* Whether the only exporter is the same in both. */
static bool same_exporter(const char *one, const char *other)
{
    struct pt_settings *a = expect_settings(one, "");
    struct pt_settings *b = expect_settings(other, "");
    bool same = pt_exporters_equal(&a->exporters[0], &b->exporters[0]);
    cr_expect_eq(same, pt_exporters_equal(&b->exporters[0], &a->exporters[0]));
    pt_settings_destroy(a);
    pt_settings_destroy(b);
    return same;
}

Test(compare, an_exporter_is_the_same_by_what_applies_to_it)
{
    static const char plain[] = "exporters: {otlp-http: {endpoint: http://a, headers: {a: 1, b: "
                                "2}}}\n";
    cr_expect(same_exporter(plain, "# later\n\nexporters:\n  otlp-http:\n    headers: {b: 2, a: "
                                   "1}\n    endpoint: http://a\nlimits: {links: 4}\n"));
    cr_expect_not(same_exporter(plain, "exporters: {otlp-http: {endpoint: http://b, headers: {a: "
                                       "1, b: 2}}}\n"));
    cr_expect_not(same_exporter(plain, "exporters: {otlp-http: {endpoint: http://a, headers: {a: "
                                       "1, b: 3}}}\n"));
    cr_expect_not(
        same_exporter(plain, "exporters: {otlp-http: {endpoint: http://a, headers: {a: 1}}}\n"));
    cr_expect_not(same_exporter(plain, "exporters: {otlp-http/2: {endpoint: http://a, headers: "
                                       "{a: 1, b: 2}}}\n"));
    cr_expect_not(same_exporter(plain, "exporters: {otlp-http: {endpoint: http://a, timeout: 3s, "
                                       "headers: {a: 1, b: 2}}}\n"));
    cr_expect_not(same_exporter(plain, "exporters: {otlp-http: {endpoint: http://a, headers: {a: "
                                       "1, b: 2}}}\nbatch: {schedule_delay: 2s}\n"));
}

Test(compare, a_variable_counts_by_its_value)
{
    setenv("APP_TOKEN", "1", 1);
    struct pt_settings *a =
        expect_settings("exporters: {otlp-http: {headers: {a: \"${APP_TOKEN}\"}}}\n", "");
    struct pt_settings *b =
        expect_settings("exporters: {otlp-http: {headers: {a: \"${APP_TOKEN}\"}}}\n", "");
    setenv("APP_TOKEN", "2", 1);
    struct pt_settings *c =
        expect_settings("exporters: {otlp-http: {headers: {a: \"${APP_TOKEN}\"}}}\n", "");
    unsetenv("APP_TOKEN");
    cr_expect(pt_exporters_equal(&a->exporters[0], &b->exporters[0]));
    cr_expect_not(pt_exporters_equal(&a->exporters[0], &c->exporters[0]));
    pt_settings_destroy(a);
    pt_settings_destroy(b);
    pt_settings_destroy(c);
}

Test(compare, a_resource_by_its_attributes_and_detectors)
{
    static const char *const texts[] = {
        "resource: {a.b: x}\n",
        "# same\nresource:\n  a.b: x\n",
        "resource: {a.b: y}\n",
        "resource: {a.b: x, c.d: y}\n",
        "resource: {a.b: x}\nresource_detectors: [host]\n",
    };
    for (size_t i = 1; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct pt_settings *a = expect_settings(texts[0], "");
        struct pt_settings *b = expect_settings(texts[i], "");
        cr_expect_eq(pt_resources_equal(a, b), i == 1, "number %zu", i);
        pt_settings_destroy(a);
        pt_settings_destroy(b);
    }
}
