/* SPDX-License-Identifier: MIT
 *
 * librtcpipe: WebRTC without I/O. Bytes, time and randomness come in as
 * arguments; datagrams, events and deadlines come out. The whole public API.
 *
 * The driver's law, after anything was changed:
 *
 *     while ((n = rtc_peer_transmit(peer, buf, sizeof buf, &d, now)) > 0)
 *         send(d.path, buf, n, d.segment);
 *     while (rtc_peer_poll(peer, &event))
 *         handle(&event);
 *     sleep_until(rtc_peer_deadline(peer));   then rtc_peer_tick(peer, now)
 *
 * Functions returning int give 0 or a count, or a negative enum rtc_error;
 * outputs (ret_x) are untouched on failure, and rtc_peer_why says in a sentence
 * what was wrong. Ownership is said in four words: *borrows* (until return),
 * *copies*, *takes* (also on failure), *lends* (until the next call on the same
 * peer that is not const). A peer is used from one thread at a time; different
 * peers are independent, but those with data channels share one thread, and one
 * clock for `now`.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define RTC_API __attribute__((visibility("default")))
#else
#define RTC_API
#endif

/* ---- time, errors, addresses ------------------------------------------- */

/* Microseconds on the caller's monotonic clock; signed, so a difference is a
 * subtraction. `now` may never step back between two calls on one peer. */
typedef int64_t rtc_usec;
#define RTC_NEVER INT64_MAX

/* Named for what the caller can do about it. */
enum rtc_error {
    RTC_ERR_ARG = -1,         /* an argument is wrong: correct the call */
    RTC_ERR_STATE = -2,       /* not now: the peer is in another state */
    RTC_ERR_AGAIN = -3,       /* a queue is full: drain, then call again */
    RTC_ERR_NOBUF = -4,       /* the buffer given is too small */
    RTC_ERR_NOMEM = -5,       /* an allocation failed or a cap was reached */
    RTC_ERR_FORMAT = -6,      /* the input is malformed */
    RTC_ERR_UNSUPPORTED = -7, /* well-formed, but nothing we can do */
    RTC_ERR_CRYPTO = -8,      /* a check of keys or integrity failed */
    RTC_ERR_CLOSED = -9,      /* the session is over */
};

/* A short lower-case phrase for an enum rtc_error. Static. */
RTC_API const char *rtc_error_text(int error);

/* The library's version, e.g. "0.1.0". Static. */
RTC_API const char *rtc_version(void);
/* Name and version of the `index`th library this one is linked with, e.g.
 * "GnuTLS 3.7.9"; NULL past the last. Static. */
RTC_API const char *rtc_linked(unsigned index);
/* Does now what the first session of the process would do when it connects:
 * the cipher library loads and tests itself, some 15 ms on Debian. To be
 * called, if at all, while waiting for the remote. 0 or RTC_ERR_CRYPTO. */
RTC_API int rtc_prepare(void);

/* An IP address and port. `family` is 4, 6, or 0 for none; IPv4 uses ip[0..3];
 * `scope` is the interface index of a link-local IPv6 address, else 0. */
struct rtc_addr {
    uint8_t family;
    uint16_t port; /* host byte order */
    uint32_t scope;
    uint8_t ip[16];
};

/* Longest text of an address with its port and NUL. */
#define RTC_ADDR_TEXT 72

/* Parses `192.0.2.1:5004` or `[2001:db8::1]:5004`. 0 or RTC_ERR_FORMAT. */
RTC_API int rtc_addr_parse(const char *text, struct rtc_addr *ret_addr);
/* Writes it that way into `buf`; returns `buf`. */
RTC_API char *rtc_addr_write(const struct rtc_addr *addr,
                             char buf[RTC_ADDR_TEXT]);

enum rtc_transport { RTC_UDP, RTC_TCP, RTC_TLS };

/* Between which two addresses a datagram travels. `local` is the address of
 * the caller's own socket (its base), never a mapped one. */
struct rtc_path {
    struct rtc_addr local, remote;
    enum rtc_transport transport;
};

/* How messages are told apart in the byte stream of a TCP or TLS connection. */
enum rtc_framing {
    RTC_FRAMING_ICE,  /* to another peer: a 16-bit length (RFC 4571 2) */
    RTC_FRAMING_TURN, /* to a STUN or TURN server: each says its length itself
                         (RFC 8489 6.2.2, RFC 8656 12.5) */
};
/* Finds the first message in `len` bytes of a stream. How many bytes it takes
 * in all, 0 when it is not all there yet, RTC_ERR_FORMAT when the stream is out
 * of step: close it. The message itself is `ret_len` bytes from `ret_start`. */
RTC_API int rtc_framing_next(enum rtc_framing framing, const uint8_t *data,
                             size_t len, size_t *ret_start, size_t *ret_len);

/* ---- ICE candidates (RFC 8445, RFC 8839) ------------------------------- */

enum rtc_candidate_type {
    RTC_CANDIDATE_HOST,
    RTC_CANDIDATE_SRFLX,
    RTC_CANDIDATE_PRFLX,
    RTC_CANDIDATE_RELAY,
};

enum rtc_tcptype {
    RTC_TCPTYPE_NONE,
    RTC_TCPTYPE_ACTIVE,
    RTC_TCPTYPE_PASSIVE,
    RTC_TCPTYPE_SO,
};

#define RTC_FOUNDATION_MAX 32
#define RTC_UFRAG_MAX 256
#define RTC_PWD_MAX 256
#define RTC_HOST_MAX 255

struct rtc_candidate {
    enum rtc_candidate_type type;
    enum rtc_transport transport;
    enum rtc_tcptype tcptype;
    uint8_t component; /* 1 RTP, 2 RTCP */
    uint32_t priority;
    struct rtc_addr addr; /* family 0: see `host` */
    struct rtc_addr base; /* local candidates: the socket's address */
    struct rtc_addr related;
    char foundation[RTC_FOUNDATION_MAX + 1];
    char host[RTC_HOST_MAX + 1]; /* a `.local` or DNS name not yet resolved */
};

