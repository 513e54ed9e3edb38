/* SPDX-License-Identifier: MIT
 * A peer from its first description to its end, for a fuzz target to do things
 * to: in virtual time, with the same randomness each time and the handshake of
 * fake_dtls.h. Whatever is done, what it sends can be read by the other end,
 * what it gives out is there, and it waits for a time that comes. */
#pragma once

#include "stun/message.h"
#include "tests/fuzz/fake_dtls.h"

/* Options of a run. */
enum {
    RUN_AUDIO_PACKETS = 1, /* packet level */
    RUN_VIDEO_PACKETS = 2,
    RUN_UNCONNECTED = 4, /* begins before the first check */
    RUN_LITE = 8,
    RUN_OFFERER = 16, /* and so the controlling one */
    RUN_LAYERS = 32,  /* simulcast of video; not at packet level */
};

#define RUN_PATH_COUNT 4
#define RUN_OUR_PWD "ourourourourourourourour"
#define RUN_THEIR_PWD "theirtheirtheirtheirther"

/* The two candidates described, a stranger's, and a path to a socket that the
 * peer does not have. */
extern const struct rtc_path run_paths[RUN_PATH_COUNT];
/* What the remote offers: Opus, VP8 and H.264 with all their feedback; with
 * RUN_LAYERS more lines follow. */
extern const char run_offer[];
extern const size_t run_offer_len;

struct run {
    struct rtc_peer *peer;
    struct rtc_srtp *remote; /* protects and reads as the other end does */
    rtc_usec now;
    uint64_t random;
    uint32_t number;
    unsigned ticks;
    /* Of the last check the peer sent on each path. */
    uint8_t check_ids[RUN_PATH_COUNT][RTC_STUN_ID_LEN];
    uint16_t methods[RUN_PATH_COUNT];
    bool over; /* CLOSED was told */
    bool layered;
};

/* Ends the program if not. */
void run_must(bool holds);

/* A peer that has answered run_offer, or had it for an answer; track 0 is
 * audio, 1 video. */
void run_begin(struct run *run, unsigned options);
/* Closes the peer and frees everything. */
void run_end(struct run *run);
/* Hands in what came on a path, in memory of its own. */
void run_give(struct run *run, const struct rtc_path *path, const uint8_t *data,
              size_t len, size_t segment);
/* Takes out what the peer has; then time passes, with its ticks. */
void run_pass(struct run *run, rtc_usec span);
