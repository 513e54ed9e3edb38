/* SPDX-License-Identifier: MIT
 *
 * A session description as plain SDP, as the JSON of a browser's
 * RTCSessionDescription (W3C WebRTC 4.7), or as base64 of that (RFC 4648 4).
 * Which one it is shows in its first characters. The SDP itself is not looked
 * at.
 */
#include "cmd/description.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLANKS " \t\r\n"

static const char *const types[] = {
    [DESCRIPTION_OFFER] = "offer",
    [DESCRIPTION_ANSWER] = "answer",
};

static int __attribute__((format(printf, 2, 3)))
fail(char why[DESCRIPTION_WHY_LEN], const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(why, DESCRIPTION_WHY_LEN, format, args);
    va_end(args);
    return -1;
}

/* ---- base64 -------------------------------------------------------------- */

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                               "abcdefghijklmnopqrstuvwxyz0123456789+/";

/* A character's six bits; -1 for others. `-` and `_` are those of RFC 4648 5,
 * which pages made for links use. */
static int sextet(char c)
{
    const char *at = c ? strchr(alphabet, c) : NULL;

    if (at)
        return (int)(at - alphabet);
    return c == '-' ? 62 : c == '_' ? 63 : -1;
}

/* Blanks between are skipped, as mail and terminals break lines; padding may be
 * left out. The bytes in `out` (at least len * 3 / 4), or -1. */
static int64_t decode(const char *text, size_t len, char *out)
{
    uint32_t bits = 0;
    size_t count = 0, i = 0;
    int64_t written = 0;

    for (; i < len && text[i] != '='; i++) {
        int value = sextet(text[i]);

        if (text[i] && strchr(BLANKS, text[i]))
            continue;
        if (value < 0)
            return -1;
        bits = bits << 6 | (uint32_t)value;
        if (count++ % 4)
            out[written++] = (char)(bits >> (8 - count % 4 * 2) % 8);
    }
    for (; i < len; i++)
        if (!text[i] || !strchr("=" BLANKS, text[i]))
            return -1;
    return count % 4 == 1 ? -1 : written;
}

/* To be freed; a newline at its end. */
static char *encode(const char *data, size_t len, size_t *ret_len)
{
    char *text = malloc(len / 3 * 4 + 8), *at = text;

    if (!text)
        return NULL;
    for (size_t i = 0; i < len; i += 3) {
        uint32_t bits = (uint32_t)(uint8_t)data[i] << 16;

        if (i + 1 < len)
            bits |= (uint32_t)(uint8_t)data[i + 1] << 8;
        if (i + 2 < len)
            bits |= (uint8_t)data[i + 2];
        *at++ = alphabet[bits >> 18];
        *at++ = alphabet[bits >> 12 & 63];
        *at++ = i + 1 < len ? alphabet[bits >> 6 & 63] : '=';
        *at++ = i + 2 < len ? alphabet[bits & 63] : '=';
    }
    *at++ = '\n';
    *at = '\0';
    *ret_len = (size_t)(at - text);
    return text;
}

/* ---- parsing ------------------------------------------------------------- */

/* How its lines end: as the last one does, if it has an end, or the first. */
static const char *line_end(const char *text, size_t len, size_t cut)
{
    const char *end = memchr(text + cut, '\n', len - cut);

    if (!end)
        end = memchr(text, '\n', cut);
    return end && (end == text || end[-1] != '\r') ? "\n" : "\r\n";
}

/* Without what pasting leaves at the end, with the last line's end. */
static int copy_sdp(const char *text, size_t len,
                    struct description *ret_description,
                    char ret_why[DESCRIPTION_WHY_LEN])
{
    const char *nul = memchr(text, '\0', len), *end;
    size_t lines = 1, cut = len;
    char *copy;

    if (nul) {
        for (const char *at = text; at < nul; at++)
            lines += *at == '\n';
        return fail(ret_why, "line %zu: a NUL byte", lines);
    }
    while (cut > 0 && strchr(BLANKS, text[cut - 1]))
        cut--;
    end = line_end(text, len, cut);
    copy = malloc(cut + 3);
    if (!copy)
        return fail(ret_why, "out of memory");
    memcpy(copy, text, cut);
    memcpy(copy + cut, end, strlen(end) + 1);
    ret_description->sdp = copy;
    ret_description->len = cut + strlen(end);
    return 0;
}

static int read_object(const json_t *object,
                       struct description *ret_description,
                       char ret_why[DESCRIPTION_WHY_LEN])
{
    const char *type = json_string_value(json_object_get(object, "type"));
    const json_t *sdp = json_object_get(object, "sdp");

    if (!json_is_string(sdp) || !json_string_length(sdp))
        return fail(ret_why, "JSON without a string `sdp'");
    if (type && !strcmp(type, types[DESCRIPTION_OFFER]))
        ret_description->type = DESCRIPTION_OFFER;
    else if (type && !strcmp(type, types[DESCRIPTION_ANSWER]))
        ret_description->type = DESCRIPTION_ANSWER;
    else if (type)
        return fail(ret_why, "JSON of type `%.40s', not offer or answer", type);
    else
        return fail(ret_why, "JSON without a string `type'");
    return copy_sdp(json_string_value(sdp), json_string_length(sdp),
                    ret_description, ret_why);
}

/* On lines of their own more may follow: candidates, of one who trickles. */
static bool ends_its_line(const char *rest, size_t len)
{
    while (len > 0 && *rest && strchr(" \t\r", *rest)) {
        rest++;
        len--;
    }
    return len == 0 || *rest == '\n';
}