/* Longest text of a candidate with its NUL. */
#define RTC_CANDIDATE_TEXT 512
/* Reads `candidate:1 1 udp ...`, with or without `a=` in front. A name instead
 * of an address goes to `host`. RTC_ERR_FORMAT; RTC_ERR_UNSUPPORTED: of a kind
 * that is to be ignored (RFC 8839 5.1). */
RTC_API int rtc_candidate_parse(const char *text, size_t len,
                                struct rtc_candidate *ret_candidate);
/* Writes `candidate:...` with a NUL. The length, or RTC_ERR_NOBUF. */
RTC_API int rtc_candidate_write(const struct rtc_candidate *candidate,
                                char *buf, size_t cap);

/* Which of our candidates are told and used. */
enum rtc_ice_policy {
    RTC_ICE_POLICY_ALL,
    RTC_ICE_POLICY_RELAY, /* only those on TURN servers */
};

enum rtc_ice_state {
    RTC_ICE_NEW,
    RTC_ICE_CHECKING,
    RTC_ICE_CONNECTED, /* a pair works */
    RTC_ICE_COMPLETED, /* a pair is nominated and checks are done */
    RTC_ICE_DISCONNECTED,
    RTC_ICE_FAILED,
    RTC_ICE_CLOSED,
};
RTC_API const char *rtc_ice_state_name(enum rtc_ice_state state);
RTC_API const char *rtc_candidate_type_name(enum rtc_candidate_type type);

/* Times of RFC 8445 14 and RFC 7675; rtc_config_init sets the defaults. */
struct rtc_ice_timing {
    rtc_usec pacing_us;       /* Ta, 50 ms */
    rtc_usec rto_us;          /* first resend, 250 ms (RFC: at least 500) */
    rtc_usec rto_max_us;      /* cap of the doubling, 3 s */
    unsigned transmit_count;  /* sends of one check, 7 */
    rtc_usec patience_us;     /* RFC 8863: checking without success, 20 s */
    rtc_usec consent_us;      /* between consent checks, 5 s, +-20 % */
    rtc_usec disconnected_us; /* no answer this long: disconnected, 7 s */
    rtc_usec expiry_us;       /* no answer this long: failed, 30 s */
};

/* ---- STUN and TURN servers (RFC 8489, RFC 8656) -------------------------- */

enum rtc_server_type { RTC_SERVER_STUN, RTC_SERVER_TURN };

/* A server to gather candidates from. */
struct rtc_server {
    enum rtc_server_type type;
    enum rtc_transport transport; /* to the server; STUN: only RTC_UDP */
    struct rtc_addr addr;
    /* TCP, TLS: our own end of the connection that the caller made. UDP: family
     * 0, since every local UDP socket of the server's family is used. */
    struct rtc_addr local;
    const char *username, *password; /* TURN */
    uint8_t relay_family; /* of the relayed address: 4, 6, or 0 for both where
                             the server has them */
};

/* Longest password of rtc_turn_credentials with its NUL. */
#define RTC_TURN_PASSWORD 29
/* Credentials for a while, made of a secret shared with the TURN server (the
 * TURN REST API): the user name is `expires`, in seconds since 1970, or that
 * and `:user`; the password its HMAC-SHA1 in base64. `user` may be NULL. 0,
 * RTC_ERR_NOBUF or RTC_ERR_CRYPTO. */
RTC_API int rtc_turn_credentials(const char *secret, const char *user,
                                 uint64_t expires, char *ret_username,
                                 size_t username_cap, char *ret_password,
                                 size_t password_cap);

enum rtc_server_failure {
    RTC_SERVER_SILENT,    /* it never answered */
    RTC_SERVER_REFUSED,   /* it answered with an error code */
    RTC_SERVER_LOST,      /* the connection to it ended */
    RTC_SERVER_ALTERNATE, /* 300: it names another one, see `alternate` */
};

/* ---- media ------------------------------------------------------------- */

enum rtc_kind { RTC_AUDIO, RTC_VIDEO };

enum rtc_codec {
    RTC_CODEC_NONE,
    RTC_CODEC_OPUS,
    RTC_CODEC_VP8,
    RTC_CODEC_H264,
    RTC_CODEC_VP9,
    RTC_CODEC_AV1,
    RTC_CODEC_H265,
    RTC_CODEC_G722,
    RTC_CODEC_PCMU,
    RTC_CODEC_PCMA,
    RTC_CODEC_COUNT
};
/* The SDP encoding name ("opus", "VP8", "H264"), or "none". Static. */
RTC_API const char *rtc_codec_name(enum rtc_codec codec);
/* By encoding name in any case; RTC_CODEC_NONE when unknown. */
RTC_API enum rtc_codec rtc_codec_by_name(const char *name);
RTC_API enum rtc_kind rtc_codec_kind(enum rtc_codec codec);
/* RTP clock rate in Hz; of G.722 8000, though it samples at 16000 (RFC 3551
 * 4.5.2). */
RTC_API uint32_t rtc_codec_clock_rate(enum rtc_codec codec);

/* Bits, as the side that holds the value sees it. */
enum rtc_direction {
    RTC_INACTIVE = 0,
    RTC_SENDONLY = 1,
    RTC_RECVONLY = 2,
    RTC_SENDRECV = 3,
};
RTC_API const char *rtc_direction_name(enum rtc_direction direction);

#define RTC_MID_MAX 32
#define RTC_RID_MAX 32
#define RTC_MSID_MAX 64
#define RTC_TRACK_MOST 16 /* media sections a peer carries */
#define RTC_CODEC_MOST 12 /* codecs a track lists */
#define RTC_LAYER_MOST 4  /* simulcast layers of a track */

