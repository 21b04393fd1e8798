/* SPDX-License-Identifier: MIT */
#include "core/plugin/loader.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/plugin/support.h"

static patter_status open_plugin(const char *file, const struct patter_exporter **ret_exporter,
                                 struct patter_error *error)
{
    char path[PT_PLUGIN_PATH_MAX];
    snprintf(path, sizeof(path), "%s/%s", plugins_folder(), file);
    return pt_loader_open(path, ret_exporter, error);
}

static void expect_loaded(const char *name, uint32_t flags)
{
    const struct patter_exporter *exporter = NULL;
    struct patter_error error = { 0 };
    char file[128];
    snprintf(file, sizeof(file), "patter-%s.so", name);
    cr_assert_eq(open_plugin(file, &exporter, &error), PATTER_OK, "%s", error.causes[0].text);
    cr_expect_str_eq(exporter->name, name);
    cr_expect_eq(exporter->flags, flags);
    expect_error(&error, NULL, "");
}

static void expect_refused(const char *file, const char *expected)
{
    const struct patter_exporter *exporter = NULL;
    struct patter_error error = { 0 };
    cr_expect_eq(open_plugin(file, &exporter, &error), PATTER_INVALID);
    cr_expect_null(exporter);
    expect_error(&error, plugins_folder(), expected);
}

Test(loader, sound_plugins)
{
    expect_loaded("hang", 0);
    expect_loaded("slow", PATTER_CONCURRENT);
    expect_loaded("cxx", 0);
    expect_loaded("frozen", 0);
    expect_loaded("newer-minor", PATTER_CONCURRENT | 0x100);
    expect_loaded("hang", 0);
}

Test(loader, stage_open)
{
    expect_refused("absent.so", "open: FOLDER/absent.so: No such file or directory; check the path "
                                "and its rights");
    expect_refused("", "open: FOLDER/: this is a folder, not a file; name the .so itself");
    expect_refused("patter-text.so",
                   "open: FOLDER/patter-text.so: this is no shared object (it does not begin with "
                   "ELF's mark); build the plugin with -shared -fPIC and name the .so");
    expect_refused("patter-missing-library.so",
                   "open: FOLDER/patter-missing-library.so: FOLDER/patter-missing-library.so: "
                   "undefined symbol: patter_nobody_has_this; link the plugin to the library that "
                   "has it (-Wl,-z,defs finds this when it is built); a plugin does not link to "
                   "libpatter");
}

