/* SPDX-License-Identifier: MIT
 *
 * Link header fields, as servers write them and as they should.
 */
#include "cmd/link.h"

#include "tap.h"

static void test_servers(void)
{
    static const char field[] =
        "<stun:stun.example.net>; rel=\"ice-server\", "
        "<turn:turn.example.net?transport=udp>; rel=ice-server; "
        "Username=\"us,er\"; credential=\"my\\\"Pass;word\\\\\"; "
        "credential-type=\"password\" ,"
        "<https://h/e>;rel=\"urn:ietf:params:whip:ext:core:x  other\"";
    const char *at = field;
    struct link link;

    is_int(link_next(&at, &link), LINK_READ, "the first");
    is_str(link.target, "stun:stun.example.net", "its target");
    ok(link_has_rel(&link, "ICE-server"), "its relation");
    ok(!link_param(&link, "username"), "without a name");
    is_int(link_next(&at, &link), LINK_READ, "the second");
    is_str(link.target, "turn:turn.example.net?transport=udp", "its target");
    ok(link_has_rel(&link, "ice-server"), "its relation, unquoted");
    is_str(link_param(&link, "username"), "us,er", "a comma in quotes");
    is_str(link_param(&link, "credential"), "my\"Pass;word\\", "escapes");
    is_str(link_param(&link, "CREDENTIAL-type"), "password", "any case");
    is_int(link_next(&at, &link), LINK_READ, "the third");
    ok(link_has_rel(&link, "other"), "the second of its relations");
    ok(link_has_rel(&link, "urn:ietf:params:whip:ext:core:x"), "the first");
    ok(!link_has_rel(&link, "ice-server"), "no others");
    ok(!link_has_rel(&link, "othe"), "nor parts");
    is_int(link_next(&at, &link), LINK_END, "no fourth");
}

static const struct {
    const char *text;
    const char *results; /* r read, b bad */
} rows[] = {
    {"", ""},
    {" ,\t, ", ""},
    {"<a>", "r"},
    {"<>", "r"},
    {"<a>,<b>", "rr"},
    {"<a>,,<b>,", "rr"},
    {"<a>;x=\"\\\"\",<b>", "rr"},
    {"<a> ; rel = x , <b>", "rr"},
    {"<a>;;rel=x;", "r"},
    {"a;rel=x", "b"},
    {"<a", "b"},
    {"<a> x", "b"},
    {"<a>;x=\"y", "b"},
    {"<a>;x=\"y\"z,<b>", "br"},
    {"bad \"with, comma\",<b>", "br"},
    {"<a>;1;2;3;4;5;6;7;8;9;a;b;c;d;e;f;g;h,<b>", "br"},
};

static void test_rows(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char results[8] = "";
        const char *at = rows[i].text;
        struct link link;
        size_t count = 0;
        enum link_result result;

        while ((result = link_next(&at, &link)) != LINK_END && count < 7)
            results[count++] = result == LINK_READ ? 'r' : 'b';
        is_str(results, rows[i].results, rows[i].text);
    }
}

static void test_limits(void)
{
    static char text[LINK_TEXT_MAX + 64];
    const char *at = text;
    struct link link;

    memset(text, 'x', sizeof text - 1);
    text[0] = '<';
    memcpy(text + sizeof text - 6, ">,<b>", 6);
    is_int(link_next(&at, &link), LINK_BAD, "a link that is too long");
    is_int(link_next(&at, &link), LINK_READ, "costs itself only");
    is_str(link.target, "b", "not the next");
}

int main(void)
{
    test_servers();
    test_rows();
    test_limits();
    return tap_done();
}
