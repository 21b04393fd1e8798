/* SPDX-License-Identifier: MIT */
/* Starts and stops tracing in one of the orders that a bot may; says how many spans it has ended
 * while tracing ran. Usage: lifecycle ORDER */

#include <patter/patter.h>
#include <stdio.h>
#include <string.h>

static int faults;
static int ended_count;

static void expect(const char *what, patter_status found, patter_status wanted)
{
    if (found != wanted) {
        fprintf(stderr, "%s returned %d, not %d\n", what, found, wanted);
        faults++;
    }
}

static void expect_enabled(int wanted)
{
    if (patter_is_enabled() != wanted) {
        fprintf(stderr, "is_enabled is not %d\n", wanted);
        faults++;
    }
}

/* A call with two spans; `counts` when tracing runs. */
static void hold_call(int counts)
{
    struct patter_call call = patter_call_begin(NULL);
    patter_stt_end(patter_stt_begin(call), 22, 0.9);
    patter_span_end(patter_llm_begin(call, 0, 1));
    patter_call_end(call);
    ended_count += counts ? 3 : 0;
}

static void off(void)
{
    expect("init", patter_init_tracing(NULL), PATTER_DISABLED);
    expect_enabled(0);
    hold_call(0);
    expect("flush", patter_flush(1000), PATTER_DISABLED);
    expect("shutdown", patter_shutdown_tracing(), PATTER_DISABLED);
}

static void once(void)
{
    expect("init", patter_init_tracing(NULL), PATTER_OK);
    expect_enabled(1);
    hold_call(1);
    expect("shutdown", patter_shutdown_tracing(), PATTER_OK);
    expect_enabled(0);
    hold_call(0);
}

static void init_twice(void)
{
    expect("init", patter_init_tracing(NULL), PATTER_OK);
    hold_call(1);
    expect("second init", patter_init_tracing(NULL), PATTER_ALREADY);
    hold_call(1);
    expect_enabled(1);
    expect("shutdown", patter_shutdown_tracing(), PATTER_OK);
}

static void shutdown_twice(void)
{
    once();
    expect("second shutdown", patter_shutdown_tracing(), PATTER_DISABLED);
    hold_call(0);
}

static void shutdown_first(void)
{
    expect("shutdown before init", patter_shutdown_tracing(), PATTER_DISABLED);
    once();
}

static void init_again(void)
{
    once();
    once();
    once();
}

static const struct {
    const char *name;
    void (*run)(void);
} orders[] = {
    { "off", off },
    { "once", once },
    { "init-twice", init_twice },
    { "shutdown-twice", shutdown_twice },
    { "shutdown-first", shutdown_first },
    { "init-again", init_again },
};

int main(int count, char **arguments)
{
    for (size_t i = 0; count == 2 && i < sizeof(orders) / sizeof(*orders); i++) {
        if (strcmp(arguments[1], orders[i].name) == 0) {
            orders[i].run();
            fprintf(stderr, "ended %d\n", ended_count);
            return faults ? 1 : 0;
        }
    }
    return 2;
}