/* One encoded frame: what an encoder made of one picture, or one audio packet.
 * VP8: the frame; VP9: the frame or superframe; H.264, H.265: an access unit in
 * Annex-B form; AV1: a temporal unit of OBUs that have their size field,
 * without the temporal delimiter; Opus, G.711, G.722: one packet. */
struct rtc_frame {
    const uint8_t *data;
    size_t len;
    enum rtc_codec codec;
    /* Presentation time in ticks of the codec's clock. Received: the RTP time
     * extended to 64 bit, so differences are right across wraps. Sent: from
     * any origin; the library adds the stream's random offset. */
    uint64_t media_time;
    /* Sent: capture time, or RTC_NEVER for now. Received: when its last packet
     * came. */
    rtc_usec time;
    bool keyframe;   /* received frames; ignored when sending */
    bool contiguous; /* received: nothing is missing since the frame before */
    bool marker;     /* audio: a talkspurt begins (RFC 3551 4.1) */
    uint8_t layer;   /* simulcast: which of the track's rids, else 0 */
    /* Received: capture time on the remote's clock, which all its tracks share
     * (RFC 3550 6.4.1), in microseconds since 1900; RTC_NEVER before its first
     * sender report. */
    rtc_usec remote_time;
};

#define RTC_CSRC_MOST 15
#define RTC_OWN_EXTENSION_MOST 4 /* header extensions of the caller's own */
#define RTC_URI_MAX 127

/* Which values a packet has (bits of rtc_packet_values.has). */
enum rtc_packet_value {
    RTC_VALUE_AUDIO_LEVEL = 1,   /* RFC 6464 */
    RTC_VALUE_ORIENTATION = 2,   /* 3GPP TS 26.114 7.4.5 */
    RTC_VALUE_CAPTURE_TIME = 4,  /* abs-capture-time */
    RTC_VALUE_PLAYOUT_DELAY = 8, /* playout-delay */
};

/* A value that is handed on as it is; `data` NULL: there is none. */
struct rtc_packet_bytes {
    const uint8_t *data;
    size_t len; /* at most 255 */
};

/* Header extensions of one packet (RFC 8285). When sending, those that were not
 * agreed are left out. */
struct rtc_packet_values {
    unsigned has;
    uint8_t audio_level; /* -dBov: 0 loudest, 127 silence */
    bool voice;
    uint16_t rotation; /* degrees clockwise: 0, 90, 180, 270 */
    bool flipped;      /* mirrored horizontally */
    bool back_camera;
    uint16_t playout_min_ms, playout_max_ms; /* steps of 10, at most 40950 */
    uint64_t capture_ntp; /* seconds since 1900, 32.32, capturer's clock */
    bool has_capture_offset;
    int64_t capture_offset; /* 32.32: from the sender's clock to that */
    struct rtc_packet_bytes dependency_descriptor, video_layers;
    /* As rtc_config.extensions names them, by the same index. */
    struct rtc_packet_bytes own[RTC_OWN_EXTENSION_MOST];
};

/* One RTP packet (packet-level tracks, for forwarding units). One received can
 * be sent on as it is. */
struct rtc_packet {
    const uint8_t *payload;
    size_t len;
    uint64_t sequence;   /* extended to 64 bit; sent: 0 is as `renumber` */
    uint64_t media_time; /* extended RTP time */
    uint8_t payload_type;
    bool marker;
    /* Sent: `sequence` does not count, the packet gets the next number; and the
     * stream's random offset is added to the time, which is from any origin. */
    bool renumber;
    uint8_t csrc_count;
    uint8_t layer; /* received: simulcast: which of the track's rids, else 0 */
    rtc_usec time; /* received: when; sent: capture time or RTC_NEVER */
    /* Received: capture time on the remote's clock, as in struct rtc_frame; by
     * it layers, whose RTP times have origins of their own, can be aligned. */
    rtc_usec remote_time;
    uint32_t ssrc;                          /* received */
    const uint32_t *csrcs;                  /* csrc_count of them */
    const struct rtc_packet_values *values; /* NULL: none */
};

struct rtc_track_config {
    enum rtc_kind kind;
    enum rtc_direction direction;
    enum rtc_codec codecs[RTC_CODEC_MOST]; /* in order of preference */
    unsigned codec_count;                  /* 0: every one of that kind */
    bool packets;                          /* packet level, not frames */
    char stream_id[RTC_MSID_MAX + 1];      /* a=msid; empty: "rtcpipe" */
    char track_id[RTC_MSID_MAX + 1];       /* empty: a random one */
    /* Simulcast of video (RFC 8853), a stream for each rid, in order of
     * preference. To send; what a remote offers to send is taken as it offers
     * it. Letters, digits, `-` and `_`. 0: none. */
    char rids[RTC_LAYER_MOST][RTC_RID_MAX + 1];
    unsigned layer_count;
    /* Audio: send each Opus frame twice where the remote takes RED (RFC 2198).
     * Not saved by rtc_peer_save; see rtc_peer_set_red. */
    bool red;
};

/* What is known of a track; after negotiation what was agreed. */
#define RTC_H264_FORMAT_MOST 8

struct rtc_track_info {
    enum rtc_kind kind;
    enum rtc_direction direction;          /* wanted by us */
    enum rtc_direction agreed;             /* RTC_INACTIVE before negotiation */
    enum rtc_codec codec;                  /* what we send, or NONE */
    enum rtc_codec codecs[RTC_CODEC_MOST]; /* agreed, in order */
    uint8_t payload_types[RTC_CODEC_MOST]; /* of each: of several the first */
    unsigned codec_count;
    /* profile-level-id of each H.264 format among them, as agreed. */
    uint32_t h264_level_ids[RTC_H264_FORMAT_MOST];
    unsigned h264_count;
    /* Simulcast layers as agreed, sent or received, by their numbers, which
     * they keep; one that is not agreed (any more) is empty. 0: one plain
     * stream, which is layer 0. */
    char rids[RTC_LAYER_MOST][RTC_RID_MAX + 1];
    unsigned layer_count;
    char mid[RTC_MID_MAX + 1]; /* empty before the first description */
    bool stopped;              /* rejected, or its section has port 0 */
    bool by_remote;            /* made by a remote offer, not by us */
};

