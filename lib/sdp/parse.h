/* SPDX-License-Identifier: MIT
 * What parse.c (lines) and attribute.c (the a= lines) share. */
#pragma once

#include "sdp/sdp.h"

struct rtc_sdp_parser {
    struct rtc_sdp *sdp;
    struct rtc_sdp_media *media; /* the section, or sdp->session before one */
    unsigned line;
    bool own_fingerprint; /* the section has one, so none is inherited */
    struct rtc_text unknown_hash; /* first one met, for the diagnosis */
    unsigned unknown_hash_line;
    struct rtc_sdp_error *error;
};

/* Sets the diagnosis; returns `error`. */
int rtc_sdp_fail(struct rtc_sdp_parser *p, int error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Reads one attribute, `name` and what stands behind its colon. Unknown ones
 * are 0. */
int rtc_sdp_parse_attribute(struct rtc_sdp_parser *p, struct rtc_text name,
                            struct rtc_text value);
