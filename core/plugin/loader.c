/* SPDX-License-Identifier: MIT */
#include "core/plugin/loader.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/plugin/options.h"
#include "core/plugin/table.h"

enum { NAME_MAX_LEN = 63, ABI_MAX = 9, STRUCT_MAX = 4096 };

bool pt_loader_is_privileged(void)
{
    return getauxval(AT_SECURE) != 0 || geteuid() == 0;
}

bool pt_loader_is_name(const char *name)
{
    size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");
    return len > 0 && len <= NAME_MAX_LEN && name[len] == '\0';
}

bool pt_loader_own_folder(char ret_folder[PT_PLUGIN_PATH_MAX])
{
    static const char anchor; /* any object of ours */
    char path[PATH_MAX];
    Dl_info info;
    struct link_map *map = NULL;

    if (!dladdr1(&anchor, &info, (void **)&map, RTLD_DL_LINKMAP) || !map) {
        return false;
    }
    bool is_program = map->l_name[0] == '\0';
    if (is_program && getauxval(AT_SECURE) != 0) {
        return false;
    }
    if (!realpath(is_program ? "/proc/self/exe" : map->l_name, path)) {
        return false;
    }
    int len = snprintf(ret_folder, PT_PLUGIN_PATH_MAX, "%s%s/%s", dirname(path),
                       is_program ? "/../lib" : "", PT_EXPORTERS_DIR);
    return len > 0 && len < PT_PLUGIN_PATH_MAX;
}

/* ---- stage open ---------------------------------------------------------- */

static patter_status check_file(const char *path, struct patter_error *error)
{
    struct stat file;
    if (stat(path, &file) != 0) {
        return pt_error_add(error, PATTER_INVALID, "%s; check the path and its rights",
                            strerror(errno));
    }
    if (!S_ISREG(file.st_mode)) {
        return pt_error_add(error, PATTER_INVALID, "this is %s, not a file; name the .so itself",
                            S_ISDIR(file.st_mode) ? "a folder" : "a device, pipe or socket");
    }
    bool is_foreign = file.st_uid != 0 && file.st_uid != geteuid();
    if (pt_loader_is_privileged() && (is_foreign || (file.st_mode & (S_IWGRP | S_IWOTH)))) {
        return pt_error_add(error, PATTER_INVALID,
                            "others may write it (owner %u, mode %04o) and this process is "
                            "privileged; chown it to root and chmod go-w",
                            (unsigned)file.st_uid, (unsigned)(file.st_mode & 07777));
    }
    return PATTER_OK;
}

/* The linker's words for a text file say nothing to an operator. */
static patter_status check_magic(const char *path, struct patter_error *error)
{
    char magic[4] = { 0 };
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return pt_error_add(error, PATTER_INVALID, "%s; make it readable for this process's user",
                            strerror(errno));
    }
    ssize_t len = read(fd, magic, sizeof(magic));
    close(fd);
    if (len != (ssize_t)sizeof(magic) || memcmp(magic, "\177ELF", sizeof(magic)) != 0) {
        return pt_error_add(error, PATTER_INVALID,
                            "this is no shared object (it does not begin with ELF's mark); build "
                            "the plugin with -shared -fPIC and name the .so");
    }
    return PATTER_OK;
}

static const char *cure_for(const char *words)
{
    if (strstr(words, "undefined symbol")) {
        return "link the plugin to the library that has it (-Wl,-z,defs finds this when it is "
               "built); a plugin does not link to libpatter";
    }
    if (strstr(words, "cannot open shared object file")) {
        return "install the package that holds this library";
    }
    if (strstr(words, "wrong ELF class") || strstr(words, "cannot open shared object")) {
        return "build the plugin for this machine";
    }
    if (strstr(words, "version `")) {
        return "build the plugin on this system, or on an older one";
    }
    return "build the plugin anew on this system";
}

/* NULL where it cannot be opened. */
static void *open_object(const char *path, struct patter_error *error)
{
    if (check_file(path, error) != PATTER_OK || check_magic(path, error) != PATTER_OK) {
        return NULL;
    }
    void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (!object) {
        const char *words = dlerror();
        pt_error_add(error, PATTER_INVALID, "%s; %s", words, cure_for(words));
    }
    return object;
}

/* ---- stage identify ------------------------------------------------------- */

/* Another version of the ABI than ours; 0: none. */
static int find_other_abi(void *object)
{
    for (int abi = ABI_MAX; abi > 1; abi--) {
        char symbol[32];
        snprintf(symbol, sizeof(symbol), "patter_exporter_v%d", abi);
        if (dlsym(object, symbol)) {
            return abi;
        }
    }
    return 0;
}

static void complain_symbol(void *object, struct patter_error *error)
{
    int abi = find_other_abi(object);
    if (abi > 0) {
        pt_error_add(error, PATTER_INVALID,
                     "built for plugin ABI v%d; this patter loads v1: use a newer patter, or build "
                     "the plugin against this one's exporter.h",
                     abi);
    } else {
        pt_error_add(error, PATTER_INVALID,
                     "exports no function " PATTER_EXPORTER_SYMBOL
                     ", so it is no patter plugin; end its source with PATTER_EXPORTER(object);");
    }
}

