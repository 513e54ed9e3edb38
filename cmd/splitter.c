/* SPDX-License-Identifier: MIT
 *
 * Where messages begin and end in a stream of bytes. Nothing is kept or copied
 * here: the caller holds the bytes.
 */
#include "cmd/splitter.h"

#include <string.h>

#include "cmd/value.h"

bool splitter_parse(const char *text, struct splitter_options *ret_options)
{
    struct splitter_options options = {.mode = SPLITTER_LENGTH};
    int64_t len;

    if (!strcmp(text, "line"))
        options.mode = SPLITTER_LINES;
    else if (!strcmp(text, "nul"))
        options.mode = SPLITTER_NULS;
    else if (value_size(text, &len) && len > 0 && len <= INT32_MAX)
        options.len = (size_t)len;
    else
        return false;
    *ret_options = options;
    return true;
}

/* Length of the UTF-8 character at `at`, 0 when it is none. */
static size_t character(const uint8_t *at, size_t left)
{
    /* Ranges of the second byte keep out long forms and surrogates. */
    static const struct {
        uint8_t first, last, from, to;
        size_t len;
    } forms[] = {
        {0x01, 0x7f, 0x80, 0xbf, 1}, {0xc2, 0xdf, 0x80, 0xbf, 2},
        {0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3},
        {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4},
        {0xf4, 0xf4, 0x80, 0x8f, 4},
    };

    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        if (*at < forms[i].first || *at > forms[i].last)
            continue;
        if (left < forms[i].len)
            return 0;
        for (size_t k = 1; k < forms[i].len; k++)
            if (at[k] < (k == 1 ? forms[i].from : 0x80) ||
                at[k] > (k == 1 ? forms[i].to : 0xbf))
                return 0;
        return forms[i].len;
    }
    return 0;
}

bool splitter_is_text(const uint8_t *data, size_t len)
{
    size_t at = 0;

    while (at < len) {
        size_t step = character(data + at, len - at);

        if (!step)
            return false;
        at += step;
    }
    return true;
}

/* Up to the mark, which is left out. */
static bool marked(uint8_t mark, const uint8_t *data, size_t len, bool ended,
                   struct rtc_message *message, size_t *ret_taken)
{
    const uint8_t *end = len ? memchr(data, mark, len) : NULL;

    if (!end && !(ended && len))
        return false;
    message->len = end ? (size_t)(end - data) : len;
    message->is_text = splitter_is_text(data, message->len);
    *ret_taken = message->len + (end ? 1 : 0);
    return true;
}

bool splitter_next(const struct splitter_options *options, const uint8_t *data,
                   size_t len, size_t most, bool ended,
                   struct rtc_message *ret_message, size_t *ret_taken)
{
    size_t whole = options->mode == SPLITTER_LENGTH ? options->len : 1;

    *ret_message = (struct rtc_message){.data = data};
    if (options->mode == SPLITTER_LINES)
        return marked('\n', data, len, ended, ret_message, ret_taken);
    if (options->mode == SPLITTER_NULS)
        return marked('\0', data, len, ended, ret_message, ret_taken);
    if (len == 0 || (len < whole && !ended))
        return false;
    if (options->mode == SPLITTER_LENGTH)
        most = whole;
    ret_message->len = *ret_taken = len < most ? len : most;
    return true;
}

size_t splitter_mark(const struct splitter_options *options, char *ret_mark)
{
    if (options->mode != SPLITTER_LINES && options->mode != SPLITTER_NULS)
        return 0;
    *ret_mark = options->mode == SPLITTER_LINES ? '\n' : '\0';
    return 1;
}
