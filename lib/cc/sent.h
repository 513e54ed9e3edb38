/* SPDX-License-Identifier: MIT
 * What left when, by transport-wide number, until the remote reported on it:
 * the sending half of congestion control. A feedback message becomes a walk
 * over the packets it brings news of. */
#pragma once

#include "base/clock.h"
#include "rtcp/twcc.h"
#include "rtp/sequence.h"

/* Packets remembered; news of those further back is none. */
#define RTC_SENT_MOST 8192

enum rtc_sent_state {
    RTC_SENT_UNKNOWN, /* nothing heard of it */
    RTC_SENT_LOST,
    RTC_SENT_RECEIVED,
};

struct rtc_sent_packet {
    rtc_usec sent_us;
    uint32_t bytes; /* that left up to its end, modulo 2^32 */
    uint16_t len;   /* on the wire */
    uint8_t state;
    uint8_t probe; /* the run it is part of, 0: none */
};

struct rtc_sent {
    struct rtc_sent_packet *packets; /* by number; made with the first */
    uint64_t first, end;             /* `end` is the next number */
    uint32_t bytes;                  /* that left, modulo 2^32 */
    uint32_t told_bytes; /* of them up to the highest number reported on */
    uint64_t told_end;   /* behind that number */
    /* The remote's clock as its messages tell it, without their wraps. */
    bool heard;
    rtc_usec clock_us;
    struct rtc_twcc_iterator walk;
    rtc_usec walk_offset_us; /* to be added to the walk's times */
};

/* Allocates nothing yet. */
void rtc_sent_init(struct rtc_sent *s);
void rtc_sent_done(struct rtc_sent *s);

/* The number for the next packet. */
static inline uint16_t rtc_sent_number(const struct rtc_sent *s)
{
    return (uint16_t)s->end;
}
/* The packet with that number left, `len` bytes of it, as part of the run
 * `probe` or of none, 0. */
void rtc_sent_push(struct rtc_sent *s, size_t len, uint8_t probe, rtc_usec now);

/* Bytes behind the highest number reported on. */
static inline size_t rtc_sent_under_way(const struct rtc_sent *s)
{
    return s->bytes - s->told_bytes;
}

/* What a message tells of one packet. */
struct rtc_sent_news {
    rtc_usec sent_us, arrival_us; /* arrival: the remote's clock */
    uint32_t len;
    bool received;
    bool was_lost; /* as an earlier message had it */
    uint8_t probe;
};

/* Begins a walk over a feedback message. Borrows it until the last next. */
void rtc_sent_feedback(struct rtc_sent *s, const struct rtc_twcc *twcc);
/* The next packet that the message has news of, by ascending number. False at
 * its end. */
bool rtc_sent_next(struct rtc_sent *s, struct rtc_sent_news *ret_news);
