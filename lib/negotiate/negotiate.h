/* SPDX-License-Identifier: MIT
 *
 * Offer and answer (RFC 9429, RFC 3264) as pure functions over descriptions:
 * what to offer, what to answer, and what two descriptions agree on. No state
 * is kept here, so rolling back is dropping a description.
 */
#pragma once

#include "base/text.h"
#include "rtc.h"
#include "rtp/extension.h"
#include "sdp/sdp.h"

/* What a track wants. Borrowed by the functions below. */
struct rtc_negotiate_track {
    enum rtc_kind kind;
    enum rtc_direction direction;
    const enum rtc_codec *codecs; /* in order of preference */
    unsigned codec_count;
    const char *stream_id, *track_id;    /* a=msid */
    const char (*rids)[RTC_RID_MAX + 1]; /* simulcast to send */
    unsigned rid_count;
    bool packets; /* packet level: more header extensions */
    uint32_t ssrc, rtx_ssrc;
    const char *mid; /* "" before it has a section */
    bool by_remote;  /* made by a remote offer */
    bool stopped;    /* its section is to have port 0, or has */
};

/* What we say of ourselves, beside the tracks. */
struct rtc_negotiate_local {
    const char *ice_ufrag, *ice_pwd;
    bool ice_lite;
    bool hide_related; /* raddr and rport are not told */
    bool max_bundle;   /* offers: all sections but the first are bundle-only */
    struct rtc_sdp_fingerprint fingerprint;
    uint64_t session_id, version; /* o= */
    const char *cname;
    const struct rtc_candidate *candidates;
    unsigned candidate_count;
    bool end_of_candidates;
    const struct rtc_negotiate_track *tracks;
    unsigned track_count;
    const char *const *own_uris; /* RTC_OWN_EXTENSION_MOST, or NULL */
    bool data;                   /* offers have a section for data channels */
    size_t message_max;          /* longest message we take */
};

/* The descriptions in force (NULL: none yet), from our point of view. */
struct rtc_negotiate_current {
    const struct rtc_sdp *local, *remote;
};

/* Makes an offer: sections of `current` keep their place, mid and payload
 * types; tracks without a section get a stopped one's or a new one. 0 with an
 * object the caller frees, or RTC_ERR_NOMEM. `ret_tracks` has a place for each
 * section: the index of its track in local->tracks, or -1. */
int rtc_negotiate_offer(const struct rtc_negotiate_local *local,
                        const struct rtc_negotiate_current *current,
                        int ret_tracks[RTC_SDP_MEDIA_MOST],
                        struct rtc_sdp **ret_sdp);

/* Whether a remote offer can be taken: it fits what is in force, uses BUNDLE
 * and rtcp-mux, names fingerprint and ICE credentials. 0, or RTC_ERR_FORMAT or
 * UNSUPPORTED with a sentence. */
int rtc_negotiate_check_offer(const struct rtc_sdp *offer,
                              const struct rtc_negotiate_current *current,
                              struct rtc_sdp_error *ret_error);

/* Which track each section of a remote offer belongs to. */
struct rtc_negotiate_match {
    int track;          /* its index in local->tracks, or -1 */
    bool wants_track;   /* none yet: the caller makes one, of this kind */
    enum rtc_kind kind; /* when wants_track */
};
/* By mid; else the first track of the kind that has no mid, is not by_remote,
 * not stopped and whose direction fits; else wants_track (audio and video with
 * a codec in common). `ret_matches` has a place for each section. */
void rtc_negotiate_match(const struct rtc_sdp *offer,
                         const struct rtc_negotiate_local *local,
                         struct rtc_negotiate_match *ret_matches);

/* Answers `offer`; matches as above, with wants_track served or left at -1
 * (then the section is rejected). RTC_ERR_NOMEM, or RTC_ERR_UNSUPPORTED with a
 * sentence when not one section can be accepted. */
int rtc_negotiate_answer(const struct rtc_sdp *offer,
                         const struct rtc_negotiate_local *local,
                         const struct rtc_negotiate_current *current,
                         const struct rtc_negotiate_match *matches,
                         struct rtc_sdp **ret_sdp,
                         struct rtc_sdp_error *ret_error);