Test(loader, stage_open_pipe)
{
    char folder[] = "/tmp/patter-loader-XXXXXX";
    char path[64];
    struct patter_error error = { 0 };
    const struct patter_exporter *exporter;
    cr_assert(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/p", folder);
    cr_assert_eq(mkfifo(path, 0600), 0);
    cr_expect_eq(pt_loader_open(path, &exporter, &error), PATTER_INVALID);
    expect_error(&error, folder,
                 "open: FOLDER/p: this is a device, pipe or socket, not a file; name the .so "
                 "itself");
    unlink(path);
    rmdir(folder);
}

/* Copies `file` of the test plugins to `path`. */
static void copy_plugin(const char *file, const char *path)
{
    char command[2 * PT_PLUGIN_PATH_MAX];
    snprintf(command, sizeof(command), "cp %s/%s %s", plugins_folder(), file, path);
    cr_assert_eq(system(command), 0);
}

Test(loader, privileged_process_wants_a_safe_file)
{
    if (!pt_loader_is_privileged()) {
        cr_skip_test("needs a privileged process");
    }
    static const struct {
        mode_t mode;
        uid_t owner;
        const char *words; /* NULL: it loads */
    } cases[] = {
        { 0755, 0, NULL },
        { 0757, 0, "owner 0, mode 0757" },
        { 0775, 0, "owner 0, mode 0775" },
        { 0755, 12345, "owner 12345, mode 0755" },
    };
    char folder[] = "/tmp/patter-loader-XXXXXX";
    char path[64];
    cr_assert(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/x.so", folder);
    copy_plugin("patter-fails.so", path);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct patter_error error = { 0 };
        const struct patter_exporter *exporter;
        cr_assert_eq(chown(path, cases[i].owner, 0), 0);
        cr_assert_eq(chmod(path, cases[i].mode), 0);
        patter_status status = pt_loader_open(path, &exporter, &error);
        cr_expect_eq(status, cases[i].words ? PATTER_INVALID : PATTER_OK, "case %zu", i);
        cr_expect(!cases[i].words || strstr(error.causes[0].text, cases[i].words), "case %zu: %s",
                  i, error.causes[0].text);
    }
    unlink(path);
    rmdir(folder);
}

Test(loader, stage_identify)
{
    expect_refused("patter-no-symbol.so",
                   "identify: FOLDER/patter-no-symbol.so: exports no function patter_exporter_v1, "
                   "so it is no patter plugin; end its source with PATTER_EXPORTER(object);");
    expect_refused("patter-newer-abi.so",
                   "identify: FOLDER/patter-newer-abi.so: built for plugin ABI v2; this patter "
                   "loads v1: use a newer patter, or build the plugin against this one's "
                   "exporter.h");
    expect_refused("patter-returns-null.so",
                   "identify: FOLDER/patter-returns-null.so: patter_exporter_v1() returned NULL; "
                   "return a static object");
}

Test(loader, stage_version)
{
    expect_refused("patter-older-option.so",
                   "version: FOLDER/patter-older-option.so: option_size is 48, ABI v1 has 56; set "
                   "it to sizeof(struct patter_option) and build against an installed exporter.h");
    expect_refused("patter-host-key.so",
                   "version: FOLDER/patter-host-key.so: option `retry_on_failure.enabled` is the "
                   "host's own key; remove it from the table");
}

static void expect_fault(const struct patter_exporter *exporter, const char *expected)
{
    struct patter_error error = { 0 };
    patter_status status = pt_loader_check(exporter, &error);
    cr_expect_eq(status, *expected ? PATTER_INVALID : PATTER_OK);
    expect_error(&error, NULL, expected);
}

Test(loader, each_field)
{
    struct patter_exporter sound = sound_exporter(NULL, 0);
    struct patter_exporter one;
    expect_fault(&sound, "");

    one = sound;
    one.struct_size -= 8;
    expect_fault(&one, "struct_size is 120, ABI v1 has 128; set it to sizeof(struct "
                       "patter_exporter) and build against an installed exporter.h");
    one.struct_size = UINT32_MAX;
    expect_fault(&one, "struct_size is 4294967295, ABI v1 has 128; set it to sizeof(struct "
                       "patter_exporter) and build against an installed exporter.h");
    one = sound;
    one.option_size = 0; /* nothing to stride over */
    expect_fault(&one, "");
    one = sound;
    one.name = "Otlp_HTTP";
    expect_fault(&one, "name is `Otlp_HTTP`; write 1 to 63 of a-z, 0-9 and `-`");
    one.name = NULL;
    expect_fault(&one, "name is `NULL`; write 1 to 63 of a-z, 0-9 and `-`");
    one.name = "";
    expect_fault(&one, "name is ``; write 1 to 63 of a-z, 0-9 and `-`");
    one = sound;
    one.version = NULL;
    expect_fault(&one, "version is NULL; write a text such as \"1.0.0\"");
    one = sound;
    one.help = "";
    expect_fault(&one, "help is empty; say in one sentence where spans go");
    one = sound;
    one.create = NULL;
    expect_fault(&one, "create is NULL; every plugin must have it");
    one = sound;
    one.send = NULL;
    expect_fault(&one, "send is NULL; every plugin must have it");
    one = sound;
    one.destroy = NULL;
    expect_fault(&one, "destroy is NULL; every plugin must have it");
    one = sound;
    one.flags = 6;
    expect_fault(&one, "flags is 0x6, ABI v1 knows 0x1; leave the others zero");
    one = sound;
    one.reserved = 7;
    expect_fault(&one, "reserved is 0x7; leave it zero");
    one = sound;
    one.option_count = 3;
    expect_fault(&one, "option_count is 3 and options is NULL");
    one.option_count = SIZE_MAX;
    expect_fault(&one, "option_count is 18446744073709551615, at most 256 are possible");
}

static const char *const empty_choices[] = { NULL };
static const char *const choices[] = { "a", "b", NULL };

static const struct {
    struct patter_option option;
    const char *fault; /* what follows "option `x` " */
} tables[] = {
    { { .name = "x", .type = 9, .help = "h" }, "has a type that v1 does not know" },
    { { .name = "x", .type = -1, .help = "h" }, "has a type that v1 does not know" },
    { { .name = "x", .type = PATTER_INT, .flags = 32, .help = "h" },
      "has flags that v1 does not know" },
    { { .name = "x", .flags = PATTER_OPTION_WARNED | PATTER_OPTION_REFUSED, .help = "h" },
      "is more than one of WARNED, PASSED and REFUSED; keep one" },
    { { .name = "x", .help = "h" },
      "has the type PATTER_UNSET, which goes with WARNED, PASSED or REFUSED alone; give it a "
      "type" },
    { { .name = "x",
        .type = PATTER_INT,
        .flags = PATTER_OPTION_REQUIRED,
        .fallback = "1",
        .help = "h" },
      "is REQUIRED and yet has a default or no effect; keep one" },
    { { .name = "x", .flags = PATTER_OPTION_PASSED, .fallback = "1", .help = "h" },
      "has a default and no effect; remove the default" },
    { { .name = "x", .type = PATTER_INT, .min = 2, .max = 1, .help = "h" },
      "has a min above its max" },
    { { .name = "x", .type = PATTER_TEXT, .min = 1, .max = 2, .help = "h" },
      "has bounds, which only an INT, a DURATION or a SIZE has" },
    { { .name = "x", .type = PATTER_INT, .choices = choices, .help = "h" },
      "has choices, which must be a list of at least one word, for a TEXT alone" },
    { { .name = "x", .type = PATTER_TEXT, .choices = empty_choices, .help = "h" },
      "has choices, which must be a list of at least one word, for a TEXT alone" },
    { { .name = "x", .type = PATTER_TEXT }, "has no help; say in one sentence what it does" },
    { { .name = "x", .type = PATTER_TEXT, .choices = choices, .fallback = "c", .help = "h" },
      "has a default that it would not take itself; mend one of them" },
    { { .name = "x", .type = PATTER_DURATION, .fallback = "soon", .help = "h" },
      "has a default that it would not take itself; mend one of them" },
    { { .name = "x", .type = PATTER_SIZE, .min = 1, .max = 2, .fallback = "3", .help = "h" },
      "has a default that it would not take itself; mend one of them" },
};

Test(loader, each_field_of_an_option)
{
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        struct patter_exporter exporter = sound_exporter(&tables[i].option, 1);
        char expected[256];
        snprintf(expected, sizeof(expected), "option `x` %s", tables[i].fault);
        expect_fault(&exporter, expected);
    }
}

