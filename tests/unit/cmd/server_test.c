/* SPDX-License-Identifier: MIT
 *
 * Server URLs and lists as rows: what they mean, what they print without
 * secrets, and what is refused.
 */
#include "cmd/server.h"

#include <unistd.h>

#include "tap.h"

static char why[SERVER_WHY_LEN];

static const struct {
    const char *url, *text, *username, *password;
} good[] = {
    {"stun:stun.example", "stun:stun.example:3478", "", ""},
    {"stun:192.0.2.1:19302", "stun:192.0.2.1:19302", "", ""},
    {"STUN:host", "stun:host:3478", "", ""},
    {"stun://host:1", "stun:host:1", "", ""},
    {"stun:[2001:db8::1]", "stun:[2001:db8::1]:3478", "", ""},
    {"stun:[2001:db8::1]:99", "stun:[2001:db8::1]:99", "", ""},
    {"stun:[fe80::1%eth0]:99", "stun:[fe80::1%eth0]:99", "", ""},
    {"turn:u:p@h", "turn:h:3478", "u", "p"},
    {"turn:u:p@h?transport=udp", "turn:h:3478", "u", "p"},
    {"turn:u:p@h:5?transport=tcp", "turn:h:5?transport=tcp", "u", "p"},
    {"turns:u:p@h", "turns:h:5349", "u", "p"},
    {"turns:u:p@h:443?transport=tcp", "turns:h:443", "u", "p"},
    {"turn:u:p@[::1]:5", "turn:[::1]:5", "u", "p"},
    {"turn:h", "turn:h:3478", "", ""},
    {"turn:u@h", "turn:h:3478", "u", ""},
    {"turn:1700000000%3Aalice:p%40ss%25@h", "turn:h:3478", "1700000000:alice",
     "p@ss%"},
    {"turn:u:p:q@r@h", "turn:h:3478", "u", "p:q@r"},
    {"turn:u:a+b/c=@h", "turn:h:3478", "u", "a+b/c="},
};

static void test_good(void)
{
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct server server;
        char text[SERVER_TEXT_LEN];

        if (server_parse(good[i].url, &server, why)) {
            ok(false, good[i].url);
            printf("# %s\n", why);
            continue;
        }
        is_str(server_text(&server, text), good[i].text, good[i].url);
        is_str(server.username, good[i].username, "its user");
        is_str(server.password, good[i].password, "its password");
    }
}

static const struct {
    const char *url, *why;
} bad[] = {
    {"", "no URL"},
    {"example.com", "no URL"},
    {"http://h", "no URL"},
    {"stun:", "host is missing"},
    {"stun:?transport=udp", "host is missing"},
    {"stun:u:p@h", "no user"},
    {"stun:h?transport=tcp", "UDP only"},
    {"stuns:h", "use stun:"},
    {"turn:u:p@", "host is missing"},
    {"turn:u:p@h:0", "1 to 65535"},
    {"turn:u:p@h:65536", "1 to 65535"},
    {"turn:u:p@h:99999999999999999999", "1 to 65535"},
    {"turn:u:p@h:", "1 to 65535"},
    {"turn:u:p@h:http", "not a number"},
    {"turn:u:p@::1", "host is missing"},
    {"turn:u:p@2001:db8::1", "brackets"},
    {"turn:u:p@[::1", "`]' is missing"},
    {"turn:u:p@[::1]5", "only a port"},
    {"turn:u:p@a b", "characters"},
    {"turn:u:p@[h]", "characters"},
    {"turn:u:p@h/path", "characters"},
    {"turn:u:p@h?transport=sctp", "neither"},
    {"turn:u:p@h?", "neither"},
    {"turns:u:p@h?transport=udp", "DTLS"},
    {"turn:u:p%zz@h", "password"},
    {"turn:u:p%4@h", "password"},
    {"turn:u:p%00@h", "password"},
    {"turn:u%:p@h", "user name"},
};

static void test_bad(void)
{
    char url[2048];
    struct server server;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ok(server_parse(bad[i].url, &server, why) == RTC_ERR_FORMAT &&
               strstr(why, bad[i].why),
           *bad[i].url ? bad[i].url : "nothing");
        if (!strstr(why, bad[i].why))
            printf("# %s\n", why);
    }
    snprintf(url, sizeof url, "stun:%0256d", 1);
    ok(server_parse(url, &server, why) < 0 && strstr(why, "too long"),
       "a host of 256 letters");
    snprintf(url, sizeof url, "turn:%0509d:p@h", 1);
    ok(server_parse(url, &server, why) < 0 && strstr(why, "too long"),
       "a user name of 509");
    snprintf(url, sizeof url, "turn:%0508d:%0508d@h", 1, 2);
    is_int(server_parse(url, &server, why), 0, "508 are fine, twice");
}

static void test_cut(void)
{
    static const char url[] = "turns:u%41:p%42@[2001:db8::1]:99?transport=tcp";
    char cut[sizeof url];
    struct server server;
    unsigned fine = 0;

    for (size_t len = 0; len < sizeof url; len++) {
        snprintf(cut, sizeof cut, "%.*s", (int)len, url);
        fine += server_parse(cut, &server, why) == 0;
    }
    ok(fine > 1 && fine < 20, "every length of a URL is read without harm");
}

