/* SPDX-License-Identifier: MIT
 * A STUN and TURN server on the seeded network (RFC 8489, RFC 8656): binding
 * requests, long-term authentication, allocations with permissions and
 * channels, over UDP or as whole messages over TCP and TLS. It can be killed
 * and comes back without its memory. */
#pragma once

#include "tests/sim/net.h"

struct sim_server_config {
    struct rtc_addr addr;
    /* Relayed addresses are on these, from their ports up; family 0: none. */
    struct rtc_addr relay4, relay6;
    const char *username, *password; /* NULL: it does STUN only */
    struct sim_link link;            /* from it to everyone */
    unsigned lifetime;               /* of an allocation, in seconds; 0: 600 */
    struct rtc_addr alternate;       /* with it, allocations get a 300 */
    bool silent;                     /* answers nothing */
};

struct sim_server_stats {
    unsigned bindings, allocated, refreshed, deleted;
    unsigned permitted, bound;        /* requests granted */
    unsigned refused;                 /* error answers */
    unsigned last_error;              /* the last one's code */
    unsigned relayed_out;             /* datagrams from client to peer */
    unsigned relayed_in;              /* and back, */
    unsigned channel_out, channel_in; /* of those, as channel data */
    unsigned forbidden;               /* without a permission, either way */
};

struct sim_server; /* opaque */

/* A box of `net`; lives as long as the net is used. Copies all but texts. */
struct sim_server *sim_server_new(struct sim_net *net,
                                  const struct sim_server_config *config);
void sim_server_free(struct sim_server *server);
const struct sim_server_stats *sim_server_stats(const struct sim_server *s);

/* From now on nothing is answered or relayed. */
void sim_server_kill(struct sim_server *server);
/* Works again; allocations and nonces of before are unknown to it. */
void sim_server_restart(struct sim_server *server);
/* Nonces given before are stale (438). */
void sim_server_change_nonce(struct sim_server *server);
/* How many allocations there are. */
unsigned sim_server_allocation_count(struct sim_server *server, rtc_usec now);
