/* SPDX-License-Identifier: MIT
 *
 * A UDP port of our own that asks STUN servers for its address (RFC 8489), also
 * from where they answer otherwise than asked (RFC 5780 7.2).
 */
#pragma once

#include "cmd/driver.h"
#include "cmd/impair.h"
#include "stun/transaction.h"

/* Bits of CHANGE-REQUEST. */
#define PROBE_CHANGE_PORT 2u
#define PROBE_CHANGE_IP 4u

struct probe_ask {
    struct rtc_addr server;
    uint32_t change;        /* 0: it answers from where it was asked */
    uint16_t response_port; /* 0: and to where that came from */
    struct rtc_stun_retry retry;
};

struct probe_answer {
    bool is_answered;    /* false: time-out; all the rest is nothing */
    unsigned error_code; /* the server refused; 0: it did not */
    struct rtc_addr from, mapped, other; /* mapped: family 0: it names none */
    rtc_usec rtt_us;                     /* since the last send */
};

struct probe_port;

/* Called once a request. */
typedef void (*probe_answer_fn)(void *user, const struct probe_answer *answer);

/* Whether it tells which address of ours the server sees. */
bool probe_answer_is_good(const struct probe_answer *answer);
/* What is wrong with one that does not: "refuses: error 401". Returns `buf`. */
#define PROBE_TROUBLE_LEN 48
const char *probe_answer_trouble(const struct probe_answer *answer,
                                 char buf[PROBE_TROUBLE_LEN]);

/* The address of ours that packets to `remote` leave from, port 0. 0, or -1
 * with errno when there is no way. */
int probe_source(const struct rtc_addr *remote, struct rtc_addr *ret_local);

/* Opens a port on `local`. NULL with errno. */
struct probe_port *probe_port_new(struct driver *driver,
                                  const struct rtc_addr *local);
/* Nothing is called any more. Not from within a callback. NULL is fine. */
void probe_port_free(struct probe_port *port);
/* What it sends and receives from now on passes through `impair` (borrowed
 * until the port is freed; NULL: nothing). */
void probe_port_impair(struct probe_port *port, struct impair *impair);
/* The socket's address. Lent. */
const struct rtc_addr *probe_port_addr(const struct probe_port *port);
/* Sends a Binding request, again as `retry` says. Copies. */
void probe_port_ask(struct probe_port *port, const struct probe_ask *ask,
                    probe_answer_fn fn, void *user);
/* What the last answer says that came here though asked for elsewhere, by
 * `response_port`; family 0: there was none. Lent. */
const struct rtc_addr *probe_port_stray(const struct probe_port *port);
/* Whether anything came here, be it STUN or not. */
bool probe_port_is_heard(const struct probe_port *port);
/* How many Binding requests came here: somebody reached us. */
unsigned probe_port_reached(const struct probe_port *port);
