/* SPDX-License-Identifier: MIT
 * Two real peers, connected through memory: no socket, no loss, no delay, and
 * time that stands still unless it is set. */
#pragma once

#include "rtc.h"

struct two {
    struct rtc_peer *peer[2];
    struct rtc_path path[2]; /* as each of them sees it */
    bool connected[2], opened[2];
    rtc_usec now;
};

/* Offers `count` tracks from 0 to 1, both ways, and runs until both are
 * connected. Ends the program on failure. */
void two_connect(struct two *t, const struct rtc_track_config *tracks,
                 unsigned count);
/* The same with a reliable data channel from 0 instead, number 0 on both sides,
 * and open. */
void two_connect_channel(struct two *t);
void two_free(struct two *t);

/* Carries what each has to say to the other until both are silent; events are
 * thrown away. */
void two_exchange(struct two *t);
