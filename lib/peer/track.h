/* SPDX-License-Identifier: MIT
 * What the files of this folder do with a stream. */
#pragma once

#include "rtc.h"

struct rtc_extensions;
struct rtc_track;
struct rtc_layer;
struct rtc_negotiate_codec;

/* inbound.c: PAUSED after a silence. */
rtc_usec rtc_layer_pause_deadline(const struct rtc_layer *layer);
void rtc_peer_check_paused(struct rtc_peer *peer, struct rtc_layer *layer,
                           rtc_usec now);

/* bandwidth.c: places for what is stamped into each packet. */
void rtc_track_add_stamps(const struct rtc_track *track,
                          struct rtc_extensions *extensions);

/* send.c: what follows is sent as this codec. 0 or as rtc_sender_set_format. */
int rtc_layer_set_codec(struct rtc_peer *peer, struct rtc_layer *layer,
                        const struct rtc_negotiate_codec *codec);