/* Of all layers of a track together. */
struct rtc_track_stats {
    uint64_t packets_sent, bytes_sent, frames_sent;
    uint64_t packets_queued; /* of frames taken, and not sent yet */
    uint64_t packets_retransmitted, bytes_retransmitted;
    uint64_t nack_received, pli_received, fir_received;
    uint64_t packets_received, bytes_received, frames_received;
    uint64_t packets_duplicate, packets_recovered; /* by RTX or RED */
    int64_t packets_lost;    /* RFC 3550 6.4.1, may be negative */
    uint64_t frames_dropped; /* could not be made whole */
    uint64_t nack_sent, pli_sent;
    double jitter;      /* seconds, RFC 3550 6.4.1 */
    double remote_loss; /* fraction, from the last RR */
    rtc_usec rtt_us;    /* from RR or XR, -1 when unknown */
    /* Received: those that were lost at first, whether they came later or not.
     */
    int64_t packets_missed;
    /* Of what we sent, as the last RR tells: packets up to the highest number
     * it knows of, how many of those were lost at first (by NACKs, too, where
     * resends are not by RTX), and their jitter in seconds. 0 before the first.
     */
    uint64_t remote_expected;
    int64_t remote_lost;
    double remote_jitter;
};

struct rtc_stats {
    uint64_t datagrams_sent, bytes_sent;
    uint64_t datagrams_received, bytes_received;
    uint64_t datagrams_dropped; /* unknown, malformed or not for us */
    uint64_t srtp_failed;       /* did not authenticate */
    uint64_t srtp_replayed;     /* seen before */
    rtc_usec ice_rtt_us;        /* of the selected pair, -1 unknown */
    /* What the path carries of what we send, datagrams without IP and UDP, as
     * congestion control sees it and the remote allows; 0 unknown. */
    uint64_t bitrate_bps;
    struct rtc_path path; /* the selected pair */
    enum rtc_candidate_type local_type, remote_type;
    const char *srtp_profile; /* RFC name, or NULL. Static. */
    const char *dtls_version; /* "DTLS1.2", or NULL. Static. */
    const char *dtls_cipher;  /* or NULL. Static. */
};

/* ---- data channels (RFC 8831, RFC 8832) --------------------------------- */

#define RTC_CHANNEL_MOST 64 /* open at once */
#define RTC_LABEL_MAX 255

/* How a channel delivers. Reliable and in order when zeroed but for the limits,
 * which are -1 then: rtc_channel_config_init. */
struct rtc_channel_config {
    const char *label, *protocol; /* UTF-8, at most RTC_LABEL_MAX bytes; NULL:
                                     "" */
    bool unordered;
    int max_retransmits; /* -1: no limit; at most one limit is set */
    int max_lifetime_ms; /* -1: no limit */
    bool negotiated;     /* both sides make it with the same `id`, no DCEP */
    uint16_t id;         /* only when negotiated, 0 to 65534 */
};

/* One message. Empty ones keep their kind, too (RFC 8831 6.6). */
struct rtc_message {
    const uint8_t *data;
    size_t len;
    bool is_text; /* UTF-8, as the sender says */
};

enum rtc_channel_state {
    RTC_CHANNEL_CONNECTING,
    RTC_CHANNEL_OPEN,
    RTC_CHANNEL_CLOSING,
    RTC_CHANNEL_CLOSED,
};
RTC_API const char *rtc_channel_state_name(enum rtc_channel_state state);

struct rtc_channel_info {
    struct rtc_channel_config config; /* its texts are lent */
    enum rtc_channel_state state;
    int id; /* the stream's, -1 before it is known */
    bool by_remote;
    size_t buffered;    /* bytes accepted and not yet acknowledged; of a closed
                         * one, such as were lost */
    size_t message_max; /* longest that can be sent, 0 before it is known */
    uint64_t messages_sent, bytes_sent, messages_received, bytes_received;
};

/* ---- the peer ---------------------------------------------------------- */

struct rtc_peer;

/* Fills `buf` with `len` unpredictable bytes (getrandom(2) or alike). */
typedef void (*rtc_random_fn)(void *user, void *buf, size_t len);

enum rtc_log_level {
    RTC_LOG_ERROR,
    RTC_LOG_WARN,
    RTC_LOG_INFO,
    RTC_LOG_DEBUG,
};
/* `line`: `key=value` pairs after the module's name, no newline; borrowed. */
typedef void (*rtc_log_fn)(void *user, enum rtc_log_level level,
                           const char *line);

/* A packet that passes, for a capture: RTP and RTCP in the clear, STUN and DTLS
 * as they are on the wire, what a relay carries without its wrapping. `path`
 * and `data` are borrowed. */
struct rtc_tapped {
    const struct rtc_path *path;
    const uint8_t *data;
    size_t len;
    bool is_sent;
    rtc_usec time;
};
typedef void (*rtc_tap_fn)(void *user, const struct rtc_tapped *tapped);
/* `line`: a secret of the DTLS handshake as NSS key logs have it, with its
 * newline; borrowed. Who has it can decrypt what DTLS carries. */
typedef void (*rtc_keylog_fn)(void *user, const char *line);

/* Set it up by rtc_config_init, then change fields. rtc_peer_new copies it and
 * what its pointers point at. */
struct rtc_config {
    rtc_random_fn random; /* required */
    void *random_user;
    rtc_log_fn log; /* or NULL */
    void *log_user;
    enum rtc_log_level log_level;
    bool log_redact; /* no IP address in any line */

    rtc_tap_fn tap; /* or NULL */
    void *tap_user;
    rtc_keylog_fn keylog; /* or NULL */
    void *keylog_user;

