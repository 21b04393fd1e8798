/* SPDX-License-Identifier: MIT */
#include "plugins/otlp/tls.h"

#include <stdio.h>
#include <stdlib.h>

#include "plugins/otlp/pem.h"

static char *copy(struct patter_str text)
{
    return text.len ? strndup(text.data, text.len) : NULL;
}

/*
 * The PEM text of `tls.NAME_file` or `tls.NAME_pem`, once `check` found it good; NULL when neither
 * was given or a fault was reported. `*ret_given_as` is the option to name in later complaints.
 */
static char *read_pem(struct otlp_options *options, const char *file_option, const char *pem_option,
                      bool (*check)(const char *pem, char *ret_why), const char **ret_given_as)
{
    struct patter_str path = otlp_options_text(options, file_option);
    struct patter_str text = otlp_options_text(options, pem_option);
    char why[OTLP_WHY_MAX];
    *ret_given_as = text.len ? pem_option : file_option;
    if (path.len && text.len) {
        otlp_options_fail(options, pem_option, "is given beside %s: keep one of them", file_option);
        return NULL;
    }
    if (!path.len && !text.len) {
        return NULL;
    }
    char *file = copy(path);
    char *pem = file ? otlp_pem_read_file(file, why) : copy(text);
    if (!pem) {
        otlp_options_fail(options, *ret_given_as, "%s", file ? why : "memory is short");
    } else if (!check(pem, why)) {
        otlp_options_fail(options, *ret_given_as, "%s%s%s", file ? file : "", file ? ": " : "",
                          why);
        free(pem);
        pem = NULL;
    }
    free(file);
    return pem;
}

static void read_pair(struct otlp_options *options, struct otlp_tls *tls)
{
    const char *cert_option;
    const char *key_option;
    char why[OTLP_WHY_MAX];
    bool failed_before = options->failed;
    options->failed = false;
    tls->cert_pem = read_pem(options, "tls.cert_file", "tls.cert_pem", otlp_pem_check_certificates,
                             &cert_option);
    tls->key_pem =
        read_pem(options, "tls.key_file", "tls.key_pem", otlp_pem_check_key, &key_option);
    if (!options->failed) {
        if (tls->cert_pem && !tls->key_pem) {
            otlp_options_fail(options, cert_option,
                              "has no private key: write tls.key_file beside it");
        } else if (tls->key_pem && !tls->cert_pem) {
            otlp_options_fail(options, key_option,
                              "has no certificate: write tls.cert_file beside it");
        } else if (tls->cert_pem && !otlp_pem_check_pair(tls->cert_pem, tls->key_pem, why)) {
            otlp_options_fail(options, key_option, "%s", why);
        }
    }
    options->failed = options->failed || failed_before;
}

/* Without authorities of its own the transport takes the system's anyway. */
static void add_system(struct otlp_options *options, struct otlp_tls *tls)
{
    char *system = otlp_pem_read_system();
    char *all = NULL;
    if (!system) {
        otlp_options_fail(options, "tls.include_system_ca_certs_pool",
                          "this system has no bundle of certificates: install the package "
                          "ca-certificates");
    } else if (asprintf(&all, "%s\n%s", tls->ca_pem, system) < 0) {
        otlp_options_fail(options, "tls.include_system_ca_certs_pool", "memory is short");
    } else {
        free(tls->ca_pem);
        tls->ca_pem = all;
    }
    free(system);
}

static int version(struct patter_str text, int otherwise)
{
    return text.len == 3 && text.data[2] == '3' ? 13 : text.len ? 12 : otherwise;
}

static void read_versions(struct otlp_options *options, struct otlp_tls *tls)
{
    struct patter_str oldest = otlp_options_text(options, "tls.min_version");
    tls->min_version = version(oldest, 12);
    tls->max_version = version(otlp_options_text(options, "tls.max_version"), 13);
    if (oldest.len == 3 && oldest.data[2] < '2') {
        otlp_options_warn(options, "tls.min_version: TLS %.3s is broken; 1.2 is used instead",
                          oldest.data);
    }
    if (tls->max_version < tls->min_version) {
        otlp_options_fail(options, "tls.max_version", "1.2 is older than tls.min_version, 1.3");
    }
}

void otlp_tls_read(struct otlp_options *options, struct otlp_tls *ret_tls)
{
    const char *ca_option;
    memset(ret_tls, 0, sizeof(*ret_tls));
    ret_tls->ca_pem =
        read_pem(options, "tls.ca_file", "tls.ca_pem", otlp_pem_check_certificates, &ca_option);
    if (ret_tls->ca_pem && otlp_options_flag(options, "tls.include_system_ca_certs_pool")) {
        add_system(options, ret_tls);
    }
    read_pair(options, ret_tls);
    read_versions(options, ret_tls);
    ret_tls->server_name = copy(otlp_options_text(options, "tls.server_name_override"));
    ret_tls->insecure = otlp_options_flag(options, "tls.insecure");
    ret_tls->skip_verify = otlp_options_flag(options, "tls.insecure_skip_verify");
    if (ret_tls->skip_verify) {
        otlp_options_warn(options, "tls.insecure_skip_verify is on: whoever answers is believed to "
                                   "be the receiver, and is sent headers and spans");
    }
}

void otlp_tls_clean(struct otlp_tls *tls)
{
    free(tls->ca_pem);
    free(tls->cert_pem);
    if (tls->key_pem) {
        explicit_bzero(tls->key_pem, strlen(tls->key_pem));
    }
    free(tls->key_pem);
    free(tls->server_name);
    memset(tls, 0, sizeof(*tls));
}

bool otlp_tls_is_given(const struct otlp_tls *tls)
{
    return tls->ca_pem || tls->cert_pem || tls->server_name || tls->skip_verify;
}
