/* SPDX-License-Identifier: MIT
 *
 * The three forms: each is read as it was written, whatever pasting does to it,
 * and broken ones say where. Base64 vectors are those of RFC 4648 10.
 */
#include "cmd/description.h"

#include "tap.h"

static char why[DESCRIPTION_WHY_LEN];

#define SDP "v=0\r\no=- 1 2 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"

static const struct {
    const char *text;
    enum description_form form;
    enum description_type type;
    const char *sdp;
} good[] = {
    {SDP, DESCRIPTION_SDP, DESCRIPTION_UNKNOWN, SDP},
    {"\xef\xbb\xbf\n  v=0\ns=-\n\n \n", DESCRIPTION_SDP, DESCRIPTION_UNKNOWN,
     "\n  v=0\ns=-\n"}, /* its lines are counted from the first one */
    {"v=0", DESCRIPTION_SDP, DESCRIPTION_UNKNOWN, "v=0\r\n"},
    {"{\"type\":\"offer\",\"sdp\":\"v=0\\r\\ns=-\\r\\n\"}\n", DESCRIPTION_JSON,
     DESCRIPTION_OFFER, "v=0\r\ns=-\r\n"},
    {"\r\n{ \"sdp\" : \"v=0\\n\", \"x\": [1],\n \"type\" : \"answer\" }",
     DESCRIPTION_JSON, DESCRIPTION_ANSWER, "v=0\n"},
    /* of one who trickles */
    {"{\"type\":\"offer\",\"sdp\":\"v=0\"} \r\n{\"candidate\":\"\"}\n",
     DESCRIPTION_JSON, DESCRIPTION_OFFER, "v=0\r\n"},
    {"eyJ0eXBlIjoib2ZmZXIiLCJzZHAiOiJ2PTBcclxuIn0=\n", DESCRIPTION_BASE64,
     DESCRIPTION_OFFER, "v=0\r\n"},
    {"eyJ0eXBlIjoib2ZmZXIiLCJzZHAiOiJ2PTAifSAg", DESCRIPTION_BASE64,
     DESCRIPTION_OFFER, "v=0\r\n"},
    {"eyJ0eXBlIjoib2Zm\r\nZXIiLCJzZHAi OiJ2PTBcclxuIn0", DESCRIPTION_BASE64,
     DESCRIPTION_OFFER, "v=0\r\n"},
    {"v=0\ns=-", DESCRIPTION_SDP, DESCRIPTION_UNKNOWN, "v=0\ns=-\n"},
};

static const struct {
    const char *text;
    const char *why; /* is in the sentence */
} bad[] = {
    {"", "empty"},
    {" \r\n\t", "empty"},
    {"\xef\xbb\xbf", "empty"},
    {"hello world", "line 1: neither SDP"},
    {"<html>", "line 1: neither SDP"},
    {"eyJ0eXBlIjoib2ZmZXIiL", "line 1: "},
    {"eyJ0eXBlIjoib2ZmZXIiLCJzZHAiOiJ2PTAifSAg"
     "A",
     "line 1: neither SDP"}, /* six bits too many */
    {"aGVsbG8=", "line 1: neither SDP"},
    {"eyJ9=x", "line 1: neither SDP"},
    {"{\n\"type\":\"offer\",\n!", "line 3: broken JSON"},
    {"{\"type\":\"offer\"}", "without a string `sdp'"},
    {"{\"type\":\"offer\",\"sdp\":3}", "without a string `sdp'"},
    {"{\"type\":\"offer\",\"sdp\":\"\"}", "without a string `sdp'"},
    {"{\"sdp\":\"v=0\"}", "without a string `type'"},
    {"{\"type\":\"pranswer\",\"sdp\":\"v=0\"}", "`pranswer'"},
    {"{\"type\":\"offer\",\"sdp\":\"v=0\"} {", "line 1: broken JSON"},
};