    size_t mtu;        /* bytes of UDP payload no datagram exceeds: 1200 */
    bool ice_lite;     /* answers checks, makes none (RFC 8445 2.5) */
    bool hide_related; /* raddr 0.0.0.0 rport 0 in what we describe; always
                          so with RTC_ICE_POLICY_RELAY */
    /* All sections of an offer but the first are bundle-only, with port 0 and
     * no candidates (RFC 9725 4.4.1 has it so): who cannot do BUNDLE rejects
     * them, and some take port 0 for a rejection all the same. */
    bool max_bundle;
    enum rtc_ice_policy ice_policy;
    /* Addresses at which a 1:1 NAT makes our sockets reachable, same port:
     * described as srflx beside the host candidate. Family 0: none. */
    struct rtc_addr nat_address4, nat_address6;
    /* Descriptions are given out before gathering is done; further candidates
     * go to the remote as RTC_EVENT_CANDIDATE tells of them (RFC 8838). */
    bool trickle;
    /* ICE state FAILED does not end the session: it may be restarted. */
    bool survives_failure;
    struct rtc_ice_timing ice;
    const char *ice_ufrag, *ice_pwd; /* NULL: random ones */

    /* Certificate and key as PEM (both in one text), NULL: a new self-signed
     * ECDSA P-256 one (RFC 8827 6.5). */
    const char *identity_pem;
    bool skip_fingerprint; /* accept any DTLS certificate: tests only */

    /* Video whose beginning is missing is given out all the same, flagged by
     * `contiguous`, instead of nothing up to the next key frame. */
    bool any_frame;
    rtc_usec reorder_us;      /* a gap holds frames at most this long, 500 ms */
    unsigned reorder_packets; /* and at most this many packets, 2048 */
    rtc_usec history_us;      /* sent packets kept for resending, 1 s */
    unsigned history_packets; /* and at most this many, 4096 */
    rtc_usec report_us;       /* between RTCP reports, 1 s; audio and video */
    const char *cname;        /* RTCP CNAME, NULL: random (RFC 7022) */
    /* URIs of header extensions of the caller's own, which packet-level tracks
     * offer and take; NULL: no such one. */
    const char *extensions[RTC_OWN_EXTENSION_MOST];

    /* Data channels: the largest message taken, which descriptions tell (RFC
     * 8841), 256 KiB; bytes that wait to be sent or acknowledged, of all
     * channels together, 1 MiB; bytes received and not polled yet, 1 MiB. */
    size_t message_max, channel_buffer, channel_window;
    /* Descriptions have a section for data even before there is a channel. */
    bool data;
};

/* Defaults everywhere; `random` is NULL and must be set. */
RTC_API void rtc_config_init(struct rtc_config *config);

/* A peer in state NEW. Copies `config`. 0, RTC_ERR_ARG, NOMEM, CRYPTO (the
 * identity cannot be read or made). */
RTC_API int rtc_peer_new(struct rtc_peer **ret_peer,
                         const struct rtc_config *config);
/* Releases everything; sends nothing (see rtc_peer_close). NULL is fine. */
RTC_API void rtc_peer_free(struct rtc_peer *peer);
/* One sentence about the last failed call or why the session ended; "" when
 * there is nothing to say. Lends. */
RTC_API const char *rtc_peer_why(const struct rtc_peer *peer);

/* ---- the five verbs ---------------------------------------------------- */

/* Takes in what one read of a socket gave: a datagram of `len` bytes, or, with
 * `segment` > 0, several of `segment` bytes each (the last may be shorter:
 * UDP_GRO). Borrows `data` and decrypts in place. A bad datagram is a counter:
 * the only errors are RTC_ERR_ARG and RTC_ERR_CLOSED. */
RTC_API int rtc_peer_receive(struct rtc_peer *peer, const struct rtc_path *path,
                             uint8_t *data, size_t len, size_t segment,
                             rtc_usec now);

/* What rtc_peer_transmit wrote: datagrams of `segment` bytes each, the last one
 * perhaps shorter, all for `path`. */
struct rtc_datagrams {
    struct rtc_path path;
    size_t segment;
    unsigned count;
};

/* Writes the next datagrams that are due into `buf`: one, or a run of equal
 * size for one path (UDP_SEGMENT). `cap` is at least the MTU; 64 KiB lets runs
 * be long. Bytes written, 0 when nothing is due, or RTC_ERR_ARG. */
RTC_API int rtc_peer_transmit(struct rtc_peer *peer, uint8_t *buf, size_t cap,
                              struct rtc_datagrams *ret_datagrams,
                              rtc_usec now);

enum rtc_event_type {
    RTC_EVENT_ICE,       /* ice_state: it changed */
    RTC_EVENT_CANDIDATE, /* candidate: one of ours that no description told of
                          */
    RTC_EVENT_GATHERED,  /* every server answered or failed; told once for each
                            time that gathering was under way */
    RTC_EVENT_SERVER,    /* server: it failed */
    RTC_EVENT_PAIR,      /* path, types: packets now take this pair */
    RTC_EVENT_CONNECTED, /* DTLS is done; media can flow both ways */
    RTC_EVENT_TRACK,     /* track: added by the remote, or agreed anew */
    RTC_EVENT_FRAME,     /* track, frame */
    RTC_EVENT_PACKET,    /* track, packet */
    RTC_EVENT_KEYFRAME_REQUEST, /* track: the remote wants one (PLI, FIR) */
    RTC_EVENT_GAP,         /* track, gap: packets given up, frames left out */
    RTC_EVENT_PAUSED,      /* track, paused: nothing came for 1.5 s, or again */
    RTC_EVENT_BYE,         /* track: the remote ended the stream (RTCP BYE) */
    RTC_EVENT_BITRATE,     /* bitrate_bps: what the path carries (rtc_stats)
                              changed by a twentieth; a few times a second */
    RTC_EVENT_FEEDBACK,    /* track, feedback: rtc_peer_send_feedback there */
    RTC_EVENT_CHANNEL,     /* channel: it is open; rtc_peer_channel_info */
    RTC_EVENT_MESSAGE,     /* channel, message */
    RTC_EVENT_CHANNEL_LOW, /* channel: its send buffer fell to the mark */
    RTC_EVENT_CHANNEL_CLOSED, /* channel: by the remote, or with the session */
    RTC_EVENT_CLOSED,         /* reason; the last event there is */
};

