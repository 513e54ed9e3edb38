/* SPDX-License-Identifier: MIT
 *
 * One end of a session, as a tool lives it: the peer on the driver, its
 * sockets, signals and time limits, the report, and an end in good order. How
 * two ends find each other is meet.h's.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "cmd/capture.h"
#include "cmd/cli.h"
#include "cmd/data_pipe.h"
#include "cmd/driver.h"
#include "cmd/gather.h"
#include "cmd/http.h"
#include "cmd/ice_options.h"
#include "cmd/network.h"
#include "cmd/report.h"
#include "cmd/session.h"
#include "cmd/signal.h"

enum endpoint_role { ROLE_DEFAULT, ROLE_OFFER, ROLE_ANSWER };

/* Options that several tools have, embedded in each one's values; the rows are
 * in options.h. */
struct endpoint_options {
    const char *session, *remote, *signal;
    int role, form; /* enum endpoint_role, enum description_form */
    const char *interface;
    int family;
    struct port_range ports;
    struct ice_options ice;
    int64_t mtu;
    bool any_frame, data;                     /* of rtc_config */
    rtc_usec connect_timeout, max_time, time; /* 0: no limit */
    bool trickle;
    rtc_usec ice_restart_after; /* 0: never */
    const char *events;
    rtc_usec interval; /* between reports while connected, 0: none */
    bool totals;       /* print the last report on stdout, too */
    struct capture_options capture;
    const char *impair; /* NULL: nothing is */
    const char *whip, *whep;
    bool preflight, server_offer, reconnect;
    struct http_options http;
};

#define ENDPOINT_DEFAULTS                                                      \
    {                                                                          \
        .mtu = 1200, .connect_timeout = 20000000, .interval = 1000000,         \
        .ice = ICE_DEFAULTS                                                    \
    }

struct endpoint;

/* What a tool does with its session. Each may be NULL. */
struct endpoint_calls {
    /* Add tracks: our offer is about to be made, or a remote one read. */
    void (*add_tracks)(struct endpoint *end);
    /* A remote offer was read: look at its tracks before the answer. */
    void (*before_answer)(struct endpoint *end);
    /* The remote's answer cannot be used: warn of what may be the reason. */
    void (*refused)(struct endpoint *end);
    /* Media can flow; again after `lost`. */
    void (*connected)(struct endpoint *end);
    /* --reconnect: media cannot flow any more until connected is called; the
     * peer will be another. */
    void (*lost)(struct endpoint *end);
    void (*event)(struct endpoint *end, const struct rtc_event *event);
    /* The end has come: queue no more. */
    void (*ending)(struct endpoint *end);
    /* One session of several: it is over, for `status`. It is freed later, by
     * endpoint_done, not in here. */
    void (*over)(struct endpoint *end);
    void *user;
};

/* How the two ends stay in touch during the session (meet_trickle.h, whip.h).
 * Those that say so may be NULL. */
struct endpoint_line {
    void (*event)(struct endpoint *end, const struct rtc_event *event);
    /* Restarts ICE; false: the other end cannot be told. */
    bool (*restart)(struct endpoint *end);
    /* Takes back a restart that was not answered; false: there is none. NULL:
     * it does so by itself. */
    bool (*take_back)(struct endpoint *end);
    /* The session is lost, and why: begins another one with a new peer, however
     * often it takes. NULL: it cannot. */
    void (*renew)(struct endpoint *end, const char *why);
    /* Tells the other end of the end, and then calls endpoint_left: how long to
     * wait for that, 0 when there is nothing to wait for. Or NULL. */
    rtc_usec (*leave)(struct endpoint *end);
    /* The same at once, for a process that dies. Or NULL. */
    void (*die)(struct endpoint *end);
    void (*done)(struct endpoint *end);
};

struct endpoint {
    const struct cli_tool *tool;
    struct endpoint_options options;
    struct endpoint_calls calls;
    enum endpoint_role role; /* once it is known */
    struct driver *driver;
    struct rtc_peer *peer; /* NULL until endpoint_make or _load */
    struct report *report;
    struct gather *gather;
    struct network *network;
    char *session_interface; /* a loaded session's --interface */
    void (*made)(struct endpoint *end);
    rtc_usec start;
    bool is_connected; /* it was, once */
    bool is_lost;      /* --reconnect: a new session is being made */
    rtc_usec lost_at;
    enum rtc_exit status; /* why it ends */
    char error[512];      /* the sentence for that, or "" */
    int signal_number;    /* that ended it, or 0 */
    bool is_over;

