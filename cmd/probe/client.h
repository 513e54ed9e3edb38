/* SPDX-License-Identifier: MIT
 *
 * One WHIP or WHEP session of a measurement, one of perhaps many in the
 * process: an endpoint with something to send or to receive, until a time has
 * passed, the other end leaves, or it falls silent. What was measured is
 * client_report.h's.
 */
#pragma once

#include "cmd/endpoint.h"
#include "cmd/probe/player.h"
#include "cmd/probe/publisher.h"

struct client;

struct client_calls {
    /* Media can flow. Or NULL. */
    void (*connected)(void *user, struct client *client);
    /* WHEP: a frame came. Or NULL. */
    void (*frame)(void *user, const struct rtc_event *event);
    /* It is over; client_free it later, not in here. */
    void (*over)(void *user, struct client *client);
    void *user;
};

/* Borrowed while there are clients. */
struct client_options {
    const struct cli_tool *tool;
    struct endpoint_options end; /* with `whip` or `whep`, and `time` */
    struct publisher_options publisher;
    const char *video, *audio; /* codecs to play, or NULL */
    rtc_usec media_timeout; /* nothing came for so long: it fails; 0: never */
};

/* Values that were looked at once a second, and at the end. */
struct client_series {
    unsigned count;
    double least, most, sum;
};

/* Read-only for others. */
struct client {
    struct endpoint end;
    const struct client_options *options;
    struct client_calls calls;
    struct publisher *publisher; /* NULL: it plays */
    struct player player;
    struct driver_watch *look;
    bool is_started, is_over;
    bool is_ended;  /* by client_end */
    bool is_left;   /* the other end ended it */
    bool is_silent; /* it did not answer the last checks of ICE */
    rtc_usec connected_at, ended_at; /* RTC_NEVER: not */
    rtc_usec heard_at;               /* something came, or it connected */
    uint64_t heard_count;            /* packets received by then */
    unsigned looks;
    /* As they were last looked at; at the end for good. */
    struct rtc_stats stats;
    int relay_transport;              /* to our relay; -1: none, or not known */
    struct rtc_track_stats tracks[2]; /* by enum rtc_kind */
    enum rtc_codec codecs[2];         /* NONE: there is no such track */
    uint64_t receive_drops; /* datagrams that our own sockets had no room for */
    struct client_series rtt, jitter; /* seconds */
};

/* A session that is not begun. NULL when out of memory. `calls` is copied. */
struct client *client_new(struct driver *driver,
                          const struct client_options *options,
                          const struct client_calls *calls);
/* Begins. It may be over before this returns. */
void client_start(struct client *client);
/* Ends it in good order. */
void client_end(struct client *client);
/* The process dies: the server is told, and waited for. */
void client_die(struct client *client);
/* NULL is fine. */
void client_free(struct client *client);

/* Why it is over: a status, and a sentence or "". */
enum rtc_exit client_status(const struct client *client);
const char *client_error(const struct client *client);
/* The step at which it failed, such as "http"; NULL: it did not. Static. */
const char *client_failed_phase(const struct client *client);
