/* SPDX-License-Identifier: MIT
 *
 * The bodies of the requests that a server is asked for its conformance.
 */
#pragma once

#include "cmd/probe/conformance.h"

#define CONFORM_BODY_MAX 65536

/* What they are made of; NULL where there is none yet. */
struct conform_texts {
    const char *offer;   /* of the peer that may connect */
    const char *local;   /* its description in force: that, or an answer */
    const char *restart; /* its fragment for a restart */
    const char *spare;   /* an offer of one that does not connect */
    const char *tracks;  /* one with more tracks */
    unsigned section;    /* the first of `local' that was not rejected */
};

/* The text, in `buf` or one of `texts`; NULL: none. */
const char *conform_body(enum conform_body body,
                         const struct conform_texts *texts,
                         char buf[CONFORM_BODY_MAX]);
