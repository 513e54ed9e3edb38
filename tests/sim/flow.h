/* SPDX-License-Identifier: MIT
 * Media between the two of a pair: each flow sends synthetic but well-formed
 * frames that carry their own number, and checks at the other end that what
 * comes is such a frame, byte for byte, in order, at the right media time and
 * rightly flagged. A talk is a pair with its flows and what both sides saw. */
#pragma once

#include "tests/sim/pair.h"

#define SIM_FLOW_MOST 8
#define SIM_EVENT_COUNT (RTC_EVENT_CLOSED + 1)

/* Codecs that a flow can have, and RTC_CODEC_NONE. */
#define SIM_FLOW_CODEC_COUNT 6
extern const enum rtc_codec sim_flow_codecs[SIM_FLOW_CODEC_COUNT + 1];

/* Frames that are the end of a flow. */
#define SIM_FLOW_TAIL 5

struct sim_flow {
    /* The scenario sets these; sim_talk_add gives defaults. */
    int from;          /* SIM_L or SIM_R */
    unsigned layer[2]; /* simulcast: its number at L and R */
    enum rtc_codec codec;
    unsigned frame_count; /* 0: without end */
    rtc_usec interval_us;
    size_t len, key_len; /* bytes of a frame, of a key frame */
    unsigned key_every;  /* 0: only the first one, and when asked */

    int track[2]; /* its number at L and R, -1 not known yet */
    /* Sent. */
    unsigned sent, refused, keys_sent;
    rtc_usec begun, next;
    bool key_asked;
    /* Received. */
    unsigned received, keys, corrupt, disordered, wrong_time, wrong_flag;
    unsigned first, last; /* numbers of frames, when `received` */
    uint64_t first_time;  /* media time of the first */
    rtc_usec last_at;
    rtc_usec late_us; /* the longest way of a frame, and of all together */
    rtc_usec late_sum_us;
    rtc_usec tail_us; /* of the last few: no packet behind them tells of their
                         loss, so they are not in late_us */
};

/* What one side polled. */
struct sim_seen {
    unsigned events[SIM_EVENT_COUNT];
    uint64_t gap_packets, gap_frames;
    unsigned after_bye;    /* frames of a stream behind its BYE */
    unsigned after_closed; /* anything behind CLOSED */
    bool bye[RTC_TRACK_MOST];
};

struct sim_talk {
    struct sim_pair *pair;
    struct sim_flow flows[SIM_FLOW_MOST];
    unsigned flow_count;
    struct sim_seen seen[2];
};

/* A pair on `link` both ways (NULL: a perfect one). Change the configs, then
 * call sim_pair_start. */
struct sim_talk *sim_talk_new(uint64_t seed, const struct sim_link *link);
void sim_talk_free(struct sim_talk *talk);

/* One flow more: a sendonly track at `from` and, if that is R, a recvonly one
 * at L, as L offers. 25 frames a second of video, 50 of audio, without end.
 * Lends; not moved by later ones. */
struct sim_flow *sim_talk_add(struct sim_talk *talk, int from,
                              enum rtc_codec codec);
/* As many flows as there are `rids`, on one track: the layers of simulcast,
 * each smaller than the next. The first of them; the others follow it. */
struct sim_flow *sim_talk_add_layers(struct sim_talk *talk, int from,
                                     enum rtc_codec codec,
                                     const char *const *rids, unsigned count);
/* Makes the peers, adds a flow and connects; for scenarios of one stream. NULL
 * when it does not connect in 20 s. */
struct sim_flow *sim_talk_connect(struct sim_talk *talk, int from,
                                  enum rtc_codec codec);
/* From now on every flow that has not begun sends. */
void sim_talk_begin(struct sim_talk *talk);
/* Runs on for `span_us`. */
void sim_talk_run(struct sim_talk *talk, rtc_usec span_us);
/* Runs until every flow has sent all its frames and `from`'s peer says that
 * they are delivered, `limit_us` at most: the time that took after the last
 * frame, or RTC_NEVER. */
rtc_usec sim_talk_finish(struct sim_talk *talk, int from, rtc_usec limit_us);

/* Whether nothing the flow delivered was wrong. */
bool sim_flow_is_sound(const struct sim_flow *flow);
/* Writes frame `index` into `buf` of sim_flow_len bytes. */
void sim_flow_write(const struct sim_flow *flow, unsigned index, bool key,
                    uint8_t *buf);
size_t sim_flow_len(const struct sim_flow *flow, bool key);
