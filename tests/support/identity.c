/* SPDX-License-Identifier: MIT */
#include "tests/support/identity.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

enum { DAY_S = 24 * 60 * 60, PATH_COUNT = 8, PATH_LEN = 512 };

static void must(bool good)
{
    if (!good) {
        abort();
    }
}

static char *take_text(BIO *bio)
{
    char *data;
    long len = BIO_get_mem_data(bio, &data);
    char *text = strndup(data, (size_t)len);
    must(text != NULL);
    BIO_free(bio);
    return text;
}

static void add_extension(X509 *certificate, int nid, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
    must(extension && X509_add_ext(certificate, extension, -1));
    X509_EXTENSION_free(extension);
}

static void name_it(X509 *certificate, const char *host, bool is_authority)
{
    char alternative[128];
    X509_NAME *name = X509_get_subject_name(certificate);
    must(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)host, -1, -1,
                                    0));
    if (is_authority) {
        add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE");
        return;
    }
    snprintf(alternative, sizeof(alternative), "%s:%s",
             isdigit((unsigned char)host[0]) ? "IP" : "DNS", host);
    add_extension(certificate, NID_subject_alt_name, alternative);
}

static X509 *read_certificate(const struct identity *identity)
{
    BIO *bio = BIO_new_mem_buf(identity->cert_pem, -1);
    X509 *certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    must(certificate != NULL);
    BIO_free(bio);
    return certificate;
}

static EVP_PKEY *read_key(const struct identity *identity)
{
    BIO *bio = BIO_new_mem_buf(identity->key_pem, -1);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
    must(key != NULL);
    BIO_free(bio);
    return key;
}

static void sign(X509 *certificate, EVP_PKEY *key, const struct identity *issuer)
{
    if (!issuer) {
        must(X509_set_issuer_name(certificate, X509_get_subject_name(certificate)) &&
             X509_sign(certificate, key, EVP_sha256()));
        return;
    }
    X509 *authority = read_certificate(issuer);
    EVP_PKEY *authority_key = read_key(issuer);
    must(X509_set_issuer_name(certificate, X509_get_subject_name(authority)) &&
         X509_sign(certificate, authority_key, EVP_sha256()));
    X509_free(authority);
    EVP_PKEY_free(authority_key);
}

struct identity identity_make(const char *host, const struct identity *issuer, bool expired)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    unsigned char serial[4];
    must(key && certificate && RAND_bytes(serial, sizeof(serial)) == 1);
    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate),
                     ((serial[0] & 0x7F) << 16) + (serial[1] << 8) + serial[2] + 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3L * DAY_S);
    X509_gmtime_adj(X509_getm_notAfter(certificate), expired ? -1L * DAY_S : 30L * DAY_S);
    X509_set_pubkey(certificate, key);
    name_it(certificate, host, issuer == NULL);
    sign(certificate, key, issuer);

    BIO *cert_bio = BIO_new(BIO_s_mem());
    BIO *key_bio = BIO_new(BIO_s_mem());
    must(PEM_write_bio_X509(cert_bio, certificate) &&
         PEM_write_bio_PrivateKey(key_bio, key, NULL, NULL, 0, NULL, NULL));
    X509_free(certificate);
    EVP_PKEY_free(key);
    return (struct identity){ take_text(cert_bio), take_text(key_bio) };
}

void identity_clean(struct identity *identity)
{
    free(identity->cert_pem);
    free(identity->key_pem);
    memset(identity, 0, sizeof(*identity));
}

const char *identity_write(const char *directory, const char *name, const char *text)
{
    static char paths[PATH_COUNT][PATH_LEN];
    static size_t next;
    char *path = paths[next++ % PATH_COUNT];
    snprintf(path, PATH_LEN, "%s/%s", directory, name);
    FILE *file = fopen(path, "w");
    must(file && fputs(text, file) >= 0 && fclose(file) == 0);
    return path;
}