/* ---- JSON ---------------------------------------------------------------- */

static int parse(const char *text, struct server_list *list)
{
    return server_parse_json(text, strlen(text), list, why);
}

static void test_json(void)
{
    struct server_list list = {0};
    char text[SERVER_TEXT_LEN];

    is_int(parse("[{\"urls\":\"stun:a\"},"
                 "{\"urls\":[\"turn:b:1?transport=tcp\",\"turns:c\"],"
                 "\"username\":\"u\",\"credential\":\"p\",\"more\":1}]",
                 &list),
           0, "an array as of a browser");
    is_int(list.count, 3, "three servers");
    is_str(server_text(&list.items[1], text), "turn:b:1?transport=tcp",
           "the second");
    is_str(list.items[2].password, "p", "all have the password");
    is_str(list.items[0].username, "", "but STUN");
    is_int(parse("{\"iceServers\":[{\"urls\":\"stun:d\"}]}", &list), 0,
           "a whole configuration");
    is_int(parse("{\"url\":\"stun:e\"}", &list), 0, "one server, old style");
    is_int(list.count, 5, "they are appended");
    is_int(parse("[]", &list), 0, "an empty array");
}

static const struct {
    const char *text, *why;
} bad_json[] = {
    {"", "no JSON"},
    {"[", "no JSON"},
    {"7", "no JSON"},
    {"[7]", "no object"},
    {"[{}]", "without `urls'"},
    {"[{\"urls\":7}]", "neither"},
    {"[{\"urls\":[[]]}]", "neither"},
    {"[{\"urls\":\"http:x\"}]", "no URL"},
    {"[{\"urls\":\"turn:x\",\"username\":7}]", "`username'"},
    {"[{\"urls\":\"turn:x\",\"credentialType\":\"oauth\"}]", "credentialType"},
    {"{\"iceServers\":7}", "no array"},
};

static void test_bad_json(void)
{
    struct server_list list = {0};
    char text[2048] = "[";

    for (size_t i = 0; i < sizeof bad_json / sizeof *bad_json; i++) {
        ok(parse(bad_json[i].text, &list) == RTC_ERR_FORMAT &&
               strstr(why, bad_json[i].why),
           *bad_json[i].text ? bad_json[i].text : "no text");
        if (!strstr(why, bad_json[i].why))
            printf("# %s\n", why);
    }
    for (int i = 0; i < SERVER_MOST; i++)
        strcat(text, "{\"urls\":\"stun:a\"},");
    strcat(text, "{\"urls\":\"stun:a\"}]");
    ok(parse(text, &list) < 0 && strstr(why, "more than 16"), "17 servers");
    is_int(list.count, 0, "nothing of a bad list is taken");
}

/* ---- where they come from ------------------------------------------------ */

static void test_add(void)
{
    struct server_list list = {0};
    char name[] = "/tmp/server_test.XXXXXX.json";
    int fd = mkstemps(name, 5);

    ok(write(fd, "[{\"urls\":\"stun:f\"}]", 19) == 19, "a file");
    close(fd);
    is_int(server_add(&list, name, why), 0, "is read");
    unlink(name);
    ok(server_add(&list, name, why) < 0 && strstr(why, "No such file"),
       "one that is not there");
    is_int(server_add(&list, "stun:g", why), 0, "a URL");
    ok(server_add(&list, "example.com", why) < 0 && strstr(why, "neither"),
       "neither");
    is_int(server_add_text(&list, " stun:h\n turn:u:p@i ", why), 0,
           "URLs with spaces between");
    is_int(server_add_text(&list, "\n[{\"urls\":\"stun:j\"}]", why), 0, "JSON");
    is_int(list.count, 5, "five in all");
    is_str(list.items[3].host, "i", "in order");
    ok(server_add_text(&list, "stun:k turn:u:s3cret@", why) < 0 &&
           list.count == 5,
       "all or nothing");
    ok(!strstr(why, "s3cret"), "and no secret in the sentence");
    server_list_done(&list);
    is_int(list.count, 0, "wiped");
}

static void test_rest(void)
{
    struct server server = {.username = "alice"};

    is_int(server_rest_credentials(&server, "north", 1700000000), 0, "made");
    is_str(server.username, "1700000000:alice", "the user name");
    is_str(server.password, "Cd/49soE35ICqcJF/bCTn8Z4OyE=", "the password");
    server.username[0] = '\0';
    is_int(server_rest_credentials(&server, "north", 1700000000), 0, "made");
    is_str(server.username, "1700000000", "without a name");
    memset(server.username, 'x', SERVER_USERNAME_MAX);
    is_int(server_rest_credentials(&server, "north", 1), RTC_ERR_NOBUF,
           "too long");
}

int main(void)
{
    test_good();
    test_bad();
    test_cut();
    test_json();
    test_bad_json();
    test_add();
    test_rest();
    return tap_done();
}
