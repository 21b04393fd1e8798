/* SPDX-License-Identifier: MIT */
#include "stress.h"

#include <unistd.h>

void stress_start(struct patter_recorder *recorder)
{
    struct patter_init_options options = { .struct_size = sizeof(options), .recorder = recorder };
    setenv("PATTER_OTEL_ENABLED", "1", 1);
    patter_status status = patter_init_tracing(&options);
    CHECK(status == PATTER_OK, "init said %d", status);
}

struct patter_exporter_stats stress_check_books(void)
{
    struct patter_stats stats = { .struct_size = sizeof(stats) };
    struct patter_exporter_stats exporter = { .struct_size = sizeof(exporter) };
    patter_get_stats(&stats);
    CHECK(patter_get_exporter_stats(0, &exporter) == PATTER_OK, "no exporter");
    CHECK(stats.spans_started == stats.spans_unsampled + stats.spans_live + stats.spans_ended,
          "started %llu, unsampled %llu, live %llu, ended %llu",
          (unsigned long long)stats.spans_started, (unsigned long long)stats.spans_unsampled,
          (unsigned long long)stats.spans_live, (unsigned long long)stats.spans_ended);
    CHECK(stats.spans_ended == exporter.waiting + exporter.exported + exporter.dropped,
          "ended %llu, waiting %llu, exported %llu, dropped %llu",
          (unsigned long long)stats.spans_ended, (unsigned long long)exporter.waiting,
          (unsigned long long)exporter.exported, (unsigned long long)exporter.dropped);
    return exporter;
}

long stress_resident_kib(void)
{
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    CHECK(file && fscanf(file, "%*s %ld", &pages) == 1, "no /proc/self/statm");
    fclose(file);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}
