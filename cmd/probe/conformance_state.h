/* SPDX-License-Identifier: MIT
 *
 * The state of a run through the steps, and what its two halves know of each
 * other: conformance_run.c asks, conformance_answer.c takes in the answers.
 */
#pragma once

#include "cmd/probe/conformance_run.h"
#include "cmd/probe/offerer.h"
#include "cmd/whip_response.h"

struct conform_run {
    struct conform_setup setup;
    struct conform_seen seen;
    struct http_options options[WHO_COUNT];
    struct http *https[WHO_COUNT];
    struct http_transfer *transfer;
    struct driver_watch *timer;
    struct driver_watch *limit; /* of everything */
    struct offerer *offerer, *spare, *tracks;
    char restart[OFFERER_TEXT_MAX];
    enum conform_step step;
    char *session; /* the last one's URL, or NULL */
    rtc_usec offered_at, restarted_at, deleting_at, deleted_at;
    rtc_usec wait_until;
    uint64_t received; /* when what was sent before had arrived; 0: not yet */
    bool is_waiting, is_leaving, is_over;
    const char *stop_why;
    unsigned request_count;
    enum rtc_exit status;
    char why[WHIP_WHY_LEN];
};

/* The step it is at. */
const struct conform_request *conform_request_of(const struct conform_run *run);
struct conform_answer *conform_answer_of(struct conform_run *run);

/* Notes what an offer made, also of an answer that did not come whole. */
void conform_take_session(struct conform_run *run,
                          const struct http_response *response);
/* Whether that answer to DELETE says that the session is no more. */
bool conform_is_gone(const struct http_response *response);
/* Takes the answer to the step in. */
void conform_keep(struct conform_run *run,
                  const struct http_response *response);
/* Does with it what comes of it for the session and the next steps. */
void conform_follow(struct conform_run *run);
