/* SPDX-License-Identifier: MIT
 *
 * A stream of bytes cut into messages.
 */
#include "cmd/splitter.h"

#include <string.h>

#include "tap.h"

static const struct {
    const char *how, *input;
    bool ended;
    const char *wanted; /* the messages, each in brackets, then what is left */
} rows[] = {
    {"line", "a\nbb\n\nc", false, "[a][bb][]c"},
    {"line", "a\nbb\n\nc", true, "[a][bb][][c]"},
    {"line", "\n", true, "[]"},
    {"line", "", true, ""},
    {"line", "abc", false, "abc"},
    {"3", "abcdefgh", false, "[abc][def]gh"},
    {"3", "abcdefgh", true, "[abc][def][gh]"},
    {"3", "abc", true, "[abc]"},
    {"1k", "abc", false, "abc"},
    {NULL, "abcdefgh", false, "[abcde][fgh]"},
    {NULL, "", false, ""},
};

/* What comes of a row; `most` is 5. */
static void split(const struct splitter_options *options, const char *input,
                  bool ended, char *out)
{
    const uint8_t *data = (const uint8_t *)input;
    size_t len = strlen(input), taken;
    struct rtc_message message;

    *out = '\0';
    while (splitter_next(options, data, len, 5, ended, &message, &taken)) {
        strcat(out, "[");
        strncat(out, (const char *)message.data, message.len);
        strcat(out, "]");
        data += taken;
        len -= taken;
    }
    strncat(out, (const char *)data, len);
}

static const struct {
    const char *bytes;
    bool is_text;
} texts[] = {
    {"", true},
    {"plain", true},
    {"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", true},
    {"\xf4\x8f\xbf\xbf", true},
    {"caf\xe9", false},
    {"\xc3", false},
    {"\xe2\x82", false},
    {"\xc0\xaf", false},         /* a long form */
    {"\xe0\x9f\xbf", false},     /* another */
    {"\xed\xa0\x80", false},     /* half of a surrogate pair */
    {"\xf4\x90\x80\x80", false}, /* behind the last character */
    {"\xf8\x88\x80\x80\x80", false},
    {"\x80", false},
};

static void test_parse(void)
{
    static const char *const wrong[] = {"", "lines", "0", "-1", "x", "8G", "k"};
    struct splitter_options options;

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        ok(!splitter_parse(wrong[i], &options), wrong[i]);
    ok(splitter_parse("16k", &options) && options.mode == SPLITTER_LENGTH &&
           options.len == 16384,
       "a length");
    ok(splitter_parse("nul", &options) && options.mode == SPLITTER_NULS,
       "by NUL");
}

int main(void)
{
    struct splitter_options options = {.mode = SPLITTER_NULS};
    struct rtc_message message;
    char out[64], mark = 'x';
    size_t taken;

    test_parse();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        options = (struct splitter_options){.mode = SPLITTER_BYTES};
        if (rows[i].how)
            splitter_parse(rows[i].how, &options);
        split(&options, rows[i].input, rows[i].ended, out);
        is_str(out, rows[i].wanted, rows[i].input);
    }
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        is_int(splitter_is_text((const uint8_t *)texts[i].bytes,
                                strlen(texts[i].bytes)),
               texts[i].is_text, "text or not");
    ok(!splitter_is_text((const uint8_t *)"a\0b", 3), "NUL is no text");
    options.mode = SPLITTER_NULS;
    ok(splitter_next(&options, (const uint8_t *)"ab\0c", 4, 5, false, &message,
                     &taken) &&
           message.len == 2 && taken == 3 && message.is_text,
       "up to the NUL");
    is_int((int)splitter_mark(&options, &mark), 1, "which goes back");
    is_int(mark, 0, "as it was");
    options.mode = SPLITTER_LENGTH;
    is_int((int)splitter_mark(&options, &mark), 0, "nothing behind a length");
    return tap_done();
}
