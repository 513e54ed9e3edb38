/* SPDX-License-Identifier: MIT
 *
 * STUN and TURN servers as they are written: URLs (RFC 7064, RFC 7065) with
 * the credentials inside, and the RTCIceServer arrays of browsers as JSON.
 */
#pragma once

#include "rtc.h"

#define SERVER_MOST 16          /* what rtc_peer_add_server takes */
#define SERVER_USERNAME_MAX 508 /* RFC 8489 14.3 */
#define SERVER_PASSWORD_MAX 508
#define SERVER_WHY_LEN 256
#define SERVER_FILE_MAX 65536
#define SERVER_TEXT_LEN (RTC_HOST_MAX + 40)

struct server {
    enum rtc_server_type type;
    enum rtc_transport transport;
    char host[RTC_HOST_MAX + 1]; /* a name, or an address without brackets */
    uint16_t port;
    char username[SERVER_USERNAME_MAX + 1]; /* secrets, both; may be empty */
    char password[SERVER_PASSWORD_MAX + 1];
};

struct server_list {
    struct server items[SERVER_MOST];
    unsigned count;
};

/* Reads one URL: `stun:HOST[:PORT]`, `turn:USER:PASSWORD@HOST[:PORT]` with
 * `?transport=udp` or `tcp`, `turns:`. In USER and PASSWORD, `%XX` stands for a
 * byte. 0, or RTC_ERR_FORMAT with a sentence that names no secret. */
int server_parse(const char *text, struct server *ret_server,
                 char ret_why[SERVER_WHY_LEN]);
/* Appends the servers of a JSON text: an RTCIceServer, an array of them, or an
 * object with such an array as `iceServers`. 0, or RTC_ERR_FORMAT with a
 * sentence; nothing is appended then. */
int server_parse_json(const char *text, size_t len, struct server_list *list,
                      char ret_why[SERVER_WHY_LEN]);
/* Appends what `text` names: a URL, or a file (`NAME.json`, `fd:N`) of JSON. As
 * server_parse_json. */
int server_add(struct server_list *list, const char *text,
               char ret_why[SERVER_WHY_LEN]);
/* Appends JSON, or URLs with spaces between: an environment variable. */
int server_add_text(struct server_list *list, const char *text,
                    char ret_why[SERVER_WHY_LEN]);
/* Wipes the secrets. */
void server_list_done(struct server_list *list);

/* Writes the sentence; gives RTC_ERR_FORMAT. For the readers of servers. */
int server_fail(char ret_why[SERVER_WHY_LEN], const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Its URL without user and password; returns `buf`. */
char *server_text(const struct server *server, char buf[SERVER_TEXT_LEN]);

/* Makes the time-limited user name and password that TURN servers with a shared
 * secret (coturn's use-auth-secret) take: the user name, when there is one,
 * with the time of expiry in front. 0, or as rtc_turn_credentials. */
int server_rest_credentials(struct server *server, const char *secret,
                            int64_t expires);
