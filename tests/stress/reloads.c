/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include <patter/patter.h>

#include "stress.h"

/*
 * The configuration is read again a thousand times while four threads trace: one exporter stays,
 * two others take turns, a hundred files in between are broken. Every span arrives once at the one
 * that stays and once at one of the two, the books balance, and nothing grows. With an argument:
 * with storage, and the two have one name, so that each goes on where the other stood.
 */

enum { RELOADS = 1000, WARM_UP = 200, THREADS = 4, PATIENCE_S = 280 };

static atomic_bool done;
static char folder[] = "/tmp/patter-reloads-XXXXXX";
static const char *plugin;
static bool is_stored;

static void swallow(void *data, int32_t level, const char *line)
{
    (void)data;
    (void)level;
    (void)line;
}

static void *trace(void *nothing)
{
    while (!atomic_load(&done)) {
        struct patter_call call = patter_call_begin(NULL);
        struct patter_span stt = patter_stt_begin(call);
        struct patter_span span = patter_span_begin(call, "app.step");
        patter_span_set_text(span, "app.queue", patter_text("sales"));
        patter_span_set_text(span, "app.caller", patter_text("c-17"));
        patter_stt_end(stt, 22, 0.9);
        patter_span_end(span);
        patter_call_end(call);
        usleep(200);
    }
    return nothing;
}

/* ---- configurations ----------------------------------------------------------- */

static const char *path_of(const char *name)
{
    static char path[128];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    return path;
}

static void write_config(const char *text)
{
    char new_path[128];
    snprintf(new_path, sizeof(new_path), "%s", path_of("new.yaml"));
    FILE *file = fopen(new_path, "w");
    CHECK(file && fputs(text, file) >= 0 && fclose(file) == 0, "%s", new_path);
    CHECK(rename(new_path, path_of("patter.yaml")) == 0, "rename");
}

static void configure(const char *other, const char *privacy)
{
    char text[2048], storage[128] = "";
    if (is_stored) {
        snprintf(storage, sizeof(storage), "storage: {directory: %s/store}\n", folder);
    }
    snprintf(text, sizeof(text),
             "%s"
             "privacy: {%s}\n"
             "batch: {schedule_delay: 5ms}\n"
             "log: {level: error}\n"
             "exporters:\n"
             "  kept: {plugin: %s, file: %s/kept}\n"
             "  %s: {plugin: %s, file: %s/turns, delay: %s}\n",
             storage, privacy, plugin, folder, is_stored ? "turns" : other, plugin, folder,
             strcmp(other, "one") == 0 ? "300us" : "301us");
    write_config(text);
}

static void reload(int i)
{
    static const char *const broken[] = {
        "exporters: {kept: {plugin: /nowhere.so}}\n",
        "exporters: {kept: {plugin: \n",
        "limits: {links: many}\n",
        "exporters: {missing: }\n",
    };
    if (i % 10 == 9) {
        write_config(broken[i / 10 % 4]);
        CHECK(patter_reload() == PATTER_INVALID, "a broken file, number %d", i);
    } else if (i % 2 == 0) {
        configure("one", "allowed_keys: [{key: app.queue, class: choice, choices: [sales]}]");
        CHECK(patter_reload() == PATTER_OK, "number %d", i);
    } else {
        configure("two", "allowed_keys: [app.queue], hashed_keys: [app.caller], "
                         "hash_key: 0123456789abcdef0123");
        CHECK(patter_reload() == PATTER_OK, "number %d", i);
    }
}

/* ---- what must not grow ------------------------------------------------------- */

static int count_files(const char *of)
{
    int count = 0;
    DIR *all = opendir(of);
    CHECK(all, "%s", of);
    while (readdir(all)) {
        count++;
    }
    closedir(all);
    return count;
}

/* Waits for those that are on their way out. */
static int count_settled(const char *of, int most)
{
    int count = count_files(of);
    for (int i = 0; i < 1000 && count > most; i++) {
        usleep(10000);
        count = count_files(of);
    }
    return count;
}

/* ---- the books ---------------------------------------------------------------- */

