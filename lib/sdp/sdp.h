/* SPDX-License-Identifier: MIT
 *
 * A session description (RFC 8866, RFC 9429) as plain structs. What SDP lets a
 * writer put at session level for all sections (ICE credentials, fingerprint,
 * setup, direction, header extensions) stands in each section here: the parser
 * copies it down. Texts are slices of memory that the description owns; lists
 * grow up to the caps below. One owner: whoever called rtc_sdp_new.
 */
#pragma once

#include "base/text.h"
#include "rtc.h"

/* Caps. Sections beyond theirs are an error, entries of the other lists are
 * left out. */
#define RTC_SDP_TEXT_MAX (128 * 1024)
#define RTC_SDP_MEDIA_MOST 32
#define RTC_SDP_FORMAT_MOST 128 /* payload types are 0..127 */
#define RTC_SDP_EXTMAP_MOST 32
#define RTC_SDP_SSRC_MOST 64
#define RTC_SDP_PAIR_MOST 32
#define RTC_SDP_RID_MOST 16
#define RTC_SDP_CANDIDATE_MOST 64
#define RTC_SDP_FINGERPRINT_MOST 4
#define RTC_SDP_DIGEST_MAX 64 /* bytes of a sha-512 */

enum rtc_sdp_kind {
    RTC_SDP_AUDIO,
    RTC_SDP_VIDEO,
    RTC_SDP_APPLICATION,
    RTC_SDP_OTHER, /* text, image, ...: see `kind_name` */
};

enum rtc_sdp_protocol {
    RTC_SDP_RTP,      /* .../RTP/SAVPF or SAVP: all mean the same (9429 5.1.2)
                       */
    RTC_SDP_SCTP,     /* UDP/DTLS/SCTP or TCP/DTLS/SCTP (RFC 8841) */
    RTC_SDP_SCTP_OLD, /* DTLS/SCTP with a=sctpmap, from before RFC 8841 */
    RTC_SDP_NO_PROTOCOL,
};

enum rtc_sdp_setup {
    RTC_SDP_SETUP_NONE,
    RTC_SDP_ACTPASS,
    RTC_SDP_ACTIVE,
    RTC_SDP_PASSIVE,
    RTC_SDP_HOLDCONN,
};

/* Bits of rtc_sdp_format.feedback (a=rtcp-fb). */
enum rtc_sdp_feedback {
    RTC_SDP_NACK = 1,
    RTC_SDP_PLI = 2, /* nack pli */
    RTC_SDP_FIR = 4, /* ccm fir */
    RTC_SDP_TRANSPORT_CC = 8,
    RTC_SDP_REMB = 16,
};

struct rtc_sdp_format {
    struct rtc_text name; /* empty: no a=rtpmap and no static number */
    struct rtc_text fmtp; /* parameters as written; see sdp/fmtp.h */
    uint32_t clock_rate;  /* Hz */
    uint8_t payload_type;
    uint8_t channels; /* 1 when not written */
    uint8_t feedback; /* bits of enum rtc_sdp_feedback */
};

/* a=extmap (RFC 8285). */
struct rtc_sdp_extmap {
    struct rtc_text uri;
    enum rtc_direction direction;
    uint8_t id; /* 1..255 */
};

/* a=ssrc (RFC 5576). */
struct rtc_sdp_ssrc {
    uint32_t ssrc;
    struct rtc_text cname;
    struct rtc_text stream_id, track_id; /* a=ssrc:... msid, older form */
};

/* a=ssrc-group:FID, the first two of it: a stream and its RTX stream. */
struct rtc_sdp_pair {
    uint32_t ssrc, rtx_ssrc;
};

/* a=rid (RFC 8851). */
struct rtc_sdp_rid {
    struct rtc_text id;
    struct rtc_text restrictions; /* "pt=..;max-width=.." or empty */
    bool send;                    /* as the describing side sees it */
};

enum rtc_sdp_hash {
    RTC_SDP_SHA256,
    RTC_SDP_SHA384,
    RTC_SDP_SHA512,
};

/* a=fingerprint (RFC 8122). */
struct rtc_sdp_fingerprint {
    enum rtc_sdp_hash hash;
    uint8_t len;
    uint8_t digest[RTC_SDP_DIGEST_MAX];
};

/* One m= section. Lists are (pointer, count); use rtc_sdp_add_... */
struct rtc_sdp_media {
    enum rtc_sdp_kind kind;
    enum rtc_sdp_protocol protocol;
    struct rtc_text kind_name, protocol_name; /* as in the m= line */
    struct rtc_text plain_formats; /* not RTP: the rest of the m= line */
    uint16_t port;                 /* 0: rejected, or bundle-only */
    struct rtc_addr connection;    /* c=; family 0: a name, or none */

    struct rtc_text mid; /* empty: none */
    enum rtc_direction direction;
    bool bundle_only, rtcp_mux, rtcp_mux_only, rtcp_rsize;
    bool extmap_allow_mixed;

    struct rtc_text ice_ufrag, ice_pwd, ice_options;
    enum rtc_sdp_setup setup;
    struct rtc_sdp_fingerprint fingerprints[RTC_SDP_FINGERPRINT_MOST];
    unsigned fingerprint_count;
    struct rtc_candidate *candidates;
    unsigned candidate_count;
    bool end_of_candidates;

