/* SPDX-License-Identifier: MIT
 *
 * One allocation on a TURN server, over UDP, TCP or TLS: made step by step,
 * with the time that each step took and why one failed.
 *
 * A step runs the driver until it is done. One that somebody else ended by
 * stopping the driver has no failure.
 */
#pragma once

#include "cmd/driver.h"
#include "cmd/exit.h"
#include "cmd/probe/refusal.h"
#include "cmd/server.h"
#include "cmd/tls.h"

enum probe_phase {
    PROBE_RESOLVE,
    PROBE_CONNECT,
    PROBE_TLS,
    PROBE_ALLOCATE,
    PROBE_PERMISSION,
    PROBE_DATA,
    PROBE_CHANNEL,
    PROBE_RELEASE,
    PROBE_PHASE_COUNT,
};

/* "allocate". Static. */
const char *probe_phase_name(enum probe_phase phase);

struct probe_failure {
    enum rtc_exit status; /* DONE: there is none */
    enum probe_phase phase;
    unsigned code; /* the server's, or 0 */
    char why[400];
};

struct probe_relay_facts {
    struct rtc_addr local, server, mapped, relayed[2];
    rtc_usec lifetime;                 /* -1: not told */
    char software[128];                /* "": not told */
    rtc_usec times[PROBE_PHASE_COUNT]; /* -1: not done */
    bool has_certificate;
    struct tls_certificate certificate;
    unsigned redirects; /* followed; `server` is the last one */
};

struct probe_relay_setup {
    struct driver *driver;
    struct impair *impair;         /* of UDP; or NULL */
    const struct server *server;   /* outlives it */
    struct rtc_addr addr, local;   /* its address; ours, port 0 */
    const struct tls_trust *trust; /* TLS */
    const char *pins;              /* of its key; semicolons between; or NULL */
    rtc_usec timeout;              /* of a step */
    /* A peer's datagram came. Both are lent. */
    void (*data)(void *user, const struct rtc_addr *peer, const uint8_t *data,
                 size_t len);
    void *user;
};

struct probe_relay;

/* Ends the process when memory runs out. */
struct probe_relay *probe_relay_new(const struct probe_relay_setup *setup);
/* NULL is fine. */
void probe_relay_free(struct probe_relay *relay);
/* Connects, where that is to be, and allocates. */
bool probe_relay_allocate(struct probe_relay *relay);
/* A permission for the peer, or a channel to it. 0; the code with which it was
 * refused; or -1. */
int probe_relay_permit(struct probe_relay *relay, const struct rtc_addr *peer);
int probe_relay_bind(struct probe_relay *relay, const struct rtc_addr *peer);
/* Sends to the peer, by the channel once there is one. False: there is no room
 * now. */
bool probe_relay_send(struct probe_relay *relay, const struct rtc_addr *peer,
                      const uint8_t *data, size_t len);
/* Gives the allocation back; with `wait`, until that is answered. */
void probe_relay_release(struct probe_relay *relay, bool wait);
/* Why the last step failed, and what is known. Lent. */
const struct probe_failure *
probe_relay_failure(const struct probe_relay *relay);
const struct probe_relay_facts *
probe_relay_facts(const struct probe_relay *relay);
/* What the server said with a code, its words and ours; returns `buf`. */
char *probe_relay_refusal(const struct probe_relay *relay, unsigned code,
                          char buf[PROBE_REFUSAL_LEN]);