static uint64_t check_books(void)
{
    struct patter_stats stats = { .struct_size = sizeof(stats) };
    struct patter_exporter_stats exporter = { .struct_size = sizeof(exporter) };
    uint64_t entered = 0;
    patter_get_stats(&stats);
    CHECK(stats.spans_started == stats.spans_unsampled + stats.spans_live + stats.spans_ended,
          "started %llu, ended %llu", (unsigned long long)stats.spans_started,
          (unsigned long long)stats.spans_ended);
    for (uint32_t i = 0; i < stats.exporter_count; i++) {
        CHECK(patter_get_exporter_stats(i, &exporter) == PATTER_OK, "exporter %u", i);
        CHECK(exporter.entered == exporter.waiting + exporter.exported + exporter.dropped,
              "%s: entered %llu, waiting %llu, exported %llu, dropped %llu", exporter.name,
              (unsigned long long)exporter.entered, (unsigned long long)exporter.waiting,
              (unsigned long long)exporter.exported, (unsigned long long)exporter.dropped);
        CHECK(exporter.dropped == 0, "%s dropped: %s", exporter.name, exporter.drops[0].reason);
        if (strcmp(exporter.name, "kept") == 0) {
            CHECK(exporter.entered == stats.spans_ended, "kept had %llu of %llu",
                  (unsigned long long)exporter.entered, (unsigned long long)stats.spans_ended);
        } else {
            entered += exporter.entered;
        }
    }
    CHECK(entered == stats.spans_ended, "the two had %llu of %llu", (unsigned long long)entered,
          (unsigned long long)stats.spans_ended);
    return stats.spans_ended;
}

static int compare_ids(const void *a, const void *b)
{
    return memcmp(a, b, 8);
}

static void check_arrived(const char *name, uint64_t expected)
{
    FILE *file = fopen(path_of(name), "r");
    char(*ids)[8] = malloc((expected + 1) * sizeof(*ids));
    CHECK(file && ids, "%s", name);
    size_t count = fread(ids, sizeof(*ids), expected + 1, file);
    CHECK(count == expected, "%s: %zu spans of %llu", name, count, (unsigned long long)expected);
    qsort(ids, count, sizeof(*ids), compare_ids);
    for (size_t i = 1; i < count; i++) {
        CHECK(memcmp(ids[i - 1], ids[i], 8) != 0, "%s: a span came twice", name);
    }
    fclose(file);
    free(ids);
}

static size_t heap(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return 0; /* the heap is the sanitizer's */
#else
    return mallinfo2().uordblks;
#endif
}

/* While threads trace a segment comes and goes: the least of many looks is what stays. */
static size_t least_heap(void)
{
    size_t least = SIZE_MAX;
    for (int i = 0; i < 20; i++) {
        patter_flush(5000);
        size_t now = heap();
        least = now < least ? now : least;
    }
    return least;
}

static void start(void)
{
    struct patter_init_options options = { .struct_size = sizeof(options) };
    plugin = getenv("LEDGER");
    CHECK(plugin && mkdtemp(folder), "LEDGER names the plugin");
    configure("one", "allowed_keys: [app.queue]");
    setenv("PATTER_OTEL_ENABLED", "1", 1);
    setenv("PATTER_CONFIG", path_of("patter.yaml"), 1);
    patter_set_log(swallow, NULL);
    CHECK(patter_reload() == PATTER_DISABLED, "before init");
    CHECK(patter_init_tracing(&options) == PATTER_OK, "init");
}

int main(int argc, char **argv)
{
    (void)argv;
    is_stored = argc > 1;
    pthread_t threads[THREADS];
    size_t heap_before = 0;
    alarm(PATIENCE_S);
    start();
    for (int i = 0; i < THREADS; i++) {
        pthread_create(&threads[i], NULL, trace, NULL);
    }
    usleep(50000);
    patter_flush(5000); /* with storage: its first file is there */
    int tasks = count_files("/proc/self/task");
    int files = count_files("/proc/self/fd");
    for (int i = 0; i < RELOADS; i++) {
        reload(i);
        if (i == WARM_UP) {
            heap_before = least_heap();
        }
    }
    size_t heap_after = least_heap();
    CHECK(heap_after < heap_before + 300000, "%zu bytes, then %zu", heap_before, heap_after);
    CHECK(count_settled("/proc/self/task", tasks) <= tasks, "more threads than %d", tasks);
    CHECK(count_settled("/proc/self/fd", files) <= files, "more files than %d", files);
    atomic_store(&done, true);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    CHECK(patter_flush(30000) == PATTER_OK, "the last flush");
    uint64_t ended = check_books();
    patter_shutdown_tracing();
    CHECK(check_books() == ended, "the books after the end");
    check_arrived("kept", ended);
    check_arrived("turns", ended);
    unlink(path_of("kept"));
    unlink(path_of("turns"));
    unlink(path_of("patter.yaml"));
    rmdir(path_of("store"));
    rmdir(folder);
    printf("%llu spans through %d changes; heap %zu, then %zu bytes\n", (unsigned long long)ended,
           RELOADS, heap_before, heap_after);
    return 0;
}
