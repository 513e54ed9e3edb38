/* SPDX-License-Identifier: MIT
 *
 * The way to a TURN server: a UDP socket, or a TCP or TLS connection.
 */
#pragma once

#include "cmd/driver.h"
#include "cmd/tls.h"

struct probe_line_calls {
    /* TCP is connected; the line is ready, once each, over UDP never; neither
     * may free it. */
    void (*connected)(void *user);
    void (*opened)(void *user);
    /* One message; lent. After those of one wakeup, once more with NULL. */
    void (*received)(void *user, uint8_t *data, size_t len);
    /* It cannot be used any more, or never could. */
    void (*ended)(void *user, const char *why);
    void *user;
};

struct probe_line_setup {
    struct driver *driver;
    struct impair *impair; /* of UDP; or NULL */
    struct rtc_path path;  /* local: port 0 */
    const char *host;
    const struct tls_trust *trust; /* TLS */
    rtc_usec timeout;              /* to connect within */
    struct probe_line_calls calls;
};

struct probe_line;

/* NULL with errno. */
struct probe_line *probe_line_open(const struct probe_line_setup *setup);
/* NULL is fine. */
void probe_line_free(struct probe_line *line);
/* False: there is no room now. */
bool probe_line_send(struct probe_line *line, uint8_t *data, size_t len);
/* UDP: from now on to another address. */
void probe_line_turn(struct probe_line *line, const struct rtc_addr *remote);
/* Both ends, once it is ready. Lent. */
const struct rtc_path *probe_line_path(const struct probe_line *line);
/* As tls_certificate. */
bool probe_line_certificate(const struct probe_line *line,
                            struct tls_certificate *ret_certificate);