static unsigned line_of(const char *text, size_t position)
{
    unsigned line = 1;

    for (size_t i = 0; i < position; i++)
        line += text[i] == '\n';
    return line;
}

static int parse_json(const char *text, size_t len,
                      struct description *ret_description,
                      char ret_why[DESCRIPTION_WHY_LEN])
{
    json_error_t error;
    json_t *object = json_loadb(text, len, JSON_DISABLE_EOF_CHECK, &error);
    int result;

    if (!object)
        return fail(ret_why, "line %d: broken JSON: %.100s", error.line,
                    error.text);
    if (ends_its_line(text + error.position, len - (size_t)error.position))
        result = read_object(object, ret_description, ret_why);
    else
        result = fail(ret_why, "line %u: broken JSON: text behind it",
                      line_of(text, (size_t)error.position));
    json_decref(object);
    return result;
}

static int parse_base64(const char *text, size_t len,
                        struct description *ret_description,
                        char ret_why[DESCRIPTION_WHY_LEN])
{
    char *json = malloc(len + 1);
    int64_t json_len = json ? decode(text, len, json) : 0;
    int result;

    if (!json)
        return fail(ret_why, "out of memory");
    if (json_len <= 0 || *json != '{')
        result = fail(ret_why, "line 1: neither SDP (v=0), nor JSON, nor JSON "
                               "in base64");
    else
        result = parse_json(json, (size_t)json_len, ret_description, ret_why);
    free(json);
    return result;
}

int description_parse(const char *text, size_t len,
                      struct description *ret_description,
                      char ret_why[DESCRIPTION_WHY_LEN])
{
    struct description parsed = {.form = DESCRIPTION_BASE64};
    const char *all;
    size_t all_len;
    int result;

    if (len > DESCRIPTION_MAX)
        return fail(ret_why, "longer than %d bytes", DESCRIPTION_MAX);
    if (len >= 3 && !memcmp(text, "\xef\xbb\xbf", 3)) { /* byte order mark */
        text += 3;
        len -= 3;
    }
    all = text;
    all_len = len;
    while (len > 0 && *text && strchr(BLANKS, *text)) {
        text++;
        len--;
    }
    if (len == 0)
        return fail(ret_why, "empty");
    if (len >= 2 && !memcmp(text, "v=", 2)) {
        parsed.form = DESCRIPTION_SDP;
        /* What stands before it counts as lines. */
        result = copy_sdp(all, all_len, &parsed, ret_why);
    } else if (*text == '{') {
        parsed.form = DESCRIPTION_JSON;
        result = parse_json(text, len, &parsed, ret_why);
    } else {
        result = parse_base64(text, len, &parsed, ret_why);
    }
    if (result == 0)
        *ret_description = parsed;
    return result;
}

/* How many sections BUNDLE names, and how many there are. */
static bool has_all_sections(const char *sdp)
{
    const char *bundle = strstr(sdp, "a=group:BUNDLE ");
    int named = 0, found = 0;

    for (const char *m = strstr(sdp, "\nm="); m; m = strstr(m + 1, "\nm="))
        found++;
    if (bundle)
        for (bundle += strlen("a=group:BUNDLE"); *bundle == ' ';
             bundle += strcspn(bundle, " \r\n"), named++)
            bundle++;
    return found > 0 && found >= named;
}

enum description_whole description_whole(const char *text, size_t len)
{
    static const char last[] = "\na=end-of-candidates";
    char why[DESCRIPTION_WHY_LEN];
    struct description d;
    enum description_whole whole = DESCRIPTION_PART;
    size_t end = len;

    if (len == 0 || text[len - 1] != '\n' ||
        description_parse(text, len, &d, why))
        return DESCRIPTION_PART;
    while (end > 0 && strchr(BLANKS, text[end - 1]))
        end--;
    if (d.form != DESCRIPTION_SDP)
        whole = DESCRIPTION_WHOLE;
    else if (has_all_sections(d.sdp))
        whole = end > strlen(last) &&
                        !memcmp(text + end - strlen(last), last, strlen(last))
                    ? DESCRIPTION_WHOLE
                    : DESCRIPTION_PROBABLY;
    description_done(&d);
    return whole;
}

/* ---- writing ------------------------------------------------------------- */

/* To be freed. NULL when out of memory, or for an SDP that is not UTF-8. */
static char *write_json(const struct description *description, size_t *ret_len)
{
    json_t *object = json_pack("{s:s, s:s%}", "type", types[description->type],
                               "sdp", description->sdp, description->len);
    char *json = object ? json_dumps(object, JSON_COMPACT) : NULL;

    json_decref(object);
    if (json)
        *ret_len = strlen(json);
    return json;
}

char *description_write(const struct description *description, size_t *ret_len)
{
    char *json, *text;
    size_t len;

    if (description->form == DESCRIPTION_SDP) {
        *ret_len = description->len;
        return strndup(description->sdp, description->len);
    }
    json = write_json(description, &len);
    if (!json)
        return NULL;
    if (description->form == DESCRIPTION_BASE64) {
        text = encode(json, len, ret_len);
    } else {
        text = malloc(len + 2);
        if (text)
            *ret_len = (size_t)sprintf(text, "%s\n", json);
    }
    free(json);
    return text;
}

void description_done(struct description *description)
{
    free(description->sdp);
    description->sdp = NULL;
    description->len = 0;
}
