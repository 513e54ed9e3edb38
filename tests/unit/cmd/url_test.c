/* SPDX-License-Identifier: MIT
 *
 * URLs: RFC 3986 5.4's examples, origins, loopback hosts, what is refused.
 */
#include "cmd/url.h"

#include "tap.h"

static const char base[] = "http://a/b/c/d;p?q";

/* RFC 3986 5.4.1 and 5.4.2, without fragments; NULL: no http URL. */
static const char *const references[][2] = {
    {"g:h", NULL},
    {"g", "http://a/b/c/g"},
    {"./g", "http://a/b/c/g"},
    {"g/", "http://a/b/c/g/"},
    {"/g", "http://a/g"},
    {"//g", "http://g/"},
    {"?y", "http://a/b/c/d;p?y"},
    {"g?y", "http://a/b/c/g?y"},
    {"#s", "http://a/b/c/d;p?q"},
    {"g#s", "http://a/b/c/g"},
    {";x", "http://a/b/c/;x"},
    {"g;x", "http://a/b/c/g;x"},
    {"", "http://a/b/c/d;p?q"},
    {".", "http://a/b/c/"},
    {"./", "http://a/b/c/"},
    {"..", "http://a/b/"},
    {"../", "http://a/b/"},
    {"../g", "http://a/b/g"},
    {"../..", "http://a/"},
    {"../../g", "http://a/g"},
    {"../../../g", "http://a/g"},
    {"/./g", "http://a/g"},
    {"/../g", "http://a/g"},
    {"g.", "http://a/b/c/g."},
    {".g", "http://a/b/c/.g"},
    {"..g", "http://a/b/c/..g"},
    {"./../g", "http://a/b/g"},
    {"./g/.", "http://a/b/c/g/"},
    {"g/./h", "http://a/b/c/g/h"},
    {"g/../h", "http://a/b/c/h"},
    {"g;x=1/../y", "http://a/b/c/y"},
    {"g?y/../x", "http://a/b/c/g?y/../x"},
    {"https://h:8443/x?k=1", "https://h:8443/x?k=1"},
    {"http://h", "http://h/"},
    {"http:g", NULL},
    {"//user@h/x", "http://user@h/x"},
    {"/a b", NULL},
    {"/a\\b", NULL},
    {"http://h:99999/", NULL},
    {"http://h\\@evil/", NULL},
    {"http://a@b@c/", NULL},
};

static const struct {
    const char *a, *b;
    bool same;
} origins[] = {
    {"http://a/x", "http://A:80/y", true},
    {"https://a/x", "https://a:443", true},
    {"https://u:p@a/x", "https://a/", true},
    {"http://a/", "https://a/", false},
    {"http://a:443/", "https://a/", false},
    {"http://a/", "http://b/", false},
    {"http://a:81/", "http://a/", false},
    {"http://[::1]:8/", "http://[::1]:8/y", true},
    {"a", "a", false},
};

static const struct {
    const char *url;
    bool loopback;
} hosts[] = {
    {"http://127.0.0.1/", true},
    {"http://127.9.8.7:80/", true},
    {"http://localhost:9/x", true},
    {"http://LOCALHOST", true},
    {"http://[::1]:9/x", true},
    {"http://127.0.0.1.example.net/", false},
    {"http://localhost.example.net/", false},
    {"http://127.0.0.1@example.net/", false},
    {"http://[::2]/", false},
    {"http://10.0.0.1/", false},
    {"/x", false},
};

static const char *const shown[][2] = {
    {"https://user:pass@h:8/live/x?token=abc#f", "https://h:8/live/x?..."},
    {"http://[::1]:8/a", "http://[::1]:8/a"},
    {"http://h h/", "(no URL)"},
};

#define COUNT(table) (sizeof(table) / sizeof *(table))

int main(void)
{
    char text[64], *url;

    for (size_t i = 0; i < COUNT(references); i++) {
        url = url_resolve(base, references[i][0]);
        if (references[i][1])
            is_str(url, references[i][1], references[i][0]);
        else
            ok(!url, references[i][0]);
        free(url);
    }
    url = url_resolve("http://h:1?q=1", "s/1");
    is_str(url, "http://h:1/s/1", "a base without a path");
    free(url);
    for (size_t i = 0; i < COUNT(origins); i++)
        is_int(url_is_same_origin(origins[i].a, origins[i].b), origins[i].same,
               origins[i].b);
    for (size_t i = 0; i < COUNT(hosts); i++)
        is_int(url_is_loopback(hosts[i].url), hosts[i].loopback, hosts[i].url);
    for (size_t i = 0; i < COUNT(shown); i++)
        is_str(url_show(shown[i][0], text, sizeof text), shown[i][1],
               shown[i][0]);
    return tap_done();
}