static void test_reading(void)
{
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct description d = {0};

        is_int(description_parse(good[i].text, strlen(good[i].text), &d, why),
               0, "read");
        is_int(d.form, good[i].form, "its form");
        is_int(d.type, good[i].type, "its type");
        is_str(d.sdp, good[i].sdp, "its SDP");
        is_int(d.len, strlen(good[i].sdp), "its length");
        description_done(&d);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct description d = {.len = 7};

        is_int(description_parse(bad[i].text, strlen(bad[i].text), &d, why), -1,
               "refused");
        if (!ok(strstr(why, bad[i].why) != NULL, bad[i].why))
            printf("# got: %s\n", why);
        ok(d.len == 7 && !d.sdp, "output untouched");
    }
}

static void test_limits(void)
{
    char *text = malloc(DESCRIPTION_MAX + 1);
    struct description d = {0};

    memset(text, 'a', DESCRIPTION_MAX + 1);
    memcpy(text, "v=", 2);
    is_int(description_parse(text, DESCRIPTION_MAX, &d, why), 0, "1 MiB");
    description_done(&d);
    is_int(description_parse(text, DESCRIPTION_MAX + 1, &d, why), -1, "more");
    is_str(why, "longer than 1048576 bytes", "and why");
    free(text);
    is_int(description_parse("v=0\ns=\0x", 8, &d, why), -1, "NUL in SDP");
    is_str(why, "line 2: a NUL byte", "with its line");
    is_int(description_parse("{\"sdp\":\"\\u0000\"}", 16, &d, why), -1,
           "NUL in JSON");
}

static void test_writing(void)
{
    static const char *const wanted[] = {
        [DESCRIPTION_SDP] = "v=0\r\n",
        [DESCRIPTION_JSON] = "{\"type\":\"offer\",\"sdp\":\"v=0\\r\\n\"}\n",
        [DESCRIPTION_BASE64] = "eyJ0eXBlIjoib2ZmZXIiLCJzZHAiOiJ2PTBcclxuIn0=\n",
    };

    for (int form = DESCRIPTION_SDP; form <= DESCRIPTION_BASE64; form++) {
        struct description d = {.form = (enum description_form)form,
                                .type = DESCRIPTION_OFFER,
                                .sdp = (char[]){"v=0\r\n"},
                                .len = 5};
        size_t len = 0;
        char *text = description_write(&d, &len);

        is_str(text, wanted[form], "written");
        is_int(len, strlen(wanted[form]), "its length");
        free(text);
    }
}

/* Every length of SDP, so that base64 ends in each of its three ways. */
static void test_identity(void)
{
    char sdp[64] = "v=0\r\ns=\xc3\xa4";
    bool same = true;

    for (int form = DESCRIPTION_SDP; form <= DESCRIPTION_BASE64; form++)
        for (int more = 0; more < 9; more++) {
            struct description d = {.form = (enum description_form)form,
                                    .type = DESCRIPTION_ANSWER,
                                    .sdp = sdp};
            struct description again = {0};
            size_t len = 0;
            char *text;

            d.len =
                (size_t)snprintf(sdp + 9, 20, "%.*s\r\n", more, "abcdefghi") +
                9;
            text = description_write(&d, &len);
            same = same && text &&
                   description_parse(text, len, &again, why) == 0 &&
                   again.form == d.form && again.len == d.len &&
                   !memcmp(again.sdp, sdp, d.len) &&
                   (form == DESCRIPTION_SDP || again.type == d.type);
            description_done(&again);
            free(text);
        }
    ok(same, "written and read again: the same");
}

static void test_whole(void)
{
    const char *text = good[5].text;

    is_int(description_whole(text, strlen(text)), DESCRIPTION_WHOLE,
           "JSON is whole, whatever follows on further lines");
    is_int(description_whole(text, strlen(text) - 1), DESCRIPTION_PART,
           "with its line's end");
}

static void test_truncation(void)
{
    const char *text = good[3].text;
    int accepted = 0;

    for (size_t len = 0; len < strlen(text) - 1; len++) {
        struct description d = {0};
        char *exact = malloc(len + 1);

        memcpy(exact, text, len);
        exact[len] = '!';
        accepted += description_parse(exact, len, &d, why) == 0;
        description_done(&d);
        free(exact);
    }
    is_int(accepted, 0, "JSON cut anywhere is refused");
}

int main(void)
{
    test_reading();
    test_limits();
    test_writing();
    test_identity();
    test_whole();
    test_truncation();
    return tap_done();
}
