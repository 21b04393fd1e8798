/* SPDX-License-Identifier: MIT */
#include "bot.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_WAITING = 65536 };

_Noreturn void bot_fail(const char *words)
{
    fprintf(stderr, "steady: %s\n", words);
    exit(1);
}

void bot_start(void)
{
    setenv("PATTER_OTEL_ENABLED", "1", 1);
    bot_check(patter_init_tracing(NULL) == PATTER_OK, "tracing does not start");
}

void bot_wait_for_room(void)
{
    struct patter_exporter_stats stats = { .struct_size = sizeof(stats) };
    for (size_t i = 0; patter_get_exporter_stats(i, &stats) == PATTER_OK; i++) {
        while (stats.waiting > MOST_WAITING) {
            usleep(200);
            patter_get_exporter_stats(i, &stats);
        }
    }
}

void bot_flush(void)
{
    bot_check(patter_flush(60000) == PATTER_OK, "a flush timed out");
}

long bot_memory_kib(const char *name)
{
    char line[256];
    long kib = -1;
    FILE *file = fopen("/proc/self/status", "r");
    while (file && kib < 0 && fgets(line, sizeof(line), file)) {
        if (!strncmp(line, name, strlen(name))) {
            kib = strtol(line + strlen(name), NULL, 10);
        }
    }
    bot_check(kib >= 0, "/proc/self/status does not say");
    fclose(file);
    return kib;
}

void bot_print_books(void)
{
    struct patter_stats stats = { .struct_size = sizeof(stats) };
    struct patter_exporter_stats exporter = { .struct_size = sizeof(exporter) };
    patter_get_stats(&stats);
    printf("\"ended\":%" PRIu64 ",\"exporters\":[", stats.spans_ended);
    for (size_t i = 0; patter_get_exporter_stats(i, &exporter) == PATTER_OK; i++) {
        printf("%s{\"name\":\"%s\",\"exported\":%" PRIu64 ",\"dropped\":%" PRIu64
               ",\"requests\":%" PRIu64 "}",
               i > 0 ? "," : "", exporter.name, exporter.exported, exporter.dropped,
               exporter.requests);
    }
    printf("]");
}
