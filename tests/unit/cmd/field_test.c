/* SPDX-License-Identifier: MIT
 *
 * Values of HTTP header fields.
 */
#include "cmd/field.h"

#include "tap.h"

/* Sun, 06 Nov 1994 08:49:37 GMT, RFC 9110's example. */
#define THEN 784111777

static const struct {
    const char *value;
    int64_t wanted_s;
} waits[] = {
    {"0", 0},
    {"7 ", 7},
    {" 120", 120},
    {"99999999999999999999", FIELD_WAIT_MOST_S},
    {"Sun, 06 Nov 1994 08:49:37 GMT", 60},
    {"Sunday, 06-Nov-94 08:49:37 GMT", 60},
    {"Sun Nov  6 08:49:37 1994", 60},
    {"Sat, 05 Nov 1994 08:49:37 GMT", 0},
    {"Sun, 06 Nov 2044 08:49:37 GMT", FIELD_WAIT_MOST_S},
    {"Sun, 06 Xyz 1994 08:49:37 GMT", -1},
    {"-1", -1},
    {"1.5", -1},
    {"soon", -1},
    {"", -1},
};

static const struct {
    const char *value, *wanted;
    bool odd;
} etags[] = {
    {"\"abc\"", "\"abc\"", false},    {" \"\" ", "\"\"", false},
    {"W/\"abc\"", "W/\"abc\"", true}, {"*", "*", true},
    {"\"*\"", "\"*\"", false},        {"0af3", "0af3", true},
    {"\"a\"b\"", "\"a\"b\"", true},   {"\"", "\"", true},
    {"a\x01", NULL, false},           {"", NULL, false},
};

static const struct {
    const char *value, *type, *charset;
} types[] = {
    {"application/sdp", "application/sdp", NULL},
    {" Application/SDP ; Charset=\"utf-8\"", "application/sdp", "utf-8"},
    {"a/b;x=\"; charset=no\";charset=yes", "a/b", "yes"},
    {"a/b; charset", "a/b", NULL},
    {"a/b;;charset = q", "a/b", "q"},
    {"", "", NULL},
};

int main(void)
{
    char buf[FIELD_ETAG_LEN], type[FIELD_TYPE_LEN];

    for (size_t i = 0; i < sizeof waits / sizeof *waits; i++)
        is_int(field_retry_after(waits[i].value, THEN - 60),
               waits[i].wanted_s < 0 ? -1 : waits[i].wanted_s * 1000000,
               waits[i].value);
    is_int(field_retry_after(NULL, 0), -1, "no field");
    for (size_t i = 0; i < sizeof etags / sizeof *etags; i++) {
        bool odd = false;
        bool taken = field_etag(etags[i].value, buf, &odd);

        is_int(taken, etags[i].wanted != NULL, etags[i].value);
        if (taken)
            is_str(buf, etags[i].wanted, "as it was sent");
        is_int(odd, etags[i].odd, "in form or not");
    }
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        is_str(field_media_type(types[i].value, type), types[i].type,
               types[i].value);
        if (field_parameter(types[i].value, "charset", buf, sizeof buf))
            is_str(buf, types[i].charset, "its parameter");
        else
            ok(!types[i].charset, "no parameter");
    }
    is_str(field_media_type(NULL, type), "", "no type");
    return tap_done();
}
