/* SPDX-License-Identifier: MIT
 *
 * Splits by RFC 3986 B, then checks; resolves by 5.2.2 to 5.2.4.
 */
#include "cmd/url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "rtc.h"

/* ---- parts --------------------------------------------------------------- */

static bool is_part(struct url_part part, const char *word)
{
    return part.at && part.len == strlen(word) &&
           !strncasecmp(part.at, word, part.len);
}

/* Up to one of `stops`; moves `at` there. */
static struct url_part take(const char **at, const char *stops)
{
    struct url_part part = {*at, strcspn(*at, stops)};

    *at += part.len;
    return part;
}

static bool is_scheme(struct url_part part)
{
    static const char others[] = "0123456789+-.";

    for (size_t i = 0; i < part.len; i++) {
        bool letter = (part.at[i] | 32) >= 'a' && (part.at[i] | 32) <= 'z';

        if (!letter && (i == 0 || !strchr(others, part.at[i])))
            return false;
    }
    return part.len > 0;
}

static bool is_host(struct url_part host)
{
    bool is_literal = host.len > 2 && host.at[0] == '[';

    for (size_t i = 0; i < host.len; i++) {
        char c = host.at[i];
        bool word = (c >= '0' && c <= '9') ||
                    ((c | 32) >= 'a' && (c | 32) <= 'z') || (c & 0x80);

        if (is_literal && (i == 0 || i == host.len - 1))
            continue;
        if (!word && !strchr(is_literal ? ".:" : ".-_", c))
            return false;
    }
    return host.len > 0 && (!is_literal || host.at[host.len - 1] == ']');
}

static bool is_port(struct url_part port)
{
    unsigned long number = 0;

    for (size_t i = 0; i < port.len; i++) {
        if (port.at[i] < '0' || port.at[i] > '9' || i == 5)
            return false;
        number = number * 10 + (unsigned long)(port.at[i] - '0');
    }
    return number <= 65535;
}

static bool split_authority(struct url_part all, struct url *url)
{
    const char *end = all.at + all.len, *at = all.at;
    const char *user = memchr(all.at, '@', all.len), *colon;

    if (user) {
        url->userinfo = (struct url_part){at, (size_t)(user - at)};
        at = user + 1;
    }
    colon = *at == '[' ? memchr(at, ']', (size_t)(end - at)) : at;
    colon = colon ? memchr(colon, ':', (size_t)(end - colon)) : NULL;
    url->host = (struct url_part){at, (size_t)((colon ? colon : end) - at)};
    if (colon)
        url->port = (struct url_part){colon + 1, (size_t)(end - colon - 1)};
    return is_host(url->host) && is_port(url->port);
}

/* What is not to stand in any URL, and what servers and clients of this world
 * read differently. */
static bool has_doubtful(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text <= ' ' || *text == 127 || *text == '\\')
            return true;
    return false;
}

bool url_split(const char *text, struct url *ret_url)
{
    struct url url = {0};
    const char *at = text;
    struct url_part first = take(&at, ":/?#");

    if (strlen(text) > URL_MAX || has_doubtful(text))
        return false;
    if (*at == ':' && is_scheme(first)) {
        url.scheme = first;
        at++;
    } else {
        at = text;
    }
    if (at[0] == '/' && at[1] == '/') {
        at += 2;
        if (!split_authority(take(&at, "/?#"), &url))
            return false;
    }
    url.path = take(&at, "?#");
    if (*at == '?') {
        at++;
        url.query = take(&at, "#");
    }
    if (*at == '#')
        url.fragment = (struct url_part){at + 1, strlen(at + 1)};
    *ret_url = url;
    return true;
}

/* ---- what it is ---------------------------------------------------------- */

bool url_is_https(const char *text)
{
    struct url url;

    return url_split(text, &url) && is_part(url.scheme, "https") && url.host.at;
}

bool url_is_http(const char *text)
{
    struct url url;

    return url_is_https(text) || (url_split(text, &url) &&
                                  is_part(url.scheme, "http") && url.host.at);
}

bool url_is_loopback(const char *text)
{
    struct url url;
    struct rtc_addr addr;
    char host[RTC_ADDR_TEXT];

    if (!url_split(text, &url) || !url.host.at)
        return false;
    if (is_part(url.host, "localhost") || is_part(url.host, "[::1]"))
        return true;
    snprintf(host, sizeof host, "%.*s:1", (int)url.host.len, url.host.at);
    return url.host.len + 3 < sizeof host && !rtc_addr_parse(host, &addr) &&
           addr.family == 4 && addr.ip[0] == 127;
}

static unsigned long port_of(const struct url *url)
{
    if (url->port.len > 0)
        return strtoul(url->port.at, NULL, 10);
    return is_part(url->scheme, "https") ? 443 : 80;
}

