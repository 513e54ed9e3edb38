/* SPDX-License-Identifier: MIT
 * The parts of a description that offers and answers write alike. */
#pragma once

#include "negotiate/negotiate.h"

/* A new description with our o=, or NULL. The caller frees it. */
struct rtc_sdp *rtc_section_begin(const struct rtc_negotiate_local *local);
/* ICE credentials and fingerprint of a section. */
void rtc_section_identity(struct rtc_sdp *sdp, struct rtc_sdp_media *media,
                          const struct rtc_negotiate_local *local);
/* ICE and DTLS of a section, its port and its place in BUNDLE; candidates only
 * where they are wanted. `media` has its mid. */
void rtc_section_transport(struct rtc_sdp *sdp, struct rtc_sdp_media *media,
                           const struct rtc_negotiate_local *local,
                           bool with_candidates);
/* a=msid and a=ssrc of what the track sends. */
void rtc_section_stream(struct rtc_sdp *sdp, struct rtc_sdp_media *media,
                        const struct rtc_negotiate_local *local,
                        const struct rtc_negotiate_track *track);
/* Whether it is for data channels (RFC 8841, or as it was before). */
bool rtc_section_is_data(const struct rtc_sdp_media *media);
/* A new section for data channels: like `other`, or with mid `mid` when that is
 * NULL. Transport is the caller's to add. NULL as rtc_sdp_add_media. */
struct rtc_sdp_media *rtc_section_data(struct rtc_sdp *sdp,
                                       const struct rtc_negotiate_local *local,
                                       const struct rtc_sdp_media *other,
                                       struct rtc_text mid);
/* A section with port 0 in place of `other` (RFC 3264 6): its kind, mid and
 * protocol, and one of its formats. NULL as rtc_sdp_add_media. */
struct rtc_sdp_media *rtc_section_reject(struct rtc_sdp *sdp,
                                         const struct rtc_sdp_media *other);
/* Adds RTX for `payload_type` under the number `rtx`. */
void rtc_section_add_rtx(struct rtc_sdp *sdp, struct rtc_sdp_media *media,
                         uint8_t payload_type, uint8_t rtx);
/* Adds RED for `payload_type` under the number `red` (RFC 2198 5): with one
 * earlier frame. */
void rtc_section_add_red(struct rtc_sdp *sdp, struct rtc_sdp_media *media,
                         uint8_t payload_type, uint8_t red);
/* Whether the track is to use the codec. */
bool rtc_section_wants_codec(const struct rtc_negotiate_track *track,
                             enum rtc_codec codec);
bool rtc_section_is_kind(const struct rtc_sdp_media *media, enum rtc_kind kind);
/* Whether RTP and RTCP share a port: a=rtcp-mux, or the offer of nothing else
 * (RFC 8858 4). */
bool rtc_section_has_mux(const struct rtc_sdp_media *media);
