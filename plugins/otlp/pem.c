/* SPDX-License-Identifier: MIT */
#include "plugins/otlp/pem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "plugins/otlp/crypto.h"

enum { FILE_MAX = 4 * 1024 * 1024 };

static BIO *open_text(const char *pem)
{
    return BIO_new_mem_buf(pem, -1);
}

/* The program's own OpenSSL may have errors queued: ours must not join them. */
static X509 *read_certificate(BIO *bio)
{
    ERR_set_mark();
    X509 *certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    ERR_pop_to_mark();
    return certificate;
}

static int refuse_passphrase(char *text, int size, int writing, void *asked)
{
    (void)text;
    (void)size;
    (void)writing;
    *(bool *)asked = true;
    return 0;
}

static EVP_PKEY *read_key(BIO *bio, bool *ret_encrypted)
{
    *ret_encrypted = false;
    ERR_set_mark();
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, refuse_passphrase, ret_encrypted);
    ERR_pop_to_mark();
    return key;
}

static bool has_block(const char *pem, const char *label)
{
    return strstr(pem, label) != NULL;
}

static size_t count_blocks(const char *pem, const char *first_line)
{
    size_t count = 0;
    while ((pem = strstr(pem, first_line))) {
        pem += strlen(first_line);
        count++;
    }
    return count;
}

bool otlp_pem_check_certificates(const char *pem, char ret_why[OTLP_WHY_MAX])
{
    size_t expected = count_blocks(pem, "-----BEGIN CERTIFICATE-----") +
                      count_blocks(pem, "-----BEGIN TRUSTED CERTIFICATE-----") +
                      count_blocks(pem, "-----BEGIN X509 CERTIFICATE-----");
    if (expected == 0) {
        snprintf(ret_why, OTLP_WHY_MAX,
                 "holds %s; expected PEM text with a line -----BEGIN "
                 "CERTIFICATE-----",
                 has_block(pem, "PRIVATE KEY-----") ? "a private key and no certificate"
                                                    : "no certificate");
        return false;
    }
    if (!otlp_crypto_begin()) {
        return true;
    }
    BIO *bio = open_text(pem);
    size_t count = 0;
    while (bio && count < expected) {
        X509 *certificate = read_certificate(bio);
        if (!certificate) {
            break;
        }
        X509_free(certificate);
        count++;
    }
    BIO_free(bio);
    if (count < expected) {
        snprintf(ret_why, OTLP_WHY_MAX,
                 "certificate number %zu of %zu cannot be read: it is damaged or cut short",
                 count + 1, expected);
    }
    return count == expected;
}

bool otlp_pem_check_key(const char *pem, char ret_why[OTLP_WHY_MAX])
{
    bool encrypted = false;
    bool good = has_block(pem, "PRIVATE KEY-----");
    if (good && otlp_crypto_begin()) {
        BIO *bio = open_text(pem);
        EVP_PKEY *key = bio ? read_key(bio, &encrypted) : NULL;
        good = key != NULL;
        BIO_free(bio);
        EVP_PKEY_free(key);
    }
    if (good) {
        return true;
    }
    if (encrypted) {
        snprintf(ret_why, OTLP_WHY_MAX,
                 "is protected by a passphrase, for which patter cannot ask; write a plain key "
                 "with `openssl pkey -in KEY -out PLAIN`");
    } else if (has_block(pem, "PRIVATE KEY-----")) {
        snprintf(ret_why, OTLP_WHY_MAX,
                 "the private key cannot be read: it is damaged, cut short or of an unknown kind");
    } else {
        snprintf(ret_why, OTLP_WHY_MAX,
                 "holds %s; expected PEM text with a line -----BEGIN PRIVATE KEY-----",
                 has_block(pem, "-----BEGIN CERTIFICATE-----") ? "a certificate and no private key"
                                                               : "no private key");
    }
    return false;
}

bool otlp_pem_check_pair(const char *certificate_pem, const char *key_pem,
                         char ret_why[OTLP_WHY_MAX])
{
    bool encrypted;
    if (!otlp_crypto_begin()) {
        return true;
    }
    BIO *certificate_bio = open_text(certificate_pem);
    BIO *key_bio = open_text(key_pem);
    X509 *certificate = certificate_bio ? read_certificate(certificate_bio) : NULL;
    EVP_PKEY *key = key_bio ? read_key(key_bio, &encrypted) : NULL;
    ERR_set_mark();
    bool good = certificate && key && X509_check_private_key(certificate, key) == 1;
    ERR_pop_to_mark();
    X509_free(certificate);
    EVP_PKEY_free(key);
    BIO_free(certificate_bio);
    BIO_free(key_bio);
    if (!good) {
        snprintf(ret_why, OTLP_WHY_MAX,
                 "does not belong to the certificate: it must be the key that the certificate was "
                 "made for");
    }
    return good;
}

static char *read_all(int file, size_t size)
{
    char *text = malloc(size + 1);
    size_t len = 0;
    while (text && len < size) {
        ssize_t count = read(file, text + len, size - len);
        if (count == 0 || (count < 0 && errno != EINTR)) {
            break;
        }
        len += count > 0 ? (size_t)count : 0;
    }
    if (text) {
        text[len] = '\0';
    }
    return text;
}

char *otlp_pem_read_file(const char *path, char ret_why[OTLP_WHY_MAX])
{
    struct stat status;
    char *text = NULL;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0 || fstat(file, &status) != 0) {
        int error = errno;
        const char *cure = error == EACCES   ? "; the process's user must be allowed to read it"
                           : error == ENOENT ? "; correct the path, or put a PEM file there"
                                             : "";
        snprintf(ret_why, OTLP_WHY_MAX, "cannot read %s: %s%s", path, strerror(error), cure);
    } else if (!S_ISREG(status.st_mode)) {
        snprintf(ret_why, OTLP_WHY_MAX, "%s is %s; expected a PEM file", path,
                 S_ISDIR(status.st_mode) ? "a directory" : "no regular file");
    } else if (status.st_size > FILE_MAX) {
        snprintf(ret_why, OTLP_WHY_MAX, "%s is too large for a PEM file", path);
    } else {
        text = read_all(file, (size_t)status.st_size);
        if (!text) {
            snprintf(ret_why, OTLP_WHY_MAX, "memory is short");
        }
    }
    if (file >= 0) {
        close(file);
    }
    return text;
}

char *otlp_pem_read_system(void)
{
    static const char *const bundles[] = {
        "/etc/ssl/certs/ca-certificates.crt", /* Debian, Alpine, Arch */
        "/etc/pki/tls/certs/ca-bundle.crt",   /* Fedora */
        "/etc/ssl/ca-bundle.pem",             /* openSUSE */
    };
    char why[OTLP_WHY_MAX];
    const char *chosen = getenv(X509_get_default_cert_file_env());
    char *text = chosen ? otlp_pem_read_file(chosen, why) : NULL;
    for (size_t i = 0; !text && i < sizeof(bundles) / sizeof(bundles[0]); i++) {
        text = otlp_pem_read_file(bundles[i], why);
    }
    return text;
}
