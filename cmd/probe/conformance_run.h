/* SPDX-License-Identifier: MIT
 *
 * Goes through the steps with a server, one after the other, and deletes what
 * they made.
 */
#pragma once

#include "cmd/probe/conformance.h"

struct conform_setup {
    struct driver *driver;
    const char *url;
    bool is_whep, is_intrusive, is_unconnected;
    const struct http_options *http;
    const char *interface; /* of the connection */
    int family;
    rtc_usec timeout;  /* of an answer */
    rtc_usec deadline; /* of all */
    /* An answer came, or none; `name`: that of its step. */
    void (*answered)(void *user, const char *name,
                     const struct http_response *response);
    /* The session at that URL could not be deleted. */
    void (*left)(void *user, const char *url);
    /* Everything is over, what was made included. */
    void (*done)(void *user);
    void *user;
};

struct conform_run;

/* Begins at once. Lends from `setup`, which it copies, until it is freed. Ends
 * the process when it cannot. */
struct conform_run *conform_run_new(const struct conform_setup *setup);
/* Asks no more: what was not come to is skipped for that reason, which is
 * static. `done` is called soon, within some two seconds. */
void conform_run_stop(struct conform_run *run, const char *why);
const struct conform_seen *conform_run_seen(const struct conform_run *run);
/* Requests that were sent. */
unsigned conform_run_count(const struct conform_run *run);
/* Why the server could not be looked at: a status, and a sentence; or
 * RTC_EXIT_DONE. */
enum rtc_exit conform_run_status(const struct conform_run *run,
                                 const char **ret_why);
/* What must not be shown, or NULL. */
const char *conform_run_token(const struct conform_run *run);
void conform_run_free(struct conform_run *run);
