/* SPDX-License-Identifier: MIT */

/* A plugin in C++17: it counts spans by name and throws nothing across the border. */

#include <patter/exporter.h>

#include <cstdio>
#include <map>
#include <memory>
#include <new>
#include <string>

namespace
{

const patter_option options[] = {
    { "prefix", PATTER_TEXT, 0, "spans", 0, 0, nullptr, "Before each count." },
};

struct counter {
    const patter_host *host;
    std::string prefix;
    std::map<std::string, std::size_t> counts;
};

patter_status create(const patter_host *host, const patter_value *values, void **ret_self,
                     patter_error *error)
{
    try {
        auto self = std::make_unique<counter>();
        self->host = host;
        self->prefix.assign(values[0].as.text.data, values[0].as.text.len);
        *ret_self = self.release();
        return PATTER_OK;
    } catch (const std::bad_alloc &) {
        host->fail(error, "memory is short");
        return PATTER_NO_MEMORY;
    }
}

patter_status send_batch(void *data, const patter_batch *batch, patter_result *result)
{
    auto *self = static_cast<counter *>(data);
    try {
        for (std::size_t i = 0; i < batch->span_count; i++) {
            const struct patter_str name = batch->spans[i]->name;
            self->counts[std::string(name.data, name.len)]++;
        }
    } catch (const std::bad_alloc &) {
        result->reason = "no_memory";
        return PATTER_AGAIN;
    }
    return PATTER_OK;
}

void destroy(void *data)
{
    std::unique_ptr<counter> self(static_cast<counter *>(data));
    for (const auto &[name, count] : self->counts) {
        const std::string line = self->prefix + " " + name + ": " + std::to_string(count);
        self->host->log(self->host->data, PATTER_LOG_INFO, line.c_str());
    }
}

const patter_exporter exporter = {
    sizeof(patter_exporter),
    sizeof(patter_option),
    "cxx",
    "1.0.0",
    "To the log, as counts.",
    options,
    1,
    0,
    0,
    create,
    send_batch,
    destroy,
    nullptr,
    nullptr,
    nullptr,
    nullptr,
    nullptr,
    nullptr,
};

} // namespace

PATTER_EXPORTER(exporter);
