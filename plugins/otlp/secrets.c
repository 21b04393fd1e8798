/* SPDX-License-Identifier: MIT */
#include "plugins/otlp/secrets.h"

#include <ctype.h>
#include <stdlib.h>
#include <strings.h>

#include "plugins/otlp/response.h"

enum {
    SECRET_MIN_LEN = 4,
    PIECE_LEN = 8,   /* a shorter piece of a longer secret tells nothing */
    UNESCAPINGS = 3, /* gateways escape what is escaped already */
    BASE64_BITS = 6,
    HEX_BITS = 4,
    SPELLING_COUNT = 2 * (1 + 4 + 2) /* escaped or not: itself, as base64, as hex */
};

/* A text in small letters, and what is left of it without anything but letters and digits, so that
 * neither line breaks nor other escapes than those below hide a secret. */
struct folded {
    char *text;
    size_t len;
    char *bare;
    size_t bare_len;
};

/* What was said, in each way that it may be read. */
struct said {
    struct folded spellings[SPELLING_COUNT];
    size_t count;
    bool is_cut; /* it may end within a secret */
    char *memory;
};

/* `text` and `bare` have room for `len` bytes. */
static void fold(struct folded *folded, const char *text, size_t len)
{
    folded->len = len;
    folded->bare_len = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned char byte = (unsigned char)text[i];
        bool is_bare = byte < 0x80 && isalnum(byte);
        folded->text[i] = (char)(is_bare ? tolower(byte) : byte);
        if (is_bare) {
            folded->bare[folded->bare_len++] = folded->text[i];
        }
    }
}

/* ---- spellings ------------------------------------------------------------------ */

static int base64_value(char byte)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char plain = byte == '-' ? '+' : byte == '_' ? '/' : byte;
    const char *found = plain ? strchr(digits, plain) : NULL;
    return found ? (int)(found - digits) : -1;
}

static int hex_value(char byte)
{
    static const char digits[] = "0123456789abcdef";
    const char *found = byte ? strchr(digits, tolower((unsigned char)byte)) : NULL;
    return found ? (int)(found - digits) : -1;
}

/* Reads the digits in `text`, without the first `shift` of them; what is none is passed over. */
static size_t decode(const char *text, size_t len, unsigned int bits, size_t shift, char *out)
{
    uint32_t held = 0;
    unsigned int held_bits = 0;
    size_t count = 0;
    for (size_t i = 0; i < len; i++) {
        int value = bits == BASE64_BITS ? base64_value(text[i]) : hex_value(text[i]);
        if (value < 0 || shift > 0) {
            shift -= value >= 0;
            continue;
        }
        held = held << bits | (uint32_t)value;
        held_bits += bits;
        if (held_bits >= 8) {
            held_bits -= 8;
            out[count++] = (char)(held >> held_bits & 0xff);
        }
    }
    return count;
}

/* The length of the escape at `text`, 0 where none is; `*ret_byte` is -1 for nothing. */
static size_t read_escape(const char *text, size_t len, int *ret_byte)
{
    static const struct {
        const char *mark;
        size_t digits_max;
        int base;
    } escapes[] = {
        { "%", 2, 16 }, { "\\u", 4, 16 }, { "\\x", 2, 16 }, { "&#x", 4, 16 }, { "&#", 4, 10 }
    };
    for (size_t i = 0; i < sizeof(escapes) / sizeof(escapes[0]); i++) {
        size_t mark_len = strlen(escapes[i].mark);
        size_t used = mark_len;
        int code = 0;
        if (len <= mark_len || strncasecmp(text, escapes[i].mark, mark_len) != 0) {
            continue;
        }
        for (; used < len && used < mark_len + escapes[i].digits_max; used++) {
            int value = hex_value(text[used]);
            if (value < 0 || value >= escapes[i].base) {
                break;
            }
            code = code * escapes[i].base + value;
        }
        if (used > mark_len) {
            *ret_byte = code & 0xff;
            return used;
        }
    }
    *ret_byte = -1;
    return text[0] == '\\';
}

