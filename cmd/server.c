/* SPDX-License-Identifier: MIT
 *
 * Server URLs, as RFC 7064 and RFC 7065 write them, with user information as
 * RFC 3986 3.2.1 does elsewhere.
 */
#include "cmd/server.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/file.h"

#define PORT 3478
#define PORT_TLS 5349

int server_fail(char why[SERVER_WHY_LEN], const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(why, SERVER_WHY_LEN, format, args);
    va_end(args);
    return RTC_ERR_FORMAT;
}

/* ---- the parts of a URL -------------------------------------------------- */

static const struct {
    const char *name;
    enum rtc_server_type type;
    enum rtc_transport transport;
    uint16_t port;
} schemes[] = {
    {"stun:", RTC_SERVER_STUN, RTC_UDP, PORT},
    {"stuns:", RTC_SERVER_STUN, RTC_TLS, PORT_TLS},
    {"turn:", RTC_SERVER_TURN, RTC_UDP, PORT},
    {"turns:", RTC_SERVER_TURN, RTC_TLS, PORT_TLS},
};

/* The text behind a scheme, or NULL. */
static const char *read_scheme(const char *text, struct server *server)
{
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        size_t len = strlen(schemes[i].name);

        if (strncasecmp(text, schemes[i].name, len))
            continue;
        server->type = schemes[i].type;
        server->transport = schemes[i].transport;
        server->port = schemes[i].port;
        text += len;
        /* No such URL has slashes, but many people write them. */
        return strncmp(text, "//", 2) ? text : text + 2;
    }
    return NULL;
}

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Copies `len` bytes with %XX resolved. False when that is malformed, too long,
 * or holds a NUL. */
static bool decode(const char *text, size_t len, char *ret_text, size_t cap)
{
    size_t at = 0;

    for (size_t i = 0; i < len; i++) {
        int c = (unsigned char)text[i];

        if (c == '%') {
            int high = i + 2 < len ? hex(text[i + 1]) : -1;
            int low = i + 2 < len ? hex(text[i + 2]) : -1;

            if (high < 0 || low < 0)
                return false;
            c = high * 16 + low;
            i += 2;
        }
        if (c == 0 || at + 1 >= cap)
            return false;
        ret_text[at++] = (char)c;
    }
    ret_text[at] = '\0';
    return true;
}

/* `USER:PASSWORD`, or only USER. */
static int read_user(const char *text, size_t len, struct server *server,
                     char why[SERVER_WHY_LEN])
{
    const char *colon = memchr(text, ':', len);
    size_t user_len = colon ? (size_t)(colon - text) : len;

    if (!decode(text, user_len, server->username, sizeof server->username))
        return server_fail(why, "the user name is malformed or too long");
    if (colon && !decode(colon + 1, len - user_len - 1, server->password,
                         sizeof server->password))
        return server_fail(why,
                           "the password is malformed or too long (a %% is "
                           "written %%25)");
    return 0;
}

static int read_port(const char *text, size_t len, struct server *server,
                     char why[SERVER_WHY_LEN])
{
    unsigned port = 0;

    for (size_t i = 0; i < len && port <= UINT16_MAX; i++) {
        if (text[i] < '0' || text[i] > '9')
            return server_fail(
                why, "the port is not a number (an IPv6 address needs "
                     "brackets)");
        port = port * 10 + (unsigned)(text[i] - '0');
    }
    if (port == 0 || port > UINT16_MAX)
        return server_fail(why, "the port is not within 1 to 65535");
    server->port = (uint16_t)port;
    return 0;
}

static bool is_host(const char *text, size_t len, bool bracketed)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";

    for (size_t i = 0; i < len; i++)
        if (!text[i] || (!strchr(letters, text[i]) &&
                         !(bracketed && strchr(":%", text[i]))))
            return false;
    return len > 0 && (!bracketed || memchr(text, ':', len));
}

/* `HOST`, `HOST:PORT`, `[ADDRESS]:PORT`. */
static int read_host(const char *text, size_t len, struct server *server,
                     char why[SERVER_WHY_LEN])
{
    bool bracketed = len > 0 && *text == '[';
    const char *end = memchr(text, bracketed ? ']' : ':', len);
    const char *host = text + bracketed;
    size_t host_len, rest;

    if (bracketed && !end)
        return server_fail(why, "a `]' is missing");
    host_len = end ? (size_t)(end - host) : len;
    if (!is_host(host, host_len, bracketed))
        return server_fail(why, host_len
                                    ? "the host has characters that no host has"
                                    : "the host is missing");
    if (host_len > RTC_HOST_MAX)
        return server_fail(why, "the host is too long");
    memcpy(server->host, host, host_len);
    server->host[host_len] = '\0';
    rest = len - (size_t)(host + host_len + bracketed - text);
    if (rest == 0)
        return 0;
    end = text + len - rest;
    if (*end != ':')
        return server_fail(why, "only a port may follow the `]'");
    return read_port(end + 1, rest - 1, server, why);
}

/* What follows the `?`. */
static int read_query(const char *text, struct server *server,
                      char why[SERVER_WHY_LEN])
{
    bool tls = server->transport == RTC_TLS;

    if (!strcmp(text, "transport=udp")) {
        if (tls)
            return server_fail(why,
                               "TURN over DTLS is not supported: leave out "
                               "?transport=udp");
        return 0;
    }
    if (strcmp(text, "transport=tcp"))
        return server_fail(why,
                           "what follows the `?' is neither transport=udp nor "
                           "transport=tcp");
    if (server->type == RTC_SERVER_STUN)
        return server_fail(why, "STUN is asked over UDP only");
    if (!tls)
        server->transport = RTC_TCP;
    return 0;
}

