/* SPDX-License-Identifier: MIT
 *
 * What rtc-offer and rtc-answer do alike: their options, their tracks, and the
 * session file they leave for rtc-send or rtc-recv.
 */
#pragma once

#include "cmd/endpoint.h"
#include "cmd/session.h"

struct hand_over_options {
    struct endpoint_options end; /* `session`: the file to write */
    const char *output;          /* of the description */
    const char *video, *audio;   /* codecs; NULL: not named */
    int direction;               /* its place in the choices of --direction */
    rtc_usec expire;
};

/* The rows of both tools, for a table with these options at 0. */
extern const struct rtc_option options_hand_over[];

#define HAND_OVER_DEFAULTS                                                     \
    {                                                                          \
        .end = ENDPOINT_DEFAULTS,                                              \
        .expire = (rtc_usec)SESSION_LIFETIME_S * 1000000                       \
    }

/* What --direction says. */
enum rtc_direction hand_over_direction(const struct hand_over_options *options);
/* Fills in what was left out: ports that are still free when the session is
 * taken. Ends the process without a session file's name. */
void hand_over_check(struct hand_over_options *options);
/* Adds the tracks the options ask for: both kinds when they name none, and no
 * data either. */
void hand_over_add_tracks(struct endpoint *end,
                          const struct hand_over_options *options);
/* Writes the session file, then the description. Ends the process on failure,
 * without leaving a session file behind. */
void hand_over_write(struct endpoint *end,
                     const struct hand_over_options *options,
                     enum session_role role, const char *text, size_t len);
