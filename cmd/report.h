/* SPDX-License-Identifier: MIT
 *
 * What happened, for machines: events as JSON Lines with the names of W3C
 * webrtc-stats, and the totals at the end. Times are seconds since the tool's
 * start; unknown values are null.
 */
#pragma once

#include <stdbool.h>

#include "cmd/exit.h"
#include "rtc.h"

struct cli_tool;
struct impair_counts;
struct report;

/* A request and how it was answered; texts are borrowed. */
struct report_http {
    const char *method, *url; /* without secrets */
    int status;               /* 0: no answer came */
    rtc_usec time_us;         /* it took */
    const char *message;      /* why it failed, or NULL */
};

/* Steps of a session's start whose times `end` repeats. */
enum report_phase {
    REPORT_RESOLVE,
    REPORT_TCP,
    REPORT_TLS,
    REPORT_HTTP,
    REPORT_GATHER,
    REPORT_ICE,
    REPORT_DTLS,
    REPORT_FIRST_PACKET,
    REPORT_FIRST_KEYFRAME,
    REPORT_PHASE_COUNT
};

/* A report that begins at `now`. `file` as on the command line (`fd:3`); NULL:
 * no events are written. `totals`: the fields of the last one are printed on
 * stdout, as one object. NULL with errno. */
struct report *report_new(const char *file, bool totals, rtc_usec now);
void report_free(struct report *report);
/* jansson's version. Static. */
const char *report_version(void);

/* The first line: the tool and its options as they are in force. */
void report_start(struct report *report, const struct cli_tool *tool,
                  const void *values, rtc_usec now);
/* The totals tell what an impairment did. Borrows `counts` until the end. */
void report_impair(struct report *report, const struct impair_counts *counts);
/* An address of the machine came or went, and our sockets with it. */
void report_network(struct report *report, const struct rtc_addr *addr,
                    bool is_new, rtc_usec now);
/* One line for each local candidate not yet told of. */
void report_candidates(struct report *report, const struct rtc_peer *peer,
                       rtc_usec now);
/* Whatever of an event belongs in the report; call it for each. Candidate,
 * pair, ice, dtls, track, first_packet, first_keyframe, keyframe_request, gap.
 */
void report_event(struct report *report, const struct rtc_peer *peer,
                  const struct rtc_event *event);
/* A step is through; the first call for each counts. A phase that has an event
 * of its own name writes it. */
void report_phase(struct report *report, enum report_phase phase, rtc_usec now);
/* When it was through, since the report's start; RTC_NEVER: it is not. */
rtc_usec report_phase_at(const struct report *report, enum report_phase phase);
/* As in the `phases` of `end`. Static. */
const char *report_phase_name(enum report_phase phase);
/* Frames of a track the sender left out, and why ("late"). */
void report_drop(struct report *report, int track, unsigned frames,
                 const char *reason, rtc_usec now);
/* The totals so far. */
void report_interval(struct report *report, const struct rtc_peer *peer,
                     rtc_usec now);
/* A server failed; `code` is its error's (RFC 8489 14.8), or 0. */
void report_server(struct report *report, const char *sentence, unsigned code,
                   rtc_usec now);
void report_http(struct report *report, const struct report_http *http,
                 rtc_usec now);
/* Something a server points at, and how that is related. */
void report_link(struct report *report, const char *rel, const char *href,
                 rtc_usec now);
/* An ICE restart begins, and why: "option" and the like. */
void report_restart(struct report *report, const char *reason, rtc_usec now);
/* A lost session was followed by another one, after so long: a gap. */
void report_reconnect(struct report *report, rtc_usec gap_us, rtc_usec now);
/* The next peer's candidates are told of from the first one on. */
void report_renew(struct report *report);
void report_warn(struct report *report, const char *sentence, rtc_usec now);
/* Remembered for `end`, too. */
void report_error(struct report *report, enum rtc_exit status,
                  const char *sentence, rtc_usec now);
/* The totals and the status, as the last line; once. `peer` may be NULL. */
void report_end(struct report *report, const struct rtc_peer *peer, int status,
                rtc_usec now);