static size_t unescape(const char *text, size_t len, char *out)
{
    size_t count = 0;
    for (size_t i = 0; i < len;) {
        int byte;
        size_t used = read_escape(text + i, len - i, &byte);
        if (used == 0) {
            out[count++] = text[i++];
        } else if (byte >= 0) {
            out[count++] = (char)byte;
        }
        i += used;
    }
    return count;
}

static void add_spelling(struct said *said, const char *text, size_t len)
{
    fold(&said->spellings[said->count++], text, len);
}

static void add_spellings(struct said *said, const char *text, size_t len, char *scratch)
{
    add_spelling(said, text, len);
    for (size_t shift = 0; shift < 4; shift++) {
        add_spelling(said, scratch, decode(text, len, BASE64_BITS, shift, scratch));
    }
    for (size_t shift = 0; shift < 2; shift++) {
        add_spelling(said, scratch, decode(text, len, HEX_BITS, shift, scratch));
    }
}

/* False when memory is short. */
static bool said_init(struct said *said, const char *words)
{
    size_t len = strlen(words);
    said->count = 0;
    said->is_cut = len >= OTLP_MESSAGE_MAX - 1;
    said->memory = malloc((2 * SPELLING_COUNT + 2) * (len + 1));
    if (!said->memory) {
        return false;
    }
    char *at = said->memory;
    for (size_t i = 0; i < SPELLING_COUNT; i++, at += 2 * (len + 1)) {
        said->spellings[i] = (struct folded){ .text = at, .bare = at + len + 1 };
    }
    char *scratch = at + len + 1;
    add_spellings(said, words, len, scratch);
    memcpy(at, words, len);
    for (size_t i = 0; i < UNESCAPINGS; i++) {
        len = unescape(at, len, at);
    }
    add_spellings(said, at, len, scratch);
    return true;
}

/* ---- secrets -------------------------------------------------------------------- */

static bool has_piece(const char *text, size_t text_len, const char *secret, size_t len,
                      bool is_cut)
{
    size_t piece = len < PIECE_LEN ? len : PIECE_LEN;
    for (size_t i = 0; len >= SECRET_MIN_LEN && i + piece <= len; i++) {
        if (memmem(text, text_len, secret + i, piece)) {
            return true;
        }
    }
    for (size_t head = SECRET_MIN_LEN; is_cut && head < piece && head <= text_len; head++) {
        if (memcmp(text + text_len - head, secret, head) == 0) {
            return true;
        }
    }
    return false;
}

static bool tells_exactly(const struct said *said, struct patter_str secret)
{
    bool found = false;
    char *memory = secret.len >= SECRET_MIN_LEN ? malloc(2 * secret.len) : NULL;
    if (!memory) {
        return secret.len >= SECRET_MIN_LEN; /* what cannot be searched for may be there */
    }
    struct folded wanted = { .text = memory, .bare = memory + secret.len };
    fold(&wanted, secret.data, secret.len);
    for (size_t i = 0; i < said->count && !found; i++) {
        const struct folded *spelling = &said->spellings[i];
        found = has_piece(spelling->text, spelling->len, wanted.text, wanted.len, said->is_cut) ||
                has_piece(spelling->bare, spelling->bare_len, wanted.bare, wanted.bare_len,
                          said->is_cut);
    }
    explicit_bzero(memory, 2 * secret.len);
    free(memory);
    return found;
}

/* As it is written in a URL, and as it is meant. */
static bool tells(const struct said *said, struct patter_str secret)
{
    char *plain = secret.len >= SECRET_MIN_LEN ? malloc(secret.len) : NULL;
    if (!plain) {
        return secret.len >= SECRET_MIN_LEN;
    }
    size_t len = unescape(secret.data, secret.len, plain);
    bool found = tells_exactly(said, secret) ||
                 (len < secret.len && tells_exactly(said, (struct patter_str){ plain, len }));
    explicit_bzero(plain, secret.len);
    free(plain);
    return found;
}

