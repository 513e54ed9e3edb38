/* SPDX-License-Identifier: MIT
 *
 * One TCP or TLS connection that carries datagrams (rtc_framing_next). Like a
 * network it drops what it has no room for, and counts it.
 */
#pragma once

#include "cmd/driver.h"
#include "cmd/tls.h"
#include "rtc.h"

/* What waits to be sent at most, and the most that comes in one piece: a STUN
 * message, its header and padding. */
#define STREAM_QUEUE_LEN (256 * 1024)
#define STREAM_BUFFER_LEN (65536 + 64)

struct stream;

struct stream_calls {
    /* Datagrams may travel; once. May be NULL. */
    void (*opened)(void *user);
    /* `data` is lent. False ends the stream: free it after that. */
    bool (*datagram)(void *user, uint8_t *data, size_t len);
    /* The connection is gone, or never came to be; once. Free the stream. */
    void (*ended)(void *user, const char *why);
    void *user;
    /* TCP is connected, TLS comes next if there is any; once, and the stream
     * is not to be freed there. May be NULL. */
    void (*connected)(void *user);
};

struct stream_options {
    enum rtc_framing framing;
    const struct tls_trust *tls; /* NULL: plain TCP; outlives the stream */
    const char *host; /* TLS: whose certificate it must be; as well */
    rtc_usec open_us; /* to connect within */
};

/* Connects to `remote`, from `local` (NULL: any). What is sent before it is
 * open waits. NULL with errno. */
struct stream *stream_connect(struct driver *driver,
                              const struct rtc_addr *remote,
                              const struct rtc_addr *local,
                              const struct stream_options *options,
                              const struct stream_calls *calls);
/* Takes an accepted connection. NULL with errno, `fd` closed. */
struct stream *stream_adopt(struct driver *driver, int fd,
                            enum rtc_framing framing,
                            const struct stream_calls *calls);
/* Also from within a callback. NULL is fine. */
void stream_free(struct stream *stream);

/* Sends one datagram, framed. False: it was dropped. */
bool stream_send(struct stream *stream, const uint8_t *data, size_t len);
/* Its TLS, or NULL. Lent; also from within a callback. */
const struct tls *stream_tls(const struct stream *stream);
/* Our own end. 0, or -1 with errno. */
int stream_local(const struct stream *stream, struct rtc_addr *ret_local);
/* Datagrams dropped because the queue was full. */
uint64_t stream_dropped(const struct stream *stream);
