/* SPDX-License-Identifier: MIT
 *
 * A peer that offers to a server whose manners are looked at: it sends no
 * media, and remembers what became of its connection.
 */
#pragma once

#include "cmd/driver.h"

#define OFFERER_TEXT_MAX 32768

struct offerer_setup {
    struct driver *driver;
    bool is_playing;       /* it is to receive, not to send */
    unsigned track_count;  /* of each kind */
    bool is_unconnected;   /* descriptions alone, without a socket */
    const char *interface; /* as struct interface_filter has them */
    int family;
    /* Some of the members below changed; or NULL. */
    void (*changed)(void *user);
    void *user;
};

struct offerer {
    struct offerer_setup setup;
    struct rtc_peer *peer;
    char text[OFFERER_TEXT_MAX]; /* its offer, or answer */
    size_t len;
    /* RTC_NEVER: not yet. `paired_at` is that of the last pair. */
    rtc_usec connected_at, paired_at, closed_at;
    enum rtc_close_reason reason;
};

/* With its offer made; NULL, with a sentence, when it cannot be. */
struct offerer *offerer_new(const struct offerer_setup *setup,
                            const char **ret_why);
/* The text of its answer to an offer that takes the place of its own, or a
 * negative enum rtc_error. */
int offerer_answer(struct offerer *offerer, const char *offer, size_t len);
/* As rtc_peer_remote_answer. */
int offerer_take(struct offerer *offerer, const char *answer, size_t len);
/* Restarts ICE: writes the fragment to tell. Its length, or not above 0. */
int offerer_restart(struct offerer *offerer, char *buf, size_t cap);
/* Takes the server's fragment; NULL: it refuses to restart. */
int offerer_restarted(struct offerer *offerer, const char *fragment,
                      size_t len);
/* Datagrams that came in so far. */
uint64_t offerer_received(const struct offerer *offerer);
/* Says goodbye, if it is connected, and frees. NULL is fine. */
void offerer_free(struct offerer *offerer);
