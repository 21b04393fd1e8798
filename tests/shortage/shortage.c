/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <patter/patter.h>

/*
 * The n-th allocation of a short trace fails, for every n until none does: nothing crashes, the
 * books balance, and another run works afterwards. Linked with the core's objects, whose calls of
 * malloc and its kin come here. Usage: shortage PLUGIN; with STORAGE set, with storage.
 */

static atomic_long left = -1; /* allocations until one fails; negative: none does */
static atomic_long count;
static char config[128];

static bool fails(void)
{
    atomic_fetch_add(&count, 1);
    return atomic_load(&left) >= 0 && atomic_fetch_sub(&left, 1) == 0;
}

/* The linker's names (ld --wrap). NOLINTBEGIN(bugprone-reserved-identifier) */
void *__real_malloc(size_t size);
void *__real_calloc(size_t items, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t items, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
char *__wrap_strdup(const char *text);
/* NOLINTEND(bugprone-reserved-identifier) */

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t items, size_t size)
{
    return fails() ? NULL : __real_calloc(items, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
    return fails() ? NULL : __real_realloc(memory, size);
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
    return fails() ? NULL : __real_aligned_alloc(alignment, size);
}

char *__wrap_strdup(const char *text)
{
    return fails() ? NULL : __real_strdup(text);
}

static void swallow(void *data, int32_t level, const char *line)
{
    (void)data;
    (void)level;
    (void)line;
}

/* Every kind of span, and one that outgrows its slot. */
static void trace(void)
{
    struct patter_call call = patter_call_begin(NULL);
    struct patter_span stt = patter_stt_begin(call);
    struct patter_span llm = patter_llm_begin(call, 1, 2);
    struct patter_span tool = patter_tool_begin(call, "look_up", "webhook");
    struct patter_span tts = patter_tts_begin(call, 10);
    for (int i = 0; i < 32; i++) {
        struct patter_field field = { patter_key_intern("app.step"),
                                      { .type = PATTER_INT, .as.integer = i } };
        patter_span_event_with(stt, "step", &field, 1, 0);
    }
    patter_span_set_error(tool, "timeout");
    patter_span_set_int(llm, "app.step", 1);
    patter_span_end(tts);
    patter_span_end(tool);
    patter_llm_end(llm, 3);
    patter_stt_end(stt, 22, 0.9);
    patter_call_end(call);
}

static bool balances(void)
{
    struct patter_stats stats = { .struct_size = sizeof(stats) };
    struct patter_exporter_stats exporter = { .struct_size = sizeof(exporter) };
    patter_get_stats(&stats);
    if (stats.spans_started != stats.spans_unsampled + stats.spans_live + stats.spans_ended) {
        return false;
    }
    for (size_t i = 0; patter_get_exporter_stats(i, &exporter) == PATTER_OK; i++) {
        if (exporter.entered + exporter.recovered !=
            exporter.waiting + exporter.exported + exporter.dropped) {
            fprintf(stderr, "entered %llu, waiting %llu, exported %llu, dropped %llu\n",
                    (unsigned long long)exporter.entered, (unsigned long long)exporter.waiting,
                    (unsigned long long)exporter.exported, (unsigned long long)exporter.dropped);
            return false;
        }
    }
    return true;
}

static void run(void)
{
    struct patter_init_options options = { .struct_size = sizeof(options),
                                           .service_name = "short",
                                           .config_file = config };
    bool started = patter_init_tracing(&options) == PATTER_OK;
    trace();
    patter_reload();
    trace();
    patter_flush(2000);
    patter_shutdown_tracing();
    if (started && !balances()) {
        fprintf(stderr, "the books do not balance\n");
        exit(1);
    }
}

/* In a process of its own, since what is kept for ever is allocated once. True when it failed. */
static bool try(long n)
{
    int status;
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        alarm(60);
        setenv("PATTER_OTEL_ENABLED", "1", 1);
        patter_set_log(swallow, NULL);
        atomic_store(&left, n);
        run();
        long rest = atomic_exchange(&left, -1);
        run();                   /* with memory again */
        exit(rest < 0 ? 0 : 42); /* 42: the n-th was never asked for */
    }
    waitpid(pid, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 42) {
        return false;
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        fprintf(stderr, "allocation %ld failed, and the process ended with %x\n", n, status);
        exit(1);
    }
    return true;
}

int main(int argc, char **argv)
{
    char folder[] = "/tmp/patter-shortage-XXXXXX";
    long n = 0;
    if (argc != 2 || !mkdtemp(folder)) {
        return 2;
    }
    snprintf(config, sizeof(config), "%s/patter.yaml", folder);
    FILE *file = fopen(config, "w");
    if (!file) {
        return 2;
    }
    if (getenv("STORAGE")) {
        fprintf(file, "storage: {directory: %s/store}\n", folder);
    }
    fprintf(
        file,
        "privacy: {allowed_keys: [app.step]}\nexporters:\n  kept: {plugin: %s, file: %s/kept}\n",
        argv[1], folder);
    fclose(file);
    while (try(n)) {
        n++;
    }
    printf("%ld allocations failed, one at a time\n", n);
    char command[128];
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    return system(command) != 0 || n == 0;
}