/* What "user:password" is sent as. */
static bool tells_basic(const struct said *said, struct patter_str user)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *plain = user.len ? malloc(user.len + 2 * user.len + 4) : NULL;
    if (!plain) {
        return user.len > 0;
    }
    size_t len = unescape(user.data, user.len, plain);
    char *basic = plain + user.len;
    size_t count = 0;
    for (size_t bit = 0; bit < 8 * len; bit += 6) {
        unsigned int pair = (unsigned int)(unsigned char)plain[bit / 8] << 8 |
                            (bit / 8 + 1 < len ? (unsigned char)plain[bit / 8 + 1] : 0);
        basic[count++] = digits[pair >> (10 - bit % 8) & 63];
    }
    bool found = tells_exactly(said, (struct patter_str){ basic, count });
    explicit_bzero(plain, user.len + count);
    free(plain);
    return found;
}

/* "user:password": each of both, and both. */
static bool tells_user(const struct said *said, struct patter_str user)
{
    const char *colon = user.len ? memchr(user.data, ':', user.len) : NULL;
    size_t len = colon ? (size_t)(colon - user.data) : 0;
    return tells(said, user) || tells(said, (struct patter_str){ user.data, len }) ||
           (colon && tells(said, (struct patter_str){ colon + 1, user.len - len - 1 })) ||
           tells_basic(said, user);
}

/* "http://user:password@host:port", also where the password holds what it may not. */
static bool tells_proxy(const struct said *said, struct patter_str url)
{
    const char *at = url.len ? memrchr(url.data, '@', url.len) : NULL;
    const char *scheme = at ? memmem(url.data, (size_t)(at - url.data), "://", 3) : NULL;
    const char *begin = scheme ? scheme + 3 : url.data;
    return at && tells_user(said, (struct patter_str){ begin, (size_t)(at - begin) });
}

static bool tells_query(const struct said *said, struct patter_str query)
{
    for (size_t begin = 1; begin < query.len;) {
        const char *rest = query.data + begin;
        const char *end = memchr(rest, '&', query.len - begin);
        size_t len = end ? (size_t)(end - rest) : query.len - begin;
        const char *mark = memchr(rest, '=', len);
        size_t name_len = mark ? (size_t)(mark + 1 - rest) : 0;
        if (tells(said, (struct patter_str){ rest + name_len, len - name_len })) {
            return true;
        }
        begin += len + 1;
    }
    return false;
}

/* The token after a word that is none; all of it where no token follows. */
static struct patter_str token_of(struct patter_str value)
{
    static const char *const schemes[] = { "Basic ", "Bearer ", "Token ", "ApiKey ", "Api-Token " };
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        size_t len = strlen(schemes[i]);
        if (value.len >= len + SECRET_MIN_LEN && strncasecmp(value.data, schemes[i], len) == 0) {
            return (struct patter_str){ value.data + len, value.len - len };
        }
    }
    return value;
}

static bool tells_header(const struct said *said, struct patter_str value)
{
    struct patter_str token = token_of(value);
    char *user = token.len >= SECRET_MIN_LEN ? malloc(token.len) : NULL;
    if (!user) {
        return token.len >= SECRET_MIN_LEN;
    }
    size_t len = decode(token.data, token.len, BASE64_BITS, 0, user);
    bool is_text = len > 0;
    for (size_t i = 0; i < len; i++) {
        is_text = is_text && (unsigned char)user[i] >= ' ' && user[i] != 0x7f;
    }
    bool found =
        tells(said, token) || (is_text && tells_user(said, (struct patter_str){ user, len }));
    explicit_bzero(user, token.len);
    free(user);
    return found;
}

const char *otlp_secrets_hide(const struct otlp_settings *settings, const char *words)
{
    struct said said;
    if (words[0] == '\0') {
        return words;
    }
    if (!said_init(&said, words)) {
        return OTLP_SECRETS_HIDDEN;
    }
    bool found = tells_user(&said, settings->userinfo) || tells_query(&said, settings->query) ||
                 tells_proxy(&said, settings->proxy_url);
    for (size_t i = 0; i < settings->header_count && !found; i++) {
        found = tells_header(&said, settings->headers[i].value);
    }
    for (size_t i = 0; i < OTLP_PROXIES_MAX && !found; i++) {
        found = tells_proxy(&said, patter_text(settings->proxies[i]));
    }
    free(said.memory);
    return found ? OTLP_SECRETS_HIDDEN : words;
}