    struct rtc_sdp_format *formats; /* in order of preference */
    unsigned format_count;
    struct rtc_sdp_extmap *extmaps;
    unsigned extmap_count;
    bool has_msid;
    struct rtc_text stream_id, track_id; /* first a=msid, else from a=ssrc */
    struct rtc_sdp_ssrc *ssrcs;
    unsigned ssrc_count;
    struct rtc_sdp_pair *pairs;
    unsigned pair_count;
    struct rtc_sdp_rid *rids;
    unsigned rid_count;
    struct rtc_text simulcast_send, simulcast_recv; /* "q;h;f" or empty */
    uint32_t ptime_ms, maxptime_ms;                 /* 0: none */

    uint16_t sctp_port; /* 0: none */
    bool has_max_message_size;
    uint64_t max_message_size; /* 0: no limit */
};

struct rtc_sdp {
    struct rtc_text username, session_id; /* of o= */
    uint64_t version;                     /* of o= */
    bool ice_lite, extmap_allow_mixed;
    struct rtc_text msid_semantic;
    struct rtc_text bundle[RTC_SDP_MEDIA_MOST]; /* mids of the first BUNDLE */
    unsigned bundle_count;
    struct rtc_sdp_media *media; /* at most RTC_SDP_MEDIA_MOST */
    unsigned media_count;
    struct rtc_sdp_media session; /* as parsed before the first m= line, and
                                     copied down already: never written */

    struct rtc_sdp_chunk *chunks; /* owns the texts */
    bool failed; /* sticky: memory ran out in one of the calls below */
};

/* What is wrong with a description, for people. */
struct rtc_sdp_error {
    unsigned line; /* 1 and up; 0: not about one line */
    char text[120];
};

/* An empty description, or NULL without memory. The caller frees it. */
struct rtc_sdp *rtc_sdp_new(void);
void rtc_sdp_free(struct rtc_sdp *sdp);

/* A copy of text that lives as long as `sdp`; empty (and `failed` set) without
 * memory. */
struct rtc_text rtc_sdp_copy(struct rtc_sdp *sdp, struct rtc_text text);
struct rtc_text rtc_sdp_print(struct rtc_sdp *sdp, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A new, zeroed last entry; lent until the next one is added to that list.
 * NULL at the cap, or without memory (then `failed` is set as well). */
struct rtc_sdp_media *rtc_sdp_add_media(struct rtc_sdp *sdp);
struct rtc_sdp_format *rtc_sdp_add_format(struct rtc_sdp *sdp,
                                          struct rtc_sdp_media *media);
struct rtc_sdp_extmap *rtc_sdp_add_extmap(struct rtc_sdp *sdp,
                                          struct rtc_sdp_media *media);
struct rtc_sdp_ssrc *rtc_sdp_add_ssrc(struct rtc_sdp *sdp,
                                      struct rtc_sdp_media *media);
struct rtc_sdp_pair *rtc_sdp_add_pair(struct rtc_sdp *sdp,
                                      struct rtc_sdp_media *media);
struct rtc_sdp_rid *rtc_sdp_add_rid(struct rtc_sdp *sdp,
                                    struct rtc_sdp_media *media);
struct rtc_candidate *rtc_sdp_add_candidate(struct rtc_sdp *sdp,
                                            struct rtc_sdp_media *media);

/* Equal in length and bytes. */
bool rtc_sdp_same(struct rtc_text a, struct rtc_text b);
/* Index of the section with this mid, or -1. */
int rtc_sdp_find_mid(const struct rtc_sdp *sdp, struct rtc_text mid);
/* Whether the section belongs to the BUNDLE group. */
bool rtc_sdp_is_bundled(const struct rtc_sdp *sdp,
                        const struct rtc_sdp_media *media);
/* Port 0, and not for the reason that it shares a transport (RFC 9143 6). */
bool rtc_sdp_is_rejected(const struct rtc_sdp *sdp,
                         const struct rtc_sdp_media *media);
/* The format of that number, or NULL. Lent. */
const struct rtc_sdp_format *
rtc_sdp_find_format(const struct rtc_sdp_media *media, unsigned payload_type);
/* The RTX format that repairs `payload_type` (RFC 4588 8.1), or NULL. Lent. */
const struct rtc_sdp_format *rtc_sdp_find_rtx(const struct rtc_sdp_media *media,
                                              unsigned payload_type);
/* The RED format whose packets carry `payload_type` (RFC 2198 5), or NULL.
 * Lent. */
const struct rtc_sdp_format *rtc_sdp_find_red(const struct rtc_sdp_media *media,
                                              unsigned payload_type);

/* Whether an attribute of that name means something to rtc_sdp_parse. */
bool rtc_sdp_is_known(struct rtc_text name);
/* Reads a description of `len` bytes, LF or CRLF. Borrows `text`. 0 with an
 * object that the caller frees; RTC_ERR_FORMAT, UNSUPPORTED or NOMEM with
 * `ret_error` set (which is not NULL). */
int rtc_sdp_parse(const char *text, size_t len, struct rtc_sdp **ret_sdp,
                  struct rtc_sdp_error *ret_error);
/* Writes it with CRLF and a NUL behind. The length, or RTC_ERR_NOBUF. */
int rtc_sdp_write(const struct rtc_sdp *sdp, char *buf, size_t cap);
