/* SPDX-License-Identifier: MIT
 *
 * What arrives at one end of `rtc-probe peer`: every packet bears a stamp with
 * its number and when it was sent, by which it is counted. Pure.
 */
#pragma once

#include "cmd/probe/peer_control.h"

/* A packet begins with it. It looks like a VP8 key frame to those who look, so
 * that nobody asks for one. */
#define PEER_STAMP_LEN 24

struct peer_stamp {
    uint32_t run;
    uint64_t sequence; /* in its stream, from 0 */
    rtc_usec time_us;  /* by the sender's clock */
};

void peer_stamp_write(const struct peer_stamp *stamp,
                      uint8_t buf[PEER_STAMP_LEN]);
/* False: there is none. */
bool peer_stamp_read(const uint8_t *data, size_t len,
                     struct peer_stamp *ret_stamp);

struct peer_count_stream {
    uint64_t next; /* behind the highest number seen */
    uint64_t packets, behind;
    rtc_usec transit; /* of the last one that was not behind */
};

/* Zeroed: nothing came. */
struct peer_count {
    struct peer_count_stream streams[PEER_STREAM_MOST];
    uint64_t bytes;
    rtc_usec first_at, last_at;
    double step_sum; /* of differences in transit, */
    uint64_t step_count;
};

/* Takes in a packet of stream `stream`. */
void peer_count_add(struct peer_count *count, unsigned stream,
                    const struct peer_stamp *stamp, size_t len, rtc_usec now);
/* All but recovered and duplicates, which only the library knows, and with
 * them set before: what is resent always comes behind. */
void peer_count_sum(const struct peer_count *count,
                    struct peer_received *received);

/* What was lost on the way, and how much of it resending did not bring back.
 * `sent`: or NULL while more may be on its way. */
uint64_t peer_lost(const struct peer_received *received,
                   const struct peer_sent *sent);
uint64_t peer_missing(const struct peer_received *received,
                      const struct peer_sent *sent);
/* Of what arrived after `before`, or of all when that is NULL; -1: not known.
 */
rtc_usec peer_jitter_us(const struct peer_received *before,
                        const struct peer_received *after);
/* Bits per second that arrived, over no less than the time they were sent in;
 * -1: not known. */
double peer_received_bps(const struct peer_received *received,
                         const struct peer_sent *sent);
double peer_sent_bps(const struct peer_sent *sent);