    struct driver_watch *signals[4];
    struct driver_watch *limit; /* --max-time, then --time */
    struct driver_watch *grace; /* of the end */
    struct driver_watch *pulse; /* the progress line, once a second */
    struct driver_watch *interval;
    struct capture *capture; /* or NULL */
    struct impair *impair;   /* or NULL */
    struct driver_watch *prepare;
    struct data_pipe *data; /* NULL: no --data */
    unsigned parts;         /* that are not over */
    bool is_ending, is_draining;
    rtc_usec end_by;
    uint64_t drained_count;       /* packets sent when end_by was set */
    struct signal_child *child;   /* --signal COMMAND */
    struct signal_reader *reader; /* --signal -, --remote */
    const char *child_command;
    bool is_leaving; /* the server is told of the end */
    /* An ICE server that the HTTP server named, or NULL for nobody's matter;
     * user and password may be NULL. */
    void (*link_server)(struct endpoint *end, const char *url, const char *user,
                        const char *password);
    const struct endpoint_line *line; /* NULL: they do not */
    struct meet_trickle *trickle;     /* the state of one line, */
    struct whip *whip;                /* and of the other */
    struct restart *restart;          /* NULL: nobody to be told of one */
    /* The HTTP server's certificate, seconds since 1970; 0: none was seen. */
    int64_t certificate_expires;
};

/* Sets up driver, report and signals. Ends the process when it cannot. */
void endpoint_init(struct endpoint *end, const struct cli_tool *tool,
                   const void *values, const struct endpoint_options *options);
/* The same for one session of several, with calls.over, on the caller's driver.
 * Signals, warnings, die and --impair are the caller's; it prints nothing, does
 * not follow the machine's addresses, and does not restart ICE. */
void endpoint_init_one(struct endpoint *end, const struct cli_tool *tool,
                       const struct endpoint_options *options,
                       struct driver *driver);
/* A new peer with sockets on this machine's addresses; `made` is called when
 * the servers have given what they have: without servers before it returns,
 * else from endpoint_run. Ends the process when there are no sockets, but for
 * one session of several, which ends alone; or the session, when no server
 * gives anything. */
void endpoint_make(struct endpoint *end, void (*fn)(struct endpoint *end));
/* A peer from a session file with the sockets it had; `age_us`: since that was
 * written. Ends the process when it cannot. */
void endpoint_load(struct endpoint *end, const struct session *session,
                   rtc_usec age_us);

/* Makes a new peer in the old one's place, as endpoint_make, but not from
 * within an event. False: no local address fits now. */
bool endpoint_renew(struct endpoint *end, void (*made)(struct endpoint *end));

/* The tracks and channels that the session is to have. */
void endpoint_add_tracks(struct endpoint *end);
/* For `before_answer`: what the remote added, beside what fits ours, is not
 * taken. */
void endpoint_refuse_tracks(struct endpoint *end);
/* The session carries bytes, too (or alone), until they are over. Before the
 * peer is made. */
void endpoint_open_data(struct endpoint *end,
                        const struct data_options *options);
/* The session ends when each part of it is over: its data, and, if the tool
 * says so, its media. */
void endpoint_add_part(struct endpoint *end);
void endpoint_part_over(struct endpoint *end);

/* Runs until the session has ended. */
void endpoint_run(struct endpoint *end);
/* Ends the session: what was sent is waited for when `drain`, then BYE and
 * close_notify leave. The first call's status counts. */
void endpoint_end(struct endpoint *end, enum rtc_exit status, bool drain);
/* Ends the tool's part, while the session goes on in another process: the
 * remote and the servers hear nothing. */
void endpoint_leave(struct endpoint *end);
/* The server knows of the end: what endpoint_end began is over. */
void endpoint_left(struct endpoint *end);
/* Prints the error line and puts it into the report; the first one counts. */
void endpoint_say_error(struct endpoint *end, enum rtc_exit status,
                        const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* That and endpoint_end, without draining. */
void endpoint_fail(struct endpoint *end, enum rtc_exit status,
                   const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The session has no way to the remote any more: the end, or, with
 * --reconnect, another session. */
void endpoint_lost(struct endpoint *end, enum rtc_close_reason reason,
                   const char *why);
/* Takes in an event of the endpoint's peer; `user` is the endpoint. */
void endpoint_event(void *user, const struct rtc_event *event);
/* The process dies: tells the other end, if the session has a way to, and waits
 * for that. */
void endpoint_die(struct endpoint *end);
/* Waits for a child, writes the report's end, and frees all, but not a driver
 * that is the caller's. */
void endpoint_done(struct endpoint *end);
/* That, and the end of the process. */
void endpoint_exit(struct endpoint *end) __attribute__((noreturn));