/* NULL where it is no plugin of this ABI. */
static const struct patter_exporter *identify(void *object, struct patter_error *error)
{
    void *symbol = dlsym(object, PATTER_EXPORTER_SYMBOL);
    if (!symbol) {
        complain_symbol(object, error);
        return NULL;
    }
    patter_exporter_v1_fn *function;
    memcpy(&function, &symbol, sizeof(function)); /* ISO C has no cast from object to function */
    const struct patter_exporter *exporter = function();
    if (!exporter) {
        pt_error_add(error, PATTER_INVALID,
                     PATTER_EXPORTER_SYMBOL "() returned NULL; return a static object");
    }
    return exporter;
}

/* ---- stage version --------------------------------------------------------- */

static const uint32_t exporter_size_v1 =
    offsetof(struct patter_exporter, fork_child) + sizeof(void (*)(void *));
static const uint32_t option_size_v1 =
    offsetof(struct patter_option, help) + sizeof(((struct patter_option *)0)->help);

static patter_status check_sizes(const struct patter_exporter *exporter, struct patter_error *error)
{
    if (exporter->struct_size < exporter_size_v1 || exporter->struct_size > STRUCT_MAX) {
        return pt_error_add(error, PATTER_INVALID,
                            "struct_size is %u, ABI v1 has %u; set it to sizeof(struct "
                            "patter_exporter) and build against an installed exporter.h",
                            exporter->struct_size, exporter_size_v1);
    }
    bool is_aligned = exporter->option_size % _Alignof(struct patter_option) == 0;
    if (exporter->option_count > 0 && (exporter->option_size < option_size_v1 || !is_aligned ||
                                       exporter->option_size > STRUCT_MAX)) {
        return pt_error_add(error, PATTER_INVALID,
                            "option_size is %u, ABI v1 has %u; set it to sizeof(struct "
                            "patter_option) and build against an installed exporter.h",
                            exporter->option_size, option_size_v1);
    }
    return PATTER_OK;
}

static patter_status check_fields(const struct patter_exporter *exporter,
                                  struct patter_error *error)
{
    /* A newer minor version may know more flags; one of our size cannot. */
    bool is_newer = exporter->struct_size > exporter_size_v1;
    if (!exporter->name || !pt_loader_is_name(exporter->name)) {
        return pt_error_add(error, PATTER_INVALID,
                            "name is `%.80s`; write 1 to %d of a-z, 0-9 and `-`",
                            exporter->name ? exporter->name : "NULL", NAME_MAX_LEN);
    }
    if (!exporter->version || exporter->version[0] == '\0') {
        return pt_error_add(error, PATTER_INVALID, "version is %s; write a text such as \"1.0.0\"",
                            exporter->version ? "empty" : "NULL");
    }
    if (!exporter->help || exporter->help[0] == '\0') {
        return pt_error_add(error, PATTER_INVALID, "help is %s; say in one sentence where spans go",
                            exporter->help ? "empty" : "NULL");
    }
    if (!exporter->create || !exporter->send || !exporter->destroy) {
        return pt_error_add(error, PATTER_INVALID, "%s is NULL; every plugin must have it",
                            !exporter->create ? "create"
                            : !exporter->send ? "send"
                                              : "destroy");
    }
    if (!is_newer && (exporter->flags & ~(uint32_t)PATTER_CONCURRENT)) {
        return pt_error_add(error, PATTER_INVALID,
                            "flags is 0x%x, ABI v1 knows 0x%x; leave the others zero",
                            exporter->flags, (unsigned)PATTER_CONCURRENT);
    }
    if (!is_newer && exporter->reserved != 0) {
        return pt_error_add(error, PATTER_INVALID, "reserved is 0x%x; leave it zero",
                            exporter->reserved);
    }
    return PATTER_OK;
}

patter_status pt_loader_check(const struct patter_exporter *exporter, struct patter_error *error)
{
    patter_status status = check_sizes(exporter, error);
    if (status == PATTER_OK) {
        status = check_fields(exporter, error);
    }
    if (status == PATTER_OK) {
        status = pt_table_check(exporter, error);
    }
    return status;
}

patter_status pt_loader_open(const char *path, const struct patter_exporter **ret_exporter,
                             struct patter_error *error)
{
    void *object = open_object(path, error);
    if (!object) {
        return pt_error_add(error, PATTER_INVALID, "open: %s", path);
    }
    const struct patter_exporter *exporter = identify(object, error);
    if (!exporter) {
        return pt_error_add(error, PATTER_INVALID, "identify: %s", path);
    }
    if (pt_loader_check(exporter, error) != PATTER_OK) {
        return pt_error_add(error, PATTER_INVALID, "version: %s", path);
    }
    *ret_exporter = exporter;
    return PATTER_OK;
}