/* Why a session ended. */
enum rtc_close_reason {
    RTC_CLOSE_LOCAL,       /* rtc_peer_close */
    RTC_CLOSE_REMOTE,      /* DTLS close_notify */
    RTC_CLOSE_ICE_FAILED,  /* no pair was ever found */
    RTC_CLOSE_CONSENT,     /* the peer stopped answering (RFC 7675) */
    RTC_CLOSE_DTLS,        /* handshake failed or timed out */
    RTC_CLOSE_FINGERPRINT, /* the certificate is not the one described */
    RTC_CLOSE_ERROR,       /* memory ran out or alike; see rtc_peer_why */
};

struct rtc_event {
    enum rtc_event_type type;
    int track;      /* -1 when it is not about one */
    int channel;    /* only where `type` says so */
    unsigned layer; /* simulcast: of PACKET, GAP, KEYFRAME_REQUEST, PAUSED,
                       BYE */
    rtc_usec time;
    union {
        enum rtc_ice_state ice_state;
        const struct rtc_candidate *candidate;
        struct {
            enum rtc_server_type type;
            enum rtc_transport transport;
            struct rtc_addr addr;
            enum rtc_server_failure failure;
            unsigned code;             /* REFUSED: RFC 8489 14.8, else 0 */
            const char *reason;        /* its phrase, or "" */
            struct rtc_addr alternate; /* ALTERNATE */
        } server;
        struct {
            struct rtc_path path;
            enum rtc_candidate_type local_type, remote_type;
        } pair;
        struct rtc_frame frame;
        struct rtc_packet packet;
        struct {
            uint64_t packets, frames;
        } gap;
        bool paused;
        uint64_t bitrate_bps;
        struct {
            const uint8_t *data;
            size_t len; /* in whole words of four bytes */
        } feedback;
        struct rtc_message message;
        enum rtc_close_reason reason;
    };
};

/* The next event. What it points at is lent. False when there is none. */
RTC_API bool rtc_peer_poll(struct rtc_peer *peer, struct rtc_event *ret_event);

/* When to call rtc_peer_tick at the latest, RTC_NEVER for never. After a drain
 * it is not in the past. */
RTC_API rtc_usec rtc_peer_deadline(const struct rtc_peer *peer);
/* Does what is due by `now`: resends, reports, time-outs. Early calls and
 * repeated ones are harmless. */
RTC_API void rtc_peer_tick(struct rtc_peer *peer, rtc_usec now);

/* Whether a datagram from a shared socket is for this peer: it came over a path
 * the peer knows, or is a STUN check with our ufrag and the right integrity. */
RTC_API bool rtc_peer_accepts(const struct rtc_peer *peer,
                              const struct rtc_path *path, const uint8_t *data,
                              size_t len);

/* Starts a graceful end: RTCP BYE and DTLS close_notify are queued, nothing is
 * accepted for sending any more. Drain transmit, then free. */
RTC_API void rtc_peer_close(struct rtc_peer *peer, rtc_usec now);

/* ---- local and remote addresses ---------------------------------------- */

/* Tells of one local socket; `addr` is its real address and port. It becomes a
 * host candidate, and servers are asked about it. RTC_TCP: `addr` listens (a
 * passive candidate, RFC 6544), and connections may be made from its IP address
 * (an active one, whose path has port 9 as local port): transmit gives
 * datagrams for such a path, the caller connects and frames (RTC_FRAMING_ICE).
 * Copies. RTC_ERR_ARG, STATE (closed), NOMEM (cap of 16). */
RTC_API int rtc_peer_add_local(struct rtc_peer *peer,
                               const struct rtc_addr *addr,
                               enum rtc_transport transport, rtc_usec now);
/* The socket is gone (interface down): its pairs fail at once, without a
 * time-out, and another pair is taken if one works. */
RTC_API int rtc_peer_remove_local(struct rtc_peer *peer,
                                  const struct rtc_addr *addr, rtc_usec now);
/* Adds one remote candidate outside a description (trickle). A name that is not
 * resolved (`host` set) is ignored. */
RTC_API int rtc_peer_add_remote(struct rtc_peer *peer,
                                const struct rtc_candidate *candidate,
                                rtc_usec now);
/* The remote has no more candidates than those told. */
RTC_API int rtc_peer_end_remote(struct rtc_peer *peer, rtc_usec now);

/* Gathers from a server: srflx by STUN, relay (and srflx) by TURN. Datagrams
 * for it come out of transmit and what it sends goes into receive, whole
 * messages each; over TCP and TLS the caller keeps a connection and frames
 * (RTC_FRAMING_TURN). Copies. RTC_ERR_ARG, STATE (closed), NOMEM (a cap of 16),
 * UNSUPPORTED (STUN over TCP). */
RTC_API int rtc_peer_add_server(struct rtc_peer *peer,
                                const struct rtc_server *server, rtc_usec now);
/* The connection to a TURN server is gone, and the candidates on it. */
RTC_API int rtc_peer_lose_server(struct rtc_peer *peer,
                                 const struct rtc_addr *local,
                                 const struct rtc_addr *addr, rtc_usec now);
/* While held, gathering is not done though every server has answered: more are
 * to be named, e.g. once their names were looked up. */
RTC_API int rtc_peer_hold_gathering(struct rtc_peer *peer, bool hold,
                                    rtc_usec now);
