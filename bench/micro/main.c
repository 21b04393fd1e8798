/* SPDX-License-Identifier: MIT */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/micro/measure.h"
#include "bench/micro/tracing.h"

/* patter-micro: what the parts of patter cost. */

enum { CASES_MAX = 64, ROUNDS = 20, BATCHES = 10, USAGE_EXIT = 2 };

static const struct micro_case *const files[] = { micro_base_cases, micro_span_cases,
                                                  micro_attribute_cases, micro_ring_cases,
                                                  micro_batch_cases };

enum output { TABLE, JSON, CHECK };

static const char usage[] =
    "usage: patter-micro [--json|--check] [NAME-FILTER]\n\n"
    "Times the parts of patter whose name holds NAME-FILTER, and two clock reads to compare with.\n"
    "  --json   a line of JSON for each part\n"
    "  --check  runs each part a few times without timing: does it do its work?\n";

/* The cases whose name holds `filter`; the reference always. Returns how many. */
static uint32_t choose(const char *filter, struct micro_result results[CASES_MAX])
{
    uint32_t count = 0;
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        for (const struct micro_case *one = files[i]; one->name && count < CASES_MAX; one++) {
            if (strstr(one->name, filter) || strcmp(one->name, MICRO_REFERENCE) == 0) {
                results[count++].measured = one;
            }
        }
    }
    return count;
}

static double reference_ns(const struct micro_result *results, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (strcmp(results[i].measured->name, MICRO_REFERENCE) == 0) {
            return results[i].median_ns;
        }
    }
    return 1;
}

static void print(const struct micro_result *results, uint32_t count, enum output output)
{
    double reference = reference_ns(results, count);
    if (output == CHECK) {
        printf("%u parts do their work\n", count);
        return;
    }
    if (output == TABLE) {
        printf("%-16s %9s %10s %8s  %s\n", "part", "min ns", "median ns", "x clock", "one is");
    }
    for (uint32_t i = 0; i < count; i++) {
        const struct micro_result *one = &results[i];
        printf(output == TABLE ? "%-16s %9.1f %10.1f %8.2f  %s\n"
                               : "{\"part\":\"%s\",\"min_ns\":%.2f,\"median_ns\":%.2f,"
                                 "\"ratio\":%.3f,\"operation\":\"%s\"}\n",
               one->measured->name, one->min_ns, one->median_ns, one->median_ns / reference,
               one->measured->operation);
    }
}

static int run(const char *filter, enum output output)
{
    struct micro_result results[CASES_MAX] = { 0 };
    int exit_code = EXIT_FAILURE;
    uint32_t count = choose(filter, results);
    if (!micro_tracing_start()) {
        fprintf(stderr, "memory is short\n");
        return exit_code;
    }
    if (micro_measure(results, count, output == CHECK ? 2 : ROUNDS,
                      output == CHECK ? 1 : BATCHES)) {
        print(results, count, output);
        exit_code = EXIT_SUCCESS;
    }
    micro_tracing_stop();
    for (uint32_t i = 0; i < count; i++) {
        micro_result_clean(&results[i]);
    }
    return exit_code;
}

int main(int argc, char **argv)
{
    static const struct option options[] = { { "json", no_argument, NULL, 'j' },
                                             { "check", no_argument, NULL, 'c' },
                                             { "help", no_argument, NULL, 'h' },
                                             { 0 } };
    enum output output = TABLE;
    int option;
    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        switch (option) {
        case 'j':
            output = JSON;
            break;
        case 'c':
            output = CHECK;
            break;
        default:
            fputs(usage, option == 'h' ? stdout : stderr);
            return option == 'h' ? EXIT_SUCCESS : USAGE_EXIT;
        }
    }
    if (argc - optind > 1) {
        fputs(usage, stderr);
        return USAGE_EXIT;
    }
    return run(optind < argc ? argv[optind] : "", output);
}
