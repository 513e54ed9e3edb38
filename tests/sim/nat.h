/* SPDX-License-Identifier: MIT
 * A NAT before a private /24 of IPv4 addresses, in the words of RFC 4787: how
 * it maps, what it filters, whether it keeps ports. It does not hairpin, and
 * nobody outside reaches an address inside. */
#pragma once

#include "tests/sim/net.h"

enum sim_nat_mapping {
    SIM_NAT_INDEPENDENT, /* one port outside for one inside */
    SIM_NAT_SYMMETRIC,   /* one for each address and port it sends to */
};

/* What comes in where something was sent out: from anywhere, from an address,
 * from an address and port that was sent to. */
enum sim_nat_filter { SIM_NAT_OPEN, SIM_NAT_ADDRESS, SIM_NAT_ADDRESS_PORT };

struct sim_nat_config {
    struct rtc_addr inside;  /* any address of the network */
    struct rtc_addr outside; /* the port is the first one given */
    enum sim_nat_mapping mapping;
    enum sim_nat_filter filter;
    bool keeps_port;      /* where it is free, the port inside is taken */
    rtc_usec lifetime_us; /* of an unused mapping; 0: no end */
};

struct sim_nat_stats {
    uint64_t out, in;
    uint64_t filtered; /* came to a mapping that does not let it in */
    uint64_t strayed;  /* came where nothing is mapped, or from inside out
                          and back in */
    unsigned mappings; /* made so far */
};

struct sim_nat; /* opaque */

/* A box of `net`; lives as long as the net is used. */
struct sim_nat *sim_nat_new(struct sim_net *net,
                            const struct sim_nat_config *config);
void sim_nat_free(struct sim_nat *nat);
const struct sim_nat_stats *sim_nat_stats(const struct sim_nat *nat);
/* Forgets every mapping, as a box does that was switched off and on. */
void sim_nat_forget(struct sim_nat *nat);
