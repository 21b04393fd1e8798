/* SPDX-License-Identifier: MIT */
/* A program's own words alone: service name, endpoint and resource given to init, no file. */

#include <patter/patter.h>

int main(int count, char **arguments)
{
    struct patter_resource_attribute resource[] = { { "deployment.environment", "staging" } };
    struct patter_init_options options = { .struct_size = sizeof(options),
                                           .service_name = "front-desk-bot",
                                           .otlp_endpoint = count > 1 ? arguments[1] : NULL,
                                           .resource_attributes = resource,
                                           .resource_attribute_count = 1 };
    if (patter_init_tracing(&options) != PATTER_OK || !patter_is_enabled()) {
        return 1;
    }
    struct patter_call call = patter_call_begin(NULL);
    patter_stt_end(patter_stt_begin(call), 22, 0.9);
    patter_call_end(call);
    return patter_shutdown_tracing() == PATTER_OK ? 0 : 1;
}