/* Whether no server is still to answer. */
RTC_API bool rtc_peer_is_gathered(const struct rtc_peer *peer);
/* Local candidate `index`, 0 and up. RTC_ERR_ARG past the last. */
RTC_API int rtc_peer_local_candidate(const struct rtc_peer *peer,
                                     unsigned index,
                                     struct rtc_candidate *ret_candidate);
/* The sockets this peer was told of, for a loader to bind again. */
RTC_API int rtc_peer_local_addr(const struct rtc_peer *peer, unsigned index,
                                struct rtc_addr *ret_addr,
                                enum rtc_transport *ret_transport);
/* The servers this peer was told of, to connect to again over TCP or TLS. Its
 * texts are lent. */
RTC_API int rtc_peer_server(const struct rtc_peer *peer, unsigned index,
                            struct rtc_server *ret_server);

/* ---- tracks ------------------------------------------------------------ */

/* Adds a media section to the next description. The track's number (0 and up,
 * never reused within a peer), RTC_ERR_ARG, NOMEM (RTC_TRACK_MOST). */
RTC_API int rtc_peer_add_track(struct rtc_peer *peer,
                               const struct rtc_track_config *config);
/* Changes what we want; takes effect with the next offer or answer. */
RTC_API int rtc_peer_set_direction(struct rtc_peer *peer, int track,
                                   enum rtc_direction direction);
/* Changes rtc_track_config.red for the frames that follow. */
RTC_API int rtc_peer_set_red(struct rtc_peer *peer, int track, bool red);
/* Changes rtc_track_config.packets, e.g. of a track that was saved. Before
 * anything was received on it: RTC_ERR_STATE; ARG for one with layers. */
RTC_API int rtc_peer_set_packets(struct rtc_peer *peer, int track,
                                 bool packets);
/* Ends a track for good with the next description (port 0). Idempotent. */
RTC_API int rtc_peer_stop_track(struct rtc_peer *peer, int track);
RTC_API int rtc_peer_track_info(const struct rtc_peer *peer, int track,
                                struct rtc_track_info *ret_info);
RTC_API unsigned rtc_peer_track_count(const struct rtc_peer *peer);

/* Packetizes and queues one frame. Copies. RTC_ERR_ARG (no such track or layer,
 * codec not agreed, malformed frame), STATE (not connected, or the remote does
 * not receive this track or layer now; RTC_EVENT_KEYFRAME_REQUEST tells when a
 * layer is wanted again), AGAIN (the queue is full, or more video waits than
 * the path takes in a second: drain transmit, and try again later), CLOSED. */
RTC_API int rtc_peer_send_frame(struct rtc_peer *peer, int track,
                                const struct rtc_frame *frame, rtc_usec now);
/* Queues one RTP packet of a packet-level track; the payload type is one of
 * those agreed (rtc_track_info.payload_types). With `sequence` 0 or `renumber`
 * it is numbered and its time offset by us; else both are as given, and numbers
 * may come in any order. Copies. Errors as rtc_peer_send_frame; RTC_ERR_ARG
 * also for a packet or header extensions (128 bytes) that are too long, and for
 * a number that was used or is behind what is kept for resending. */
RTC_API int rtc_peer_send_packet(struct rtc_peer *peer, int track,
                                 const struct rtc_packet *packet, rtc_usec now);
/* Begins the track's streams anew, with other SSRCs and numbers, as after an
 * SSRC collision (RFC 3550 8.2) or for another source; what was not sent yet is
 * dropped. The remote learns of it by the MID; the next offer tells, too. */
RTC_API int rtc_peer_restart_track(struct rtc_peer *peer, int track);
/* Whether the remote confirmed all that was sent, as far as RTCP and SCTP can
 * tell; wait
 * for it, within bounds, before rtc_peer_close. */
RTC_API bool rtc_peer_is_delivered(const struct rtc_peer *peer, rtc_usec now);
/* Asks the remote for a key frame (PLI) of every layer it sends, at most every
 * 500 ms; more calls are folded into one. */
RTC_API int rtc_peer_request_keyframe(struct rtc_peer *peer, int track,
                                      rtc_usec now);

/* What the caller would send if the path carried it, bits a second; 0, as at
 * first: nothing is looked for beyond what is sent. With a goal the path is
 * probed now and then by packets sent again (RTX), at no more than twice the
 * goal, so that rtc_stats.bitrate_bps learns of room that media does not use:
 * after the start, when the goal rises, and every 5 s while media leaves some of
 * what there is. Needs transport-wide feedback and RTX. RTC_ERR_ARG, CLOSED.
 */
RTC_API int rtc_peer_set_bitrate_goal(struct rtc_peer *peer, uint64_t bps);

/* The most bytes of one message of feedback. */
#define RTC_FEEDBACK_MAX 400
/* Sends feedback of the application's own about a track, received or sent (RTCP
 * PSFB of format 15, RFC 4585 6.4); it gets there once, in order, or not at
 * all. It is filled up with zeros to whole words, and must not begin with
 * "REMB". Copies. RTC_ERR_ARG, STATE (not connected), AGAIN, CLOSED. */
RTC_API int rtc_peer_send_feedback(struct rtc_peer *peer, int track,
                                   const uint8_t *data, size_t len,
                                   rtc_usec now);

/* ---- data channels ------------------------------------------------------ */

/* Reliable, ordered, without label. */
RTC_API void rtc_channel_config_init(struct rtc_channel_config *config);
/* Makes a channel; the first one adds a section to the next description. It
 * opens once SCTP is up: RTC_EVENT_CHANNEL. Copies. The channel's number (0 and
 * up, never reused within a peer), RTC_ERR_ARG, STATE (the remote agreed to no
 * data), CLOSED, NOMEM (RTC_CHANNEL_MOST). */
RTC_API int rtc_peer_add_channel(struct rtc_peer *peer,
                                 const struct rtc_channel_config *config,
                                 rtc_usec now);
/* RTC_ERR_ARG: no such channel. A closed one can be asked about until the next
 * is made. */
