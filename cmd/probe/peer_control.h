/* SPDX-License-Identifier: MIT
 *
 * What the two ends of `rtc-probe peer` tell each other, a JSON object a
 * message on a data channel of its own: what is measured, that it begins, what
 * each counted, and that it is over. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "rtc.h"

#define PEER_VERSION 1
#define PEER_MESSAGE_MAX 2048
#define PEER_STREAM_MOST 16
#define PEER_LENGTH_LEAST 64
#define PEER_LENGTH_MOST 65536
#define PEER_WHY_LEN 160
#define PEER_COUNT_MOST (INT64_C(1) << 53)

enum peer_mode { PEER_MEDIA, PEER_DATA };

/* What whoever offered wants. */
struct peer_parameters {
    enum peer_mode mode;
    bool up, down; /* who offered sends; the other one sends */
    rtc_usec time_us, interval_us;
    int64_t bitrate_bps; /* of each stream; 0: as much as goes */
    unsigned streams;
    size_t length; /* of a packet's payload or a message */
    uint32_t run;  /* in every packet; a random number */
};

struct peer_sent {
    uint64_t packets, bytes;
    uint64_t held;    /* due, but the path did not take them */
    uint64_t late;    /* more than 20 ms after they were due */
    rtc_usec time_us; /* from the first one to the end */
};

struct peer_received {
    uint64_t packets, bytes; /* each counted once, those resent included */
    uint64_t expected;       /* by the highest numbers seen */
    uint64_t recovered;      /* of them: lost at first, and resent */
    uint64_t reordered, duplicates;
    uint64_t streams[PEER_STREAM_MOST]; /* of the packets, by stream */
    /* Differences between how long one took and the one before, and their
     * sum. */
    uint64_t steps;
    rtc_usec steps_us;
    rtc_usec time_us; /* from the first one to the last */
};

/* What one end counted until now. */
struct peer_tally {
    struct peer_sent sent;
    struct peer_received received;
    uint64_t estimate_bps; /* of what its path carries, 0: not known */
    rtc_usec rtt_us;       /* mean of this interval, -1: not known */
    rtc_usec late_us;      /* its event loop was late by this at worst */
    uint64_t unread;       /* came, and was not read in time */
    unsigned cpu_permille; /* that its process took of the time */
};

enum peer_message_type {
    PEER_HELLO,    /* parameters: can you? */
    PEER_WELCOME,  /* yes */
    PEER_REFUSAL,  /* no, or not any more; text */
    PEER_START,    /* now */
    PEER_INTERVAL, /* index, from 1; tally */
    PEER_STOP,     /* I have sent all; tally */
    PEER_FINISH,   /* send no more */
    PEER_RESULT,   /* nothing will change any more; tally */
};

struct peer_message {
    enum peer_message_type type;
    struct peer_parameters parameters;
    char text[PEER_WHY_LEN]; /* HELLO, WELCOME: the program's version */
    unsigned index;
    struct peer_tally tally;
};

/* 0, RTC_ERR_UNSUPPORTED (another version) or RTC_ERR_FORMAT, with a sentence.
 * Whatever it gives is within bounds. */
int peer_message_parse(const char *text, size_t len,
                       struct peer_message *ret_message,
                       char ret_why[PEER_WHY_LEN]);
/* The length, or RTC_ERR_NOMEM or NOBUF. Not ended by a NUL. */
int peer_message_write(const struct peer_message *message, char *buf,
                       size_t cap);
