/* SPDX-License-Identifier: MIT
 * A saved peer's text: lines of `key values`, and blocks that follow their
 * length. save.c has the peer, save_servers.c what servers gave. */
#pragma once

#include "base/bytes.h"
#include "base/text.h"
#include "rtc.h"

struct rtc_peer;

void rtc_save_block(struct rtc_writer *w, const char *key, const char *text,
                    size_t len);
void rtc_save_servers(struct rtc_writer *w, const struct rtc_peer *peer,
                      rtc_usec now);

/* A cursor over the text; `why` says what was first found wrong. */
struct rtc_loader {
    struct rtc_text rest;
    struct rtc_text values; /* of the line taken last */
    const char *why;
    int error; /* that goes with it */
};

/* Loading ends with `error`; the first one counts. */
void rtc_load_give_up(struct rtc_loader *l, int error, const char *why);
void rtc_load_refuse(struct rtc_loader *l, const char *why);
/* Takes the next line, which begins with `key`. */
void rtc_load_line(struct rtc_loader *l, const char *key);
uint64_t rtc_load_number(struct rtc_loader *l, uint64_t max);
void rtc_load_word(struct rtc_loader *l, char *buf, size_t cap);
struct rtc_text rtc_load_block(struct rtc_loader *l, const char *key,
                               size_t max);
void rtc_load_servers(struct rtc_loader *l, struct rtc_peer *peer,
                      rtc_usec age_us, rtc_usec now);
