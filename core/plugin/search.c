/* SPDX-License-Identifier: MIT */
#include "core/plugin/search.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/arena.h"
#include "core/base/text.h"

static const char prefix[] = "patter-";
static const char suffix[] = ".so";

/* Returns true to go on with the next folder. */
typedef bool(visit_fn)(void *data, const char *folder);

static bool visit_variable(const char *value, visit_fn *visit, void *data)
{
    char folder[PT_PLUGIN_PATH_MAX];
    while (*value) {
        size_t len = strcspn(value, ":");
        if (len > 0 && len < sizeof(folder)) { /* an empty one is not the current folder */
            memcpy(folder, value, len);
            folder[len] = '\0';
            if (!visit(data, folder)) {
                return false;
            }
        }
        value += len + (value[len] == ':');
    }
    return true;
}

/* Every folder once, in order of search. */
static void visit_folders(const char *const *folders, visit_fn *visit, void *data)
{
    char own[PT_PLUGIN_PATH_MAX];
    char real_own[PATH_MAX];
    char real_installed[PATH_MAX];
    for (size_t i = 0; folders && folders[i]; i++) {
        if (!visit(data, folders[i])) {
            return;
        }
    }
    const char *variable = secure_getenv("PATTER_PLUGIN_PATH");
    if (variable && !visit_variable(variable, visit, data)) {
        return;
    }
    bool has_own = pt_loader_own_folder(own);
    bool is_real = has_own && realpath(own, real_own);
    if (has_own && !visit(data, is_real ? real_own : own)) {
        return;
    }
    if (!is_real || !realpath(PT_INSTALL_EXPORTERS_DIR, real_installed) ||
        strcmp(real_own, real_installed) != 0) {
        visit(data, PT_INSTALL_EXPORTERS_DIR);
    }
}

/* ---- every plugin ---------------------------------------------------------- */

struct seen {
    struct seen *next;
    struct patter_str name;
};

struct listing {
    void (*found)(void *data, const char *name, const char *path, int shadowed);
    void *data;
    struct seen *seen;
    struct pt_arena arena;
};

/* The name in patter-NAME.so; empty when it is no such file. */
static struct patter_str name_of(const char *file)
{
    struct patter_str text = patter_text(file);
    size_t affix_len = strlen(prefix) + strlen(suffix);
    if (text.len <= affix_len || !pt_str_starts(text, prefix) ||
        strcmp(file + text.len - strlen(suffix), suffix) != 0) {
        return (struct patter_str){ file, 0 };
    }
    return pt_str_slice(text, strlen(prefix), text.len - strlen(suffix));
}

static bool note_name(struct listing *listing, struct patter_str name)
{
    for (const struct seen *seen = listing->seen; seen; seen = seen->next) {
        if (pt_str_equal(seen->name, name)) {
            return false;
        }
    }
    struct seen *seen = pt_arena_alloc(&listing->arena, sizeof(*seen));
    if (seen) {
        *seen = (struct seen){ listing->seen, name };
        listing->seen = seen;
    }
    return true;
}

static int is_plugin_file(const struct dirent *entry)
{
    return name_of(entry->d_name).len > 0;
}

static bool list_folder(void *data, const char *folder)
{
    struct listing *listing = data;
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, is_plugin_file, alphasort);
    for (int i = 0; i < count; i++) {
        char path[PT_PLUGIN_PATH_MAX];
        struct patter_str name = pt_arena_copy(&listing->arena, name_of(entries[i]->d_name));
        int len = snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
        if (name.data && pt_loader_is_name(name.data) && len > 0 && len < PT_PLUGIN_PATH_MAX) {
            listing->found(listing->data, name.data, path, !note_name(listing, name));
        }
        free(entries[i]);
    }
    free(entries);
    return true;
}

void pt_search_each(const char *const *folders,
                    void (*found)(void *data, const char *name, const char *path, int shadowed),
                    void *data)
{
    struct listing listing = { .found = found, .data = data };
    visit_folders(folders, list_folder, &listing);
    pt_arena_clean(&listing.arena);
}

/* ---- one plugin -------------------------------------------------------------- */

struct quest {
    const char *name;
    char *ret_path; /* of PT_PLUGIN_PATH_MAX */
    bool is_found;
    struct pt_text tried;
};

static bool try_folder(void *data, const char *folder)
{
    struct quest *quest = data;
    char path[PT_PLUGIN_PATH_MAX];
    char real[PATH_MAX];
    struct stat file;
    int len = snprintf(path, sizeof(path), "%s/%s%s%s", folder, prefix, quest->name, suffix);
    if (len < 0 || len >= PT_PLUGIN_PATH_MAX) {
        return true;
    }
    if (stat(path, &file) == 0 || (errno != ENOENT && errno != ENOTDIR)) {
        /* What is there and cannot be read is for the next stage to tell. */
        snprintf(quest->ret_path, PT_PLUGIN_PATH_MAX, "%s", realpath(path, real) ? real : path);
        quest->is_found = true;
        return false;
    }
    pt_text_add(&quest->tried, "%s%s%s", quest->tried.len > 0 ? ", " : "", path,
                stat(folder, &file) == 0 ? "" : " (no such folder)");
    return true;
}

struct nearest {
    struct patter_str wanted;
    const char *word; /* points into text */
    char text[64];
};

static void keep_nearer(void *data, const char *name, const char *path, int shadowed)
{
    struct nearest *nearest = data;
    const char *words[] = { nearest->word, name };
    size_t known = nearest->word ? 0 : 1;
    (void)path;
    (void)shadowed;
    const char *winner = pt_nearest(nearest->wanted, words + known, 2 - known);
    if (winner == name) {
        snprintf(nearest->text, sizeof(nearest->text), "%s", name);
        nearest->word = nearest->text;
    }
}

static patter_status miss(const struct quest *quest, const char *const *folders,
                          struct patter_error *error)
{
    struct nearest nearest = { .wanted = patter_text(quest->name) };
    bool is_ignored = getenv("PATTER_PLUGIN_PATH") && !secure_getenv("PATTER_PLUGIN_PATH");
    pt_search_each(folders, keep_nearer, &nearest);

    pt_error_add(error, PATTER_INVALID, "tried %s%s", pt_text_get(&quest->tried),
                 is_ignored ? "; PATTER_PLUGIN_PATH is not read by a privileged process" : "");
    if (nearest.word) {
        return pt_error_add(error, PATTER_INVALID,
                            "locate: there is no plugin `%s`; did you mean `%s`?", quest->name,
                            nearest.word);
    }
    return pt_error_add(error, PATTER_INVALID,
                        "locate: there is no plugin `%s`; install it, or name its folder in "
                        "`plugin_path:` or PATTER_PLUGIN_PATH",
                        quest->name);
}

patter_status pt_search_find(const char *name, const char *const *folders,
                             char ret_path[PT_PLUGIN_PATH_MAX], struct patter_error *error)
{
    struct quest quest = { .name = name, .ret_path = ret_path };
    patter_status status = PATTER_OK;
    if (!pt_loader_is_name(name)) {
        return pt_error_add(error, PATTER_INVALID,
                            "locate: `%.80s` is no plugin's name; write a-z, 0-9 and `-`, or an "
                            "absolute path in `plugin:`",
                            name);
    }
    visit_folders(folders, try_folder, &quest);
    if (!quest.is_found) {
        status = miss(&quest, folders, error);
    }
    pt_text_clean(&quest.tried);
    return status;
}
