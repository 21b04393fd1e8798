/* SPDX-License-Identifier: MIT */
#include "core/plugin/search.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/text.h"
#include "tests/unit/plugin/support.h"

static char root[] = "/tmp/patter-search-XXXXXX";
static char one[64];
static char two[64];
static char own[PATH_MAX]; /* the build's folder of plugins */

static void put(const char *folder, const char *file)
{
    char path[PT_PLUGIN_PATH_MAX];
    snprintf(path, sizeof(path), "%s/%s", folder, file);
    int fd = open(path, O_CREAT | O_WRONLY, 0600);
    cr_assert(fd >= 0);
    close(fd);
}

static void set_up(void)
{
    char folder[PT_PLUGIN_PATH_MAX];
    cr_assert(mkdtemp(root));
    snprintf(one, sizeof(one), "%s/one", root);
    snprintf(two, sizeof(two), "%s/two", root);
    mkdir(one, 0700);
    mkdir(two, 0700);
    cr_assert(pt_loader_own_folder(folder));
    cr_assert(realpath(folder, own));
    unsetenv("PATTER_PLUGIN_PATH");
}

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *walk)
{
    (void)info;
    (void)kind;
    (void)walk;
    return remove(path);
}

static void tear_down(void)
{
    nftw(root, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

TestSuite(search, .init = set_up, .fini = tear_down);

static void expect_found(const char *name, const char *const *folders, const char *folder)
{
    char path[PT_PLUGIN_PATH_MAX];
    char expected[2 * PT_PLUGIN_PATH_MAX];
    struct patter_error error = { 0 };
    cr_expect_eq(pt_search_find(name, folders, path, &error), PATTER_OK);
    snprintf(expected, sizeof(expected), "%s/patter-%s.so", folder, name);
    cr_expect_str_eq(path, expected);
}

Test(search, order)
{
    const char *const folders[] = { one, NULL };
    char variable[256];
    put(one, "patter-zip.so");
    put(two, "patter-zip.so");
    put(two, "patter-kin.so");
    snprintf(variable, sizeof(variable), ":%s/absent:%s:", root, two);
    setenv("PATTER_PLUGIN_PATH", variable, 1);

    expect_found("zip", folders, one);
    expect_found("zip", NULL, two);
    expect_found("kin", folders, two);
    expect_found("stdout", folders, own); /* the build's own */
    put(one, "patter-stdout.so");
    expect_found("stdout", folders, one);
}

Test(search, relative_folder_gives_absolute_path)
{
    const char *const folders[] = { "one", NULL };
    put(one, "patter-zip.so");
    cr_assert_eq(chdir(root), 0);
    expect_found("zip", folders, one);
}

Test(search, what_cannot_be_read_is_left_to_the_loader)
{
    const char *const folders[] = { one, NULL };
    char path[PT_PLUGIN_PATH_MAX];
    snprintf(path, sizeof(path), "%s/patter-loop.so", one);
    cr_assert_eq(symlink("patter-loop.so", path), 0);
    expect_found("loop", folders, one);
}

static void expect_missed(const char *name, const char *const *folders, const char *expected)
{
    char path[PT_PLUGIN_PATH_MAX];
    struct patter_error error = { 0 };
    cr_expect_eq(pt_search_find(name, folders, path, &error), PATTER_INVALID);
    expect_error(&error, root, expected);
}

Test(search, miss)
{
    char absent[64];
    char expected[3 * PT_PLUGIN_PATH_MAX];
    const char *const folders[] = { one, absent, NULL };
    snprintf(absent, sizeof(absent), "%s/absent", root);
    put(one, "patter-zipkin.so");
    put(one, "patter-zip");
    put(one, "libzipkins.so");
    put(one, "patter-.so");
    put(one, "patter-Zipkins.so");

    snprintf(expected, sizeof(expected),
             "locate: there is no plugin `zipkins`; did you mean `zipkin`?: tried "
             "FOLDER/one/patter-zipkins.so, FOLDER/absent/patter-zipkins.so (no such folder), "
             "%s/patter-zipkins.so, %s/patter-zipkins.so (no such folder)",
             own, PT_INSTALL_EXPORTERS_DIR);
    expect_missed("zipkins", folders, expected);
    snprintf(expected, sizeof(expected),
             "locate: there is no plugin `datadog`; install it, or name its folder in "
             "`plugin_path:` or PATTER_PLUGIN_PATH: tried %s/patter-datadog.so, "
             "%s/patter-datadog.so (no such folder)",
             own, PT_INSTALL_EXPORTERS_DIR);
    expect_missed("datadog", NULL, expected);
    expect_missed("../x", NULL,
                  "locate: `../x` is no plugin's name; write a-z, 0-9 and `-`, or an absolute "
                  "path in `plugin:`");
}

struct listing {
    struct pt_text text;
};

static void list(void *data, const char *name, const char *path, int shadowed)
{
    struct listing *listing = data;
    if (pt_str_starts(patter_text(path), root)) {
        pt_text_add(&listing->text, "%s %s%s\n", name, path + strlen(root),
                    shadowed ? " shadowed" : "");
    }
}

Test(search, each)
{
    struct listing listing = { { 0 } };
    const char *const folders[] = { one, two, NULL };
    put(one, "patter-b.so");
    put(one, "patter-a.so");
    put(one, "patter-a.so.1");
    put(two, "patter-a.so");
    put(two, "patter-c-3.so");
    put(two, "patter-C.so");
    pt_search_each(folders, list, &listing);
    cr_expect_str_eq(pt_text_get(&listing.text), "a /one/patter-a.so\n"
                                                 "b /one/patter-b.so\n"
                                                 "a /two/patter-a.so shadowed\n"
                                                 "c-3 /two/patter-c-3.so\n");
    pt_text_clean(&listing.text);
}