int server_parse(const char *text, struct server *ret_server,
                 char ret_why[SERVER_WHY_LEN])
{
    struct server server = {0};
    const char *rest = read_scheme(text, &server), *at = NULL;
    size_t len = rest ? strcspn(rest, "?") : 0;
    int error = 0;

    if (!rest)
        return server_fail(ret_why, "no URL of a server (stun:HOST, "
                                    "turn:USER:PASSWORD@HOST, turns:...)");
    if (server.type == RTC_SERVER_STUN && server.transport != RTC_UDP)
        return server_fail(ret_why,
                           "STUN over TLS is not supported: use stun:");
    for (size_t i = 0; i < len; i++)
        if (rest[i] == '@')
            at = rest + i;
    if (at && server.type == RTC_SERVER_STUN)
        return server_fail(ret_why, "STUN knows no user and password");
    if (at)
        error = read_user(rest, (size_t)(at - rest), &server, ret_why);
    if (!error)
        error = read_host(at ? at + 1 : rest,
                          len - (at ? (size_t)(at + 1 - rest) : 0), &server,
                          ret_why);
    if (!error && rest[len] == '?')
        error = read_query(rest + len + 1, &server, ret_why);
    if (!error)
        *ret_server = server;
    explicit_bzero(&server, sizeof server);
    return error;
}

char *server_text(const struct server *server, char buf[SERVER_TEXT_LEN])
{
    bool tls = server->transport == RTC_TLS;
    bool bracketed = strchr(server->host, ':');

    snprintf(buf, SERVER_TEXT_LEN, "%s:%s%.*s%s:%u%s",
             server->type == RTC_SERVER_STUN ? "stun"
             : tls                           ? "turns"
                                             : "turn",
             bracketed ? "[" : "", RTC_HOST_MAX, server->host,
             bracketed ? "]" : "", (unsigned)server->port,
             server->transport == RTC_TCP ? "?transport=tcp" : "");
    return buf;
}

/* ---- lists --------------------------------------------------------------- */

static int add_url(struct server_list *list, const char *url,
                   char why[SERVER_WHY_LEN])
{
    if (list->count == SERVER_MOST)
        return server_fail(why, "more than %d servers", SERVER_MOST);
    if (server_parse(url, &list->items[list->count], why))
        return RTC_ERR_FORMAT;
    list->count++;
    return 0;
}

static int add_file(struct server_list *list, const char *name,
                    char why[SERVER_WHY_LEN])
{
    char *text = malloc(SERVER_FILE_MAX + 1);
    int fd = text ? file_open_read(name) : -1, error;
    size_t len = 0;
    ssize_t n = fd < 0 ? -1 : 1;

    if (fd >= 0)
        fcntl(fd, F_SETFL, O_RDONLY); /* waits for a FIFO's writer */
    while (n > 0 && len <= SERVER_FILE_MAX) {
        n = read(fd, text + len, SERVER_FILE_MAX + 1 - len);
        len += n > 0 ? (size_t)n : 0;
    }
    if (n < 0)
        error =
            server_fail(why, "%s", text ? strerror(errno) : "out of memory");
    else if (len > SERVER_FILE_MAX)
        error = server_fail(why, "too large for a list of servers");
    else
        error = server_parse_json(text, len, list, why);
    if (fd >= 0)
        close(fd);
    if (text)
        explicit_bzero(text, len);
    free(text);
    return error;
}

static bool is_file(const char *text)
{
    size_t len = strlen(text);

    return !strncmp(text, "fd:", 3) || !strncmp(text, "/dev/fd/", 8) ||
           (len > 5 && !strcmp(text + len - 5, ".json"));
}

int server_add(struct server_list *list, const char *text,
               char ret_why[SERVER_WHY_LEN])
{
    struct server ignored;
    char why[SERVER_WHY_LEN];

    if (read_scheme(text, &ignored))
        return add_url(list, text, ret_why);
    if (!is_file(text))
        return server_fail(ret_why,
                           "neither a URL (stun:HOST, "
                           "turn:USER:PASSWORD@HOST) nor a file NAME.json");
    if (add_file(list, text, why) == 0)
        return 0;
    return server_fail(ret_why, "%.80s: %.160s", text, why);
}

int server_add_text(struct server_list *list, const char *text,
                    char ret_why[SERVER_WHY_LEN])
{
    static const char spaces[] = " \t\r\n";
    unsigned before = list->count;
    int error = 0;

    text += strspn(text, spaces);
    if (*text == '[' || *text == '{')
        return server_parse_json(text, strlen(text), list, ret_why);
    while (*text && !error) {
        size_t len = strcspn(text, spaces);
        char *url = strndup(text, len);

        error = url ? add_url(list, url, ret_why)
                    : server_fail(ret_why, "out of memory");
        if (url)
            explicit_bzero(url, len);
        free(url);
        text += len;
        text += strspn(text, spaces);
    }
    if (error)
        list->count = before;
    return error;
}

void server_list_done(struct server_list *list)
{
    explicit_bzero(list, sizeof *list);
}

int server_rest_credentials(struct server *server, const char *secret,
                            int64_t expires)
{
    char user[SERVER_USERNAME_MAX + 1];

    memcpy(user, server->username, sizeof user);
    return rtc_turn_credentials(secret, *user ? user : NULL, (uint64_t)expires,
                                server->username, sizeof server->username,
                                server->password, sizeof server->password);
}