bool url_is_same_origin(const char *a, const char *b)
{
    struct url x, y;

    return url_is_http(a) && url_is_http(b) && url_split(a, &x) &&
           url_split(b, &y) && x.scheme.len == y.scheme.len &&
           x.host.len == y.host.len &&
           !strncasecmp(x.host.at, y.host.at, x.host.len) &&
           port_of(&x) == port_of(&y);
}

/* ---- references ---------------------------------------------------------- */

struct text {
    char *at;
    size_t len;
};

static void add(struct text *text, const char *at, size_t len)
{
    if (len > 0)
        memcpy(text->at + text->len, at, len);
    text->len += len;
}

static void add_part(struct text *text, const char *before,
                     struct url_part part, const char *after)
{
    if (!part.at)
        return;
    add(text, before, strlen(before));
    add(text, part.at, part.len);
    add(text, after, strlen(after));
}

static void drop_segment(struct text *text, size_t start)
{
    while (text->len > start && text->at[text->len - 1] != '/')
        text->len--;
    if (text->len > start)
        text->len--;
}

/* RFC 3986 5.2.4, of a path that begins with a slash. */
static void add_path(struct text *text, const char *path, size_t len)
{
    size_t start = text->len;

    for (size_t i = 0, n; i < len; i += n) {
        const char *segment = path + i + 1; /* behind its slash */
        const char *slash = memchr(segment, '/', len - i - 1);
        bool is_last = !slash;

        n = slash ? (size_t)(slash - path) - i : len - i;
        if (n == 2 && segment[0] == '.') {
            add(text, "/", is_last);
        } else if (n == 3 && segment[0] == '.' && segment[1] == '.') {
            drop_segment(text, start);
            add(text, "/", is_last);
        } else {
            add(text, path + i, n);
        }
    }
    if (text->len == start)
        add(text, "/", 1);
}

/* RFC 3986 5.2.3: the base's path up to its last slash, then the reference's.
 */
static void add_merged(struct text *text, struct url_part base,
                       struct url_part path)
{
    size_t keep = base.len;
    char *merged = malloc(base.len + path.len + 2);

    if (!merged) {
        text->at = NULL;
        return;
    }
    if (path.len > 0 && path.at[0] == '/')
        keep = 0;
    while (keep > 0 && base.at[keep - 1] != '/')
        keep--;
    memcpy(merged, base.at, keep);
    if (keep == 0 && !(path.len > 0 && path.at[0] == '/'))
        merged[keep++] = '/';
    if (path.len > 0)
        memcpy(merged + keep, path.at, path.len);
    add_path(text, merged, keep + path.len);
    free(merged);
}

static void add_origin(struct text *text, const struct url *url)
{
    add_part(text, "", url->scheme, "://");
    add_part(text, "", url->userinfo, "@");
    add_part(text, "", url->host, "");
    add_part(text, ":", url->port, "");
}

char *url_resolve(const char *base_text, const char *reference_text)
{
    struct url base, reference;
    struct text text = {0};
    char *buf;

    if (!url_is_http(base_text) || !url_split(base_text, &base) ||
        !url_split(reference_text, &reference))
        return NULL;
    buf = malloc(strlen(base_text) + strlen(reference_text) + 4);
    if (!buf)
        return NULL;
    text.at = buf;
    if (reference.scheme.at || reference.host.at) {
        if (!reference.scheme.at)
            reference.scheme = base.scheme;
        add_origin(&text, &reference);
        add_merged(&text, (struct url_part){"", 0}, reference.path);
    } else {
        add_origin(&text, &base);
        if (reference.path.len == 0)
            add_merged(&text, (struct url_part){"", 0}, base.path);
        else
            add_merged(&text, base.path, reference.path);
        if (reference.path.len == 0 && !reference.query.at)
            reference.query = base.query;
    }
    if (text.at) {
        add_part(&text, "?", reference.query, "");
        buf[text.len] = '\0';
    }
    if (!text.at || !url_is_http(buf)) {
        free(buf);
        return NULL;
    }
    return buf;
}

char *url_show(const char *text, char *buf, size_t cap)
{
    struct url url;

    if (!url_split(text, &url)) {
        snprintf(buf, cap, "(no URL)");
        return buf;
    }
    snprintf(buf, cap, "%.*s://%.*s%s%.*s%.*s%s", (int)url.scheme.len,
             url.scheme.at ? url.scheme.at : "", (int)url.host.len,
             url.host.at ? url.host.at : "", url.port.len ? ":" : "",
             (int)url.port.len, url.port.at ? url.port.at : "",
             (int)url.path.len, url.path.at, url.query.at ? "?..." : "");
    return buf;
}