RTC_API int rtc_peer_channel_info(const struct rtc_peer *peer, int channel,
                                  struct rtc_channel_info *ret_info);
/* Sends a message, whole or not at all. Copies. RTC_ERR_AGAIN (channel_buffer
 * is full: wait for CHANNEL_LOW), ARG (no such channel, or longer than the
 * remote takes), STATE (not open), CLOSED. */
RTC_API int rtc_peer_send_message(struct rtc_peer *peer, int channel,
                                  const struct rtc_message *message,
                                  rtc_usec now);
/* The mark at which RTC_EVENT_CHANNEL_LOW is told when `buffered` falls to it
 * or under it from above; 0 at first. Told also, once, to a channel that was
 * refused by AGAIN because of others, when half of channel_buffer is free. */
RTC_API int rtc_peer_set_channel_low(struct rtc_peer *peer, int channel,
                                     size_t mark);
/* While held, no message comes out of poll, nor what happened behind it, and
 * what arrives fills the window, so the remote stops sending. For receivers
 * that cannot keep up. */
RTC_API int rtc_peer_hold_messages(struct rtc_peer *peer, bool hold,
                                   rtc_usec now);
/* What was sent before still arrives; then the stream is reset (RFC 6525) and
 * CHANNEL_CLOSED told. Idempotent. */
RTC_API int rtc_peer_close_channel(struct rtc_peer *peer, int channel,
                                   rtc_usec now);

/* ---- statistics --------------------------------------------------------- */

RTC_API void rtc_peer_stats(const struct rtc_peer *peer,
                            struct rtc_stats *ret_stats);
RTC_API int rtc_peer_track_stats(const struct rtc_peer *peer, int track,
                                 struct rtc_track_stats *ret_stats);

/* ---- descriptions (RFC 9429) ------------------------------------------- */

enum rtc_signaling_state {
    RTC_SIGNALING_STABLE,
    RTC_SIGNALING_LOCAL_OFFER,  /* waits for the remote's answer */
    RTC_SIGNALING_REMOTE_OFFER, /* waits for rtc_peer_answer */
};
RTC_API enum rtc_signaling_state
rtc_peer_signaling(const struct rtc_peer *peer);

/* Makes and applies an offer; its text with a NUL goes into `buf` (32 KiB is
 * ample). Its length, RTC_ERR_STATE (not stable), NOBUF. */
RTC_API int rtc_peer_offer(struct rtc_peer *peer, char *buf, size_t cap,
                           rtc_usec now);
/* Reads a remote offer. Its tracks can be looked at and changed before
 * rtc_peer_answer; nothing else changes until then. Borrows. RTC_ERR_FORMAT
 * with the line in rtc_peer_why, UNSUPPORTED, STATE. */
RTC_API int rtc_peer_remote_offer(struct rtc_peer *peer, const char *sdp,
                                  size_t len, rtc_usec now);
/* Answers it; as rtc_peer_offer. RTC_ERR_UNSUPPORTED when not one media section
 * can be agreed. */
RTC_API int rtc_peer_answer(struct rtc_peer *peer, char *buf, size_t cap,
                            rtc_usec now);
/* Applies the answer to our offer. */
RTC_API int rtc_peer_remote_answer(struct rtc_peer *peer, const char *sdp,
                                   size_t len, rtc_usec now);
/* Back to stable; what the pending description brought is gone, an ICE restart
 * in it included. */
RTC_API int rtc_peer_rollback(struct rtc_peer *peer);

/* Restarts ICE (RFC 8445 2.4): new credentials go into the next offer or
 * fragment. Media and checks go on over the old pair until a new one works. A
 * remote that restarts is followed by itself. RTC_ERR_STATE (no pair of
 * descriptions is in force), CLOSED, NOMEM. */
RTC_API int rtc_peer_restart_ice(struct rtc_peer *peer, rtc_usec now);
/* Gives up a restart that found no pair yet: the old session goes on. */
RTC_API int rtc_peer_cancel_restart(struct rtc_peer *peer, rtc_usec now);

/* Writes an SDP fragment (RFC 8840; RFC 9725 4.3) with our ICE credentials and
 * the candidates no description or fragment told of yet, all of them after a
 * restart; with end-of-candidates once gathering is done. Its length, 0 when
 * there is nothing to tell, RTC_ERR_STATE (no offer or answer yet), NOBUF. */
RTC_API int rtc_peer_fragment(struct rtc_peer *peer, char *buf, size_t cap,
                              rtc_usec now);
/* Reads the remote's fragment: candidates, or after rtc_peer_restart_ice its
 * new credentials, too; with these and no candidates it is where it was.
 * Credentials that are neither new nor those in force: RTC_ERR_STATE.
 * RTC_ERR_FORMAT with the line in rtc_peer_why. Borrows. */
RTC_API int rtc_peer_remote_fragment(struct rtc_peer *peer, const char *text,
                                     size_t len, rtc_usec now);

/* ---- handing over to another process ----------------------------------- */

/* Writes the private half (credentials, identity, local addresses, servers and
 * what they gave, tracks, channels, both descriptions) as text with a NUL: a
 * secret. Only before a pair works. Its length, RTC_ERR_NOBUF, STATE. */
RTC_API int rtc_peer_save(const struct rtc_peer *peer, char *buf, size_t cap,
                          rtc_usec now);
/* A peer as it was saved `age_us` ago: relays over UDP are refreshed, not made
 * anew. Of `config` only random, log, mtu, timing, buffer settings and the
 * caller's own extensions count.
 * RTC_ERR_FORMAT, NOMEM, CRYPTO; `ret_why` (or NULL) gets one static sentence
 * on failure. */
RTC_API int rtc_peer_load(struct rtc_peer **ret_peer,
                          const struct rtc_config *config, const char *text,
                          size_t len, rtc_usec age_us, const char **ret_why,
                          rtc_usec now);

#ifdef __cplusplus
}
#endif
