/* SPDX-License-Identifier: MIT */
#include "core/plugin/host.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <patter/version.h>

#include "core/base/text.h"
#include "core/plugin/options.h"
#include "core/plugin/search.h"

enum { LINE_MAX_LEN = 512 };

/* ---- what a plugin may call ------------------------------------------------- */

static uint64_t hash_text(const char *text)
{
    uint64_t hash = 0xcbf29ce484222325; /* FNV-1a */
    for (; *text; text++) {
        hash = (hash ^ (unsigned char)*text) * 0x100000001b3;
    }
    return hash;
}

static struct pt_log_gate *gate_for(struct pt_instance *instance, uint64_t hash)
{
    struct pt_instance_line *line = NULL;
    for (size_t i = 0; i < PT_INSTANCE_LINES && !line; i++) {
        line = instance->lines[i].hash == hash ? &instance->lines[i] : NULL;
    }
    if (!line) {
        line = &instance->lines[instance->next_line];
        instance->next_line = (instance->next_line + 1) % PT_INSTANCE_LINES;
        memset(line, 0, sizeof(*line));
        line->hash = hash;
    }
    return &line->gate;
}

static void host_log(void *data, int32_t level, const char *text)
{
    struct pt_instance *instance = data;
    char line[LINE_MAX_LEN];
    if (!instance || !text) {
        return;
    }
    snprintf(line, sizeof(line), "%s", text);
    for (char *c = line; *c; c++) {
        *c = iscntrl((unsigned char)*c) ? ' ' : *c; /* one line stays one line */
    }
    if (level < PATTER_LOG_ERROR || level > PATTER_LOG_DEBUG) {
        level = PATTER_LOG_WARNING;
    }
    pthread_mutex_lock(&instance->lines_lock);
    pt_log_limited(gate_for(instance, hash_text(line)), level, "%s: %s", instance->name, line);
    pthread_mutex_unlock(&instance->lines_lock);
}

static void host_fail(struct patter_error *error, const char *text)
{
    pt_error_add(error, PATTER_FAILED, "%s", text ? text : "no reason was given");
}

static void host_fail_option(struct patter_error *error, const char *name, const char *text)
{
    pt_error_add_option(error, name ? name : "", text ? text : "no reason was given");
}

/* ---- how an instance is made -------------------------------------------------- */

/* One attempt to make an instance; `problems` are its own until it is known how grave they are. */
struct attempt {
    const struct pt_settings *settings;
    const struct pt_exporter_settings *wanted;
    struct pt_instance *instance;
    struct pt_problems problems;
};

static void complain(struct attempt *attempt, const char *stage, const struct patter_error *error)
{
    struct pt_text text = { 0 };
    pt_error_write(error, &text);
    pt_problem_add(&attempt->problems, attempt->wanted->place, PATTER_LOG_ERROR, "%s: %s%s",
                   attempt->wanted->name.data, stage, pt_text_get(&text));
    pt_text_clean(&text);
}

static bool complain_memory(struct attempt *attempt)
{
    pt_problem_add(&attempt->problems, attempt->wanted->place, PATTER_LOG_ERROR,
                   "%s: memory is short", attempt->wanted->name.data);
    return false;
}

static bool load(struct attempt *attempt)
{
    const struct pt_exporter_settings *wanted = attempt->wanted;
    struct pt_instance *instance = attempt->instance;
    struct patter_error error = { 0 };
    bool is_searched = wanted->plugin_path.len == 0;

    if (!is_searched) {
        snprintf(instance->path, sizeof(instance->path), "%s", wanted->plugin_path.data);
    } else if (pt_search_find(wanted->plugin.data, attempt->settings->plugin_path, instance->path,
                              &error) != PATTER_OK) {
        complain(attempt, "", &error);
        return false;
    }
    if (pt_loader_open(instance->path, &instance->exporter, &error) != PATTER_OK) {
        complain(attempt, "", &error);
        return false;
    }
    if (is_searched && strcmp(instance->exporter->name, wanted->plugin.data) != 0) {
        pt_problem_add(&attempt->problems, wanted->place, PATTER_LOG_WARNING,
                       "%s: %s calls itself `%s`; rename it to patter-%s.so", wanted->name.data,
                       instance->path, instance->exporter->name, instance->exporter->name);
    }
    return true;
}

static bool configure(struct attempt *attempt)
{
    const struct pt_exporter_settings *wanted = attempt->wanted;
    struct pt_instance *instance = attempt->instance;
    /* One more, since a table may be empty. */
    instance->values = calloc(instance->exporter->option_count + 1, sizeof(*instance->values));
    if (!instance->values) {
        return complain_memory(attempt);
    }
    return pt_options_read(instance->exporter, wanted->name.data, wanted->section,
                           attempt->settings->tree, instance->values, &attempt->problems) ||
           (attempt->problems.error_count == 0 && complain_memory(attempt));
}

static void init_host(struct pt_instance *instance, uint32_t consumer_count)
{
    bool is_concurrent = (instance->exporter->flags & PATTER_CONCURRENT) != 0;
    instance->worker_count = is_concurrent && consumer_count > 0 ? consumer_count : 1;
    instance->host = (struct patter_host){
        .struct_size = sizeof(instance->host),
        .worker_count = instance->worker_count,
        .version = PATTER_VERSION,
        .instance = instance->name,
        .data = instance,
        .log = host_log,
        .fail = host_fail,
        .fail_option = host_fail_option,
    };
}