Test(loader, names_of_options)
{
    static const struct {
        const char *names[2];
        const char *fault;
    } cases[] = {
        { { "a.b", "a.c" }, "" },
        { { "a", "ab.c" }, "" },
        { { "a", "timeouts" }, "" },
        { { "a", "" },
          "option `` is no name; write up to 63 letters, digits, `_` and `-`, joined by dots" },
        { { "a", "b..c" },
          "option `b..c` is no name; write up to 63 letters, digits, `_` and `-`, joined by "
          "dots" },
        { { "a", "b." },
          "option `b.` is no name; write up to 63 letters, digits, `_` and `-`, joined by dots" },
        { { "a", "b c" },
          "option `b c` is no name; write up to 63 letters, digits, `_` and `-`, joined by dots" },
        { { "a.b", "a.b" }, "option `a.b` is declared twice; remove one" },
        { { "a.b", "a" }, "option `a` is a value here and a map in another option; rename one" },
        { { "a", "a.b" }, "option `a.b` is a value here and a map in another option; rename one" },
        { { "a", "timeout" }, "option `timeout` is the host's own key; remove it from the table" },
        { { "a", "sending_queue.batch.x" },
          "option `sending_queue.batch.x` is the host's own key; remove it from the table" },
        { { "a", NULL }, "option number 1 has no name" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct patter_option options[2] = {
            { .name = cases[i].names[0], .type = PATTER_TEXT, .help = "h" },
            { .name = cases[i].names[1], .type = PATTER_TEXT, .help = "h" },
        };
        struct patter_exporter exporter = sound_exporter(options, 2);
        expect_fault(&exporter, cases[i].fault);
    }
}

Test(loader, longest_name_of_an_option)
{
    char name[65];
    struct patter_option option = { .name = name, .type = PATTER_TEXT, .help = "h" };
    struct patter_exporter exporter = sound_exporter(&option, 1);
    memset(name, 'x', sizeof(name));
    name[63] = '\0';
    expect_fault(&exporter, "");
    name[63] = 'x';
    name[64] = '\0';
    cr_expect_eq(pt_loader_check(&exporter, NULL), PATTER_INVALID);
}

Test(loader, own_folder)
{
    char folder[PT_PLUGIN_PATH_MAX];
    char expected[2 * PT_PLUGIN_PATH_MAX];
    cr_assert(pt_loader_own_folder(folder));
    snprintf(expected, sizeof(expected), "%.*s/../lib/patter/exporters-v1",
             (int)(strlen(plugins_folder()) - strlen("/plugins")), plugins_folder());
    cr_expect_str_eq(folder, expected); /* this program has the code linked in */
}
