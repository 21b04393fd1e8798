/* SPDX-License-Identifier: MIT */
#include "core/base/log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

#include "core/base/clock.h"
#include "core/base/sink.h"

static const uint64_t gate_period_ns = 60u * 1000000000ull;

static _Atomic int32_t max_level = PATTER_LOG_INFO;

void pt_log_set_level(int32_t level)
{
    atomic_store_explicit(&max_level, level, memory_order_relaxed);
}

static const char *prefix(int32_t level)
{
    switch (level) {
    case PATTER_LOG_ERROR:
        return "patter: error: ";
    case PATTER_LOG_WARNING:
        return "patter: warning: ";
    default:
        return "patter: ";
    }
}

static void format_line(int32_t level, uint64_t held_back, const char *format, va_list args)
{
    char line[PT_SINK_LINE_MAX];
    int len = snprintf(line, sizeof(line), "%s", prefix(level));
    len += vsnprintf(line + len, sizeof(line) - (size_t)len, format, args);
    if (held_back > 0 && (size_t)len < sizeof(line)) {
        snprintf(line + len, sizeof(line) - (size_t)len, " (%llu like it held back)",
                 (unsigned long long)held_back);
    }
    pt_sink_put(level, line);
}

static bool is_wanted(int32_t level)
{
    return level <= atomic_load_explicit(&max_level, memory_order_relaxed);
}

void pt_log(int32_t level, const char *format, ...)
{
    if (is_wanted(level)) {
        va_list args;
        va_start(args, format);
        format_line(level, 0, format, args);
        va_end(args);
    }
}

void pt_log_limited(struct pt_log_gate *gate, int32_t level, const char *format, ...)
{
    if (!is_wanted(level)) {
        return;
    }
    uint64_t now = pt_clock_monotonic_ns();
    uint64_t next = atomic_load_explicit(&gate->next_ns, memory_order_relaxed);
    if (now < next ||
        !atomic_compare_exchange_strong(&gate->next_ns, &next, now + gate_period_ns)) {
        atomic_fetch_add_explicit(&gate->held_back, 1, memory_order_relaxed);
        return;
    }
    va_list args;
    va_start(args, format);
    format_line(level, atomic_exchange(&gate->held_back, 0), format, args);
    va_end(args);
}