/* Where the option was written, or else the exporter's name. */
static struct pt_place place_of(const struct pt_exporter_settings *wanted, const char *option)
{
    struct pt_place place = pt_option_place(wanted->section, option);
    bool is_section =
        place.line == wanted->section->place.line && place.column == wanted->section->place.column;
    return is_section ? wanted->place : place;
}

/* Each cause about an option is a problem of its own, where that option was written. */
static void complain_start(struct attempt *attempt, const struct patter_error *error,
                           patter_status status)
{
    const struct pt_exporter_settings *wanted = attempt->wanted;
    struct patter_error rest = { 0 };
    for (size_t i = 0; i < error->cause_count; i++) {
        const struct pt_cause *cause = &error->causes[i];
        if (cause->option[0] == '\0') {
            pt_error_add(&rest, status, "%s", cause->text);
        } else {
            pt_problem_add(&attempt->problems, place_of(wanted, cause->option), PATTER_LOG_ERROR,
                           "%s: start: `%s`: %s", wanted->name.data, cause->option, cause->text);
        }
    }
    if (error->cause_count == 0) {
        pt_error_add(&rest, status, "%s refused with status %" PRId32 " and gave no reason",
                     attempt->instance->path, status);
    }
    if (rest.cause_count > 0) {
        complain(attempt, "start: ", &rest);
    }
}

static bool start(struct attempt *attempt)
{
    struct pt_instance *instance = attempt->instance;
    struct patter_error error = { 0 };
    patter_status status =
        instance->exporter->create(&instance->host, instance->values, &instance->self, &error);
    if (status != PATTER_OK) {
        complain_start(attempt, &error, status);
        return false;
    }
    return true;
}

/* `settings` NULL: it has no options. */
static struct pt_instance *new_instance(const char *name, struct pt_settings *settings)
{
    struct pt_instance *instance = calloc(1, sizeof(*instance));
    if (instance) {
        pthread_mutex_init(&instance->lines_lock, NULL);
        snprintf(instance->name, sizeof(instance->name), "%s", name);
        instance->settings = settings ? pt_settings_share(settings) : NULL;
    }
    return instance;
}

static void free_instance(struct pt_instance *instance)
{
    if (instance) {
        pthread_mutex_destroy(&instance->lines_lock);
        pt_settings_destroy(instance->settings);
        free(instance->values);
        free(instance);
    }
}

static void hand_over(const struct attempt *attempt, struct pt_problems *problems)
{
    for (size_t i = 0; i < attempt->problems.count; i++) {
        const struct pt_problem *problem = &attempt->problems.items[i];
        bool is_excused = attempt->wanted->optional && problem->level == PATTER_LOG_ERROR;
        pt_problem_add(problems, problem->place, is_excused ? PATTER_LOG_WARNING : problem->level,
                       "%s%s", problem->text,
                       is_excused ? " (it is optional: patter goes on without it)" : "");
    }
}

/* `inherited` NULL: the plugin is searched for. */
static struct pt_instance *make(const struct pt_instance *inherited, struct pt_settings *settings,
                                const struct pt_exporter_settings *exporter_settings,
                                struct pt_problems *problems)
{
    struct attempt attempt = { .settings = settings, .wanted = exporter_settings };
    bool ok = false;

    attempt.instance = new_instance(exporter_settings->name.data, settings);
    if (attempt.instance && inherited) {
        attempt.instance->exporter = inherited->exporter;
        memcpy(attempt.instance->path, inherited->path, sizeof(inherited->path));
    }
    if (!attempt.instance) {
        complain_memory(&attempt);
    } else if ((inherited || load(&attempt)) && configure(&attempt)) {
        init_host(attempt.instance, exporter_settings->num_consumers);
        ok = start(&attempt);
    }
    if (!ok) {
        free_instance(attempt.instance);
        attempt.instance = NULL;
    }
    hand_over(&attempt, problems);
    pt_problems_clean(&attempt.problems);
    return attempt.instance;
}

struct pt_instance *pt_instance_new(struct pt_settings *settings,
                                    const struct pt_exporter_settings *exporter_settings,
                                    struct pt_problems *problems)
{
    return make(NULL, settings, exporter_settings, problems);
}

struct pt_instance *pt_instance_renew(const struct pt_instance *inherited,
                                      struct pt_settings *settings,
                                      const struct pt_exporter_settings *exporter_settings,
                                      struct pt_problems *problems)
{
    return make(inherited, settings, exporter_settings, problems);
}

struct pt_instance *pt_instance_new_builtin(const struct patter_exporter *exporter, void *self,
                                            const char *name)
{
    struct pt_instance *instance = new_instance(name, NULL);
    if (instance) {
        instance->exporter = exporter;
        instance->self = self;
        init_host(instance, 1);
    }
    return instance;
}

void pt_instance_destroy(struct pt_instance *instance)
{
    if (instance) {
        instance->exporter->destroy(instance->self);
        free_instance(instance);
    }
}
