/* SPDX-License-Identifier: MIT */
#include "core/pipeline/losses.h"

#include "core/base/log.h"
#include "core/record/thread.h"

static const uint64_t period_ns = 60u * 1000000000ull;
static const uint64_t look_ns = 1000000000ull; /* a look costs a visit to every thread's counters */

static const struct {
    enum pt_counter counter;
    const char *what, *advice;
} kinds[PT_LOSS_KINDS] = {
    { PT_BUFFER_FULL, "spans dropped, they found no room",
      "patter's thread gets too little of the processor, or memory is short" },
    { PT_ATTRIBUTES_DENIED, "attributes left out, their key may not leave",
      "`patter privacy` lists those that may" },
    { PT_ATTRIBUTES_INVALID, "attributes left out, the value is not of its key's class",
      "`patter privacy` shows the classes" },
    { PT_ATTRIBUTES_SCANNED, "attributes left out, the value looks like a person's data or words",
      "what is one of a few known words can be listed as a choice in privacy.allowed_keys" },
    { PT_ATTRIBUTES_OVER_LIMIT, "attributes left out, too many", "raise limits.attributes" },
    { PT_EVENTS_OVER_LIMIT, "events left out, too many", "raise limits.events" },
    { PT_LINKS_OVER_LIMIT, "links left out, too many", "raise limits.links" },
    { PT_NAMES_REPLACED, "names replaced by getpatter.custom",
      "a name is an identifier that does not look like a person's data or words" },
    { PT_MISUSES, "calls without effect", "their span had ended already, or never was one" },
};

void pt_losses_say(struct pt_losses *losses, uint64_t now_ns, bool at_end)
{
    if (now_ns < losses->next_look_ns && !at_end) {
        return;
    }
    losses->next_look_ns = now_ns + look_ns;
    for (size_t i = 0; i < PT_LOSS_KINDS; i++) {
        uint64_t count = pt_threads_sum(kinds[i].counter);
        if (count > losses->said[i] && (at_end || losses->next_ns[i] <= now_ns)) {
            pt_log(PATTER_LOG_WARNING, "%s: %llu; %s", kinds[i].what,
                   (unsigned long long)(count - losses->said[i]), kinds[i].advice);
            losses->said[i] = count;
            losses->next_ns[i] = now_ns + period_ns;
        }
    }
}