/* Whether `answer` answers `offer` (RFC 9429 5.10): number, order, kinds and
 * mids of sections, payload types, transport, setup. 0, or RTC_ERR_FORMAT or
 * UNSUPPORTED (e.g. no section was accepted) with a sentence. A direction that
 * was not offered is no error: rtc_negotiate_agree narrows it. Sections that
 * the answer rejects leave its BUNDLE group. */
int rtc_negotiate_check_answer(const struct rtc_sdp *offer,
                               struct rtc_sdp *answer,
                               struct rtc_sdp_error *ret_error);

/* One codec both sides take, in the answerer's order. The number is the same in
 * both directions, as the answer uses the offer's. */
struct rtc_negotiate_codec {
    enum rtc_codec codec;
    uint8_t payload_type;
    bool has_rtx;
    uint8_t rtx_payload_type;
    bool has_red; /* of one earlier frame (RFC 2198) */
    uint8_t red_payload_type;
    bool nack, pli, fir, transport_cc;
    unsigned profile;       /* as rtc_codec_entry.profile has it, or 0 */
    uint32_t h264_level_id; /* profile-level-id we may send, 0 for others */
};

/* One simulcast layer both sides know. */
struct rtc_negotiate_layer {
    char rid[RTC_RID_MAX + 1];
    bool paused;               /* one of them does not want it for now */
    uint64_t payload_types[2]; /* those it may use, as bits */
};
bool rtc_simulcast_may_use(const struct rtc_negotiate_layer *layer,
                           uint8_t payload_type);

#define RTC_NEGOTIATE_CODEC_MOST 32
#define RTC_NEGOTIATE_SSRC_MOST 4

/* What a section's two descriptions agree on, as we see it. */
struct rtc_negotiate_agreed {
    enum rtc_direction direction; /* RTC_INACTIVE also when rejected */
    bool rejected;
    struct rtc_negotiate_codec codecs[RTC_NEGOTIATE_CODEC_MOST];
    unsigned codec_count;
    /* What may come: all that our description lists, as an answer may narrow
     * what it repeats and its author still send the rest (Chromium does). */
    struct rtc_negotiate_codec receives[RTC_NEGOTIATE_CODEC_MOST];
    unsigned receive_count;
    /* Simulcast in each direction; none: one plain stream. */
    struct rtc_negotiate_layer sent_layers[RTC_LAYER_MOST];
    struct rtc_negotiate_layer received_layers[RTC_LAYER_MOST];
    unsigned sent_layer_count, received_layer_count;
    struct rtc_extmap extmap;
    /* SSRCs the remote names, each with its RTX stream's or 0; they do not say
     * of which layer they are. */
    struct rtc_sdp_pair ssrcs[RTC_NEGOTIATE_SSRC_MOST];
    unsigned ssrc_count;
    bool rtcp_rsize;
};

/* Section `index` of both descriptions, pending or in force; `local` is the
 * offer if it says actpass, as our offers do. */
void rtc_negotiate_agree(const struct rtc_sdp *local,
                         const struct rtc_sdp *remote, unsigned index,
                         struct rtc_negotiate_agreed *ret_agreed);
/* Adds to it what they agree on of the caller's own header extensions. */
void rtc_negotiate_agree_own(const struct rtc_sdp *local,
                             const struct rtc_sdp *remote, unsigned index,
                             const char *const *own_uris,
                             struct rtc_negotiate_agreed *agreed);

/* What two descriptions agree on for data channels. */
struct rtc_negotiate_data {
    bool described;       /* there is a section for them */
    bool accepted;        /* and both sides take it */
    uint16_t port;        /* of the remote's SCTP */
    uint64_t message_max; /* longest one the remote takes, 0: any */
};
/* Pending or in force; NULL: none. */
void rtc_negotiate_agree_data(const struct rtc_sdp *local,
                              const struct rtc_sdp *remote,
                              struct rtc_negotiate_data *ret_data);

/* The section of `remote` whose ICE and DTLS attributes count for the bundle:
 * the first one of its BUNDLE group that both descriptions accept; -1 for none,
 * also when one of them is NULL. */
int rtc_negotiate_transport(const struct rtc_sdp *local,
                            const struct rtc_sdp *remote);
/* Whether we are the DTLS client. `local_offered`: the local one is the offer.
 */
bool rtc_negotiate_is_dtls_client(const struct rtc_sdp *local,
                                  const struct rtc_sdp *remote,
                                  bool local_offered);
