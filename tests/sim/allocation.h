/* SPDX-License-Identifier: MIT
 * What a TURN server keeps: allocations, each with its permissions and channels
 * (RFC 8656 3.2, 9, 12). All end when they are looked at after their time. */
#pragma once

#include "rtc.h"
#include "stun/message.h"

#define SIM_ALLOCATION_MOST 16
#define SIM_PERMISSION_MOST 32

struct sim_permission {
    struct rtc_addr peer; /* its port counts for channels only */
    rtc_usec until;
    uint16_t channel; /* 0: a permission */
};

struct sim_allocation {
    struct rtc_path client; /* as we see it; local family 0: unused */
    struct rtc_addr relayed;
    uint8_t id[RTC_STUN_ID_LEN]; /* of the request that made it */
    rtc_usec until;
    struct sim_permission permissions[SIM_PERMISSION_MOST];
};

/* The table as a whole; zeroed: empty. */
struct sim_allocations {
    struct sim_allocation items[SIM_ALLOCATION_MOST];
    unsigned expired;
};

/* That of a client or of a relayed address, or NULL. */
struct sim_allocation *sim_allocation_of(struct sim_allocations *all,
                                         const struct rtc_path *client,
                                         rtc_usec now);
struct sim_allocation *sim_allocation_at(struct sim_allocations *all,
                                         const struct rtc_addr *relayed,
                                         rtc_usec now);
/* A free one, or NULL. */
struct sim_allocation *sim_allocation_free(struct sim_allocations *all,
                                           rtc_usec now);
unsigned sim_allocation_count(struct sim_allocations *all, rtc_usec now);

/* Whether there is a permission for the IP address of `peer`. */
bool sim_allocation_permits(const struct sim_allocation *a,
                            const struct rtc_addr *peer, rtc_usec now);
/* The channel of that number or (0) to that peer, or NULL. */
struct sim_permission *sim_allocation_channel(struct sim_allocation *a,
                                              uint16_t number,
                                              const struct rtc_addr *peer,
                                              rtc_usec now);
/* Adds it or takes the place of the same one. Copies. */
void sim_allocation_permit(struct sim_allocation *a,
                           const struct sim_permission *permission,
                           rtc_usec now);
