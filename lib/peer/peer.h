/* SPDX-License-Identifier: MIT
 *
 * The peer's insides, seen only by this folder. A peer is a router: each file
 * here hands bytes, time or results from one module to the next, and none holds
 * a protocol rule of its own.
 *
 *     receive.c   datagram -> ice | dtls | srtp -> inbound.c, feedback.c
 *     transmit.c  ice | dtls | rtcp.c | senders -> datagrams
 *     event.c     queued notes, frames and packets -> the caller
 *     session.c   what follows when ICE and DTLS change state
 *     bandwidth.c numbers and feedback <-> congestion control
 *     tick.c      time
 *     track.c     tracks, each of one or more streams: layer.c, route.c
 *     tap.c       packets as they pass, to a capture
 *     describe.c  descriptions in and out; negotiate.c decides, apply.c obeys
 *     servers.c   what STUN and TURN servers give -> ice; relay.c: through them
 *     data.c      data channels <-> dtls
 *     restart.c   ICE restarts and SDP fragments; told.c: what they tell
 */
#pragma once

#include "base/log.h"
#include "base/pool.h"
#include "base/random.h"
#include "dtls/session.h"
#include "ice/agent.h"
#include "negotiate/negotiate.h"
#include "peer/bandwidth.h"
#include "peer/describe.h"
#include "peer/queue.h"
#include "peer/servers.h"
#include "peer/told.h"
#include "rtc.h"
#include "sctp/channels.h"
#include "sdp/sdp.h"
#include "srtp/context.h"
#include "stream/inbound.h"
#include "stream/sender.h"
#include "stream/tail.h"

#define RTC_PEER_LOCAL_MOST 16
#define RTC_PEER_WHY_LEN 256
/* SSRCs routed to tracks: media and RTX of each, and some that changed. */
#define RTC_PEER_ROUTE_MOST 64

/* Datagrams of one run: what older kernels take in one UDP_SEGMENT send. */
#define RTC_PEER_RUN_MOST 64

/* One stream in each direction: a layer of simulcast, or all there is of a
 * track without. Owned by its track, never moved. */
struct rtc_layer {
    struct rtc_track *track;
    uint8_t index; /* among the track's layers */

    /* What was agreed: its rid to send, NULL without simulcast, and whether
     * the remote takes it now. */
    const struct rtc_negotiate_layer *sent;
    bool sends;
    uint32_t ssrc, rtx_ssrc; /* ours */
    struct rtc_sender sender;
    struct rtc_tail tail;
    struct rtc_keyframe_answer requests;
    bool known; /* the remote reported on our SSRC: no MID needed */
    bool extension_set, extension_left_out; /* the sender's is up to date */
    rtc_usec rtt_us;                        /* from its reports, -1 */
    double remote_loss;

    char rid[RTC_RID_MAX + 1]; /* received; empty without simulcast */
    struct rtc_inbound inbound;
    bool receiving; /* inbound is set up */
    uint64_t nack_sent;
    rtc_usec reported_us; /* our last report block on it */
    uint32_t remote_ssrc;
    rtc_usec heard_us; /* the last packet, RTC_NEVER for none yet */
    bool paused;
    bool ended; /* BYE came; told once everything before it was */
    bool end_told;
};

/* One media section. Owned by the peer, never moved. */
struct rtc_track {
    int number;
    struct rtc_track_config wish;
    struct rtc_negotiate_agreed agreed; /* codec_count 0: nothing yet */
    bool by_remote, stopped;
    bool stop; /* wanted with the next description */
    char mid[RTC_MID_MAX + 1];
    struct rtc_layer *layers[RTC_LAYER_MOST]; /* the first is `plain` */
    unsigned layer_count;
    struct rtc_layer plain;
};

#define RTC_PEER_LAYER_MOST (RTC_TRACK_MOST * RTC_LAYER_MOST)

/* Which stream an SSRC of the remote belongs to. */
struct rtc_route {
    uint32_t ssrc;
    struct rtc_layer *layer;
    bool is_rtx;
};

/* A socket we were told of. */
struct rtc_local {
    struct rtc_addr addr;
    enum rtc_transport transport;
};

struct rtc_peer {
    struct rtc_config config; /* its strings are owned: in `uris` */
    char uris[RTC_OWN_EXTENSION_MOST][RTC_URI_MAX + 1];
    struct rtc_log log;
    struct rtc_random random;
    char why[RTC_PEER_WHY_LEN];

    struct rtc_ice_agent *ice;
    struct rtc_identity *identity;
    struct rtc_dtls *dtls;
    struct rtc_srtp *srtp; /* NULL until DTLS is done */
    enum rtc_dtls_role dtls_role;
    bool dtls_expected; /* role and fingerprints are known */
    bool dtls_started;
    bool dtls_heard; /* the remote speaks DTLS */
    bool rtcp_rsize;
    bool connected; /* DTLS is done, and its keys are taken */

    struct rtc_channels *channels; /* NULL: none, and none agreed */
    struct rtc_negotiate_data data;

    struct rtc_local locals[RTC_PEER_LOCAL_MOST];
    unsigned local_count;
    struct rtc_servers *servers; /* NULL: none */
    size_t relay_reserve;        /* of the MTU, for wrapping */
    struct rtc_told told;

    struct rtc_track *tracks[RTC_TRACK_MOST];
    unsigned track_count;
    struct rtc_layer *layers[RTC_PEER_LAYER_MOST]; /* of all tracks */
    unsigned layer_count;
    unsigned turn; /* the layer whose video is next */
    struct rtc_route routes[RTC_PEER_ROUTE_MOST];
    unsigned route_count;
    struct rtc_pool pool; /* packets of every stream */

    struct rtc_descriptions descriptions;

    struct rtc_event_queue events;
    struct rtc_packet_queue packets; /* packet-level tracks */
    struct rtc_packet_queue feedback_in, feedback_out;
    struct rtc_early_queue early;
    rtc_usec as_of; /* poll gives up holes as of the last receive or tick */

    bool closed, close_told;
    enum rtc_close_reason reason;
    bool bye_due;
    bool may_release; /* relays, once the end was sent */
    uint8_t
        close_repeats;  /* sends left of the last datagram, kept in `early` */
    uint32_t rtcp_ssrc; /* ours when nothing is sent */
    rtc_usec report_us; /* next SR or RR, RTC_NEVER before SRTP */
    rtc_usec ntp_origin_us; /* the moment 0 as told to the remote, since 1900 */
    struct rtc_capture_early early_reports;
    struct rtc_bandwidth bandwidth;
    unsigned report_blocks_from, report_senders_from; /* whose turn it is */
    char cname[40];

    struct rtc_stats stats;
};

/* Remembers a sentence for rtc_peer_why and returns `error`. */
int rtc_peer_fail(struct rtc_peer *peer, int error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* session.c: looks at ICE and DTLS after either took something in. */
void rtc_peer_follow(struct rtc_peer *peer, rtc_usec now);
/* Ends the session, once; the reason of the first call counts. */
void rtc_peer_end(struct rtc_peer *peer, enum rtc_close_reason reason);

/* restart.c: new ICE credentials of ours. */
int rtc_peer_restart_transport(struct rtc_peer *peer, rtc_usec now);
/* peer.c: as rtc_peer_add_local, without asking servers. */
int rtc_peer_put_local(struct rtc_peer *peer, const struct rtc_addr *addr,
                       enum rtc_transport transport, rtc_usec now);

/* receive.c: one SRTP or SRTCP packet, decrypted in place; `path` NULL: it was
 * kept until there were keys. */
void rtc_peer_take_srtp(struct rtc_peer *peer, const struct rtc_path *path,
                        uint8_t *data, size_t len, rtc_usec now);
/* inbound.c: one authenticated RTP packet, parsed. */
void rtc_peer_take_rtp(struct rtc_peer *peer, uint8_t *data, size_t len,
                       rtc_usec now);
/* feedback.c: one authenticated RTCP compound packet. */
void rtc_peer_take_rtcp(struct rtc_peer *peer, const uint8_t *data, size_t len,
                        rtc_usec now);
/* rtcp.c: the next compound packet that is due, unprotected. Its length or 0.
 */
int rtc_peer_make_rtcp(struct rtc_peer *peer, uint8_t *buf, size_t cap,
                       rtc_usec now);
/* `now` as all our tracks tell it to the remote. */
uint64_t rtc_peer_ntp(const struct rtc_peer *peer, rtc_usec now);
/* The SSRC to speak as. */
uint32_t rtc_peer_own_ssrc(const struct rtc_peer *peer);
/* When rtc_peer_make_rtcp has something to do. */
rtc_usec rtc_peer_rtcp_deadline(const struct rtc_peer *peer);

/* route.c: the stream a packet belongs to (RFC 9143 9.2), or NULL. */
struct rtc_route *rtc_peer_route(struct rtc_peer *peer,
                                 const struct rtc_rtp_header *header);
struct rtc_layer *rtc_peer_layer_by_ssrc(struct rtc_peer *peer, uint32_t ssrc);
/* Notes an SSRC of the remote; the oldest is dropped at the cap. */
void rtc_peer_add_route(struct rtc_peer *peer, uint32_t ssrc,
                        struct rtc_layer *layer, bool is_rtx);
void rtc_peer_remove_routes(struct rtc_peer *peer,
                            const struct rtc_layer *layer);

/* data.c: what was agreed on for data channels; apply.c asks. 0 or NOMEM. */
int rtc_peer_apply_data(struct rtc_peer *peer, rtc_usec now);
/* The channels, made when there are none yet. RTC_ERR_NOMEM. */
int rtc_peer_need_channels(struct rtc_peer *peer);
/* SCTP starts when DTLS is connected and both sides agreed. */
void rtc_peer_follow_data(struct rtc_peer *peer, rtc_usec now);
/* Hands what DTLS has read to SCTP. */
void rtc_peer_take_data(struct rtc_peer *peer, rtc_usec now);
/* A run of SCTP packets, sealed: its length or 0. */
int rtc_peer_transmit_data(struct rtc_peer *peer, uint8_t *buf, size_t cap,
                           struct rtc_datagrams *d, rtc_usec now);
/* `relay_reserve` has grown: DTLS and SCTP leave that much free. */
void rtc_peer_reserve_data(struct rtc_peer *peer);
rtc_usec rtc_peer_data_deadline(const struct rtc_peer *peer);

/* application.c: feedback of the application's own; the next one is written if
 * there is one. */
void rtc_peer_take_application(struct rtc_peer *peer,
                               const struct rtc_rtcp_feedback *feedback,
                               rtc_usec now);
bool rtc_peer_poll_application(struct rtc_peer *peer,
                               struct rtc_event *ret_event);
bool rtc_peer_write_application(struct rtc_peer *peer, struct rtc_writer *w);

/* bandwidth.c */
void rtc_peer_init_bandwidth(struct rtc_peer *peer);
void rtc_peer_free_bandwidth(struct rtc_peer *peer);
/* Takes over what the tracks agreed. */
void rtc_peer_agree_bandwidth(struct rtc_peer *peer);
/* Writes number and send time into an unprotected packet about to leave, if it
 * has a place for them; whether it got a number. Then, once it is protected,
 * that it leaves. */
bool rtc_peer_stamp(struct rtc_peer *peer, uint8_t *packet, size_t len,
                    rtc_usec now);
void rtc_peer_note_sent(struct rtc_peer *peer, bool numbered, size_t len,
                        rtc_usec now);
/* Bytes of a layer's video that may leave now, as rtc_pacer_ask; and whether
 * there is room for more of it to wait. */
size_t rtc_peer_ask_pacer(struct rtc_peer *peer, struct rtc_layer *layer,
                          rtc_usec now);
bool rtc_peer_may_queue(const struct rtc_peer *peer);
/* The layer whose packets are to leave again, to see what the path carries;
 * they are queued. NULL: none now. */
struct rtc_layer *rtc_peer_pad(struct rtc_peer *peer, size_t *ret_most,
                               rtc_usec now);
/* An authenticated RTP packet came. */
void rtc_peer_note_arrival(struct rtc_peer *peer, uint8_t *packet, size_t len,
                           uint32_t ssrc, rtc_usec now);
void rtc_peer_take_twcc(struct rtc_peer *peer,
                        const struct rtc_rtcp_feedback *feedback, rtc_usec now);
void rtc_peer_take_remb(struct rtc_peer *peer,
                        const struct rtc_rtcp_feedback *feedback, rtc_usec now);
void rtc_peer_take_xr(struct rtc_peer *peer,
                      const struct rtc_rtcp_packet *packet, rtc_usec now);
/* Notes RTC_EVENT_BITRATE when the estimate has changed enough. */
void rtc_peer_tell_bitrate(struct rtc_peer *peer, rtc_usec now);

/* track.c */
struct rtc_track *rtc_peer_find_track(const struct rtc_peer *peer, int number);
/* A new track of the peer, or NULL at the cap or without memory. */
struct rtc_track *rtc_peer_make_track(struct rtc_peer *peer,
                                      const struct rtc_track_config *config);
/* Takes the last track away. */
void rtc_peer_drop_track(struct rtc_peer *peer);
/* layer.c: sets up a layer more of the track, its first one included. False at
 * the cap or without memory. */
bool rtc_peer_add_layer(struct rtc_peer *peer, struct rtc_track *track);
/* Which layer is sent or received as what, as the track agreed; adds layers.
 * False without memory. */
bool rtc_peer_assign_sent(struct rtc_peer *peer, struct rtc_track *track);
bool rtc_peer_assign_received(struct rtc_peer *peer, struct rtc_track *track);
/* Starts or stops the stream; no more than once. */
void rtc_peer_start_receiving(struct rtc_peer *peer, struct rtc_layer *layer);
void rtc_peer_stop_receiving(struct rtc_peer *peer, struct rtc_layer *layer);
/* Frees the track's layers. */
void rtc_peer_drop_layers(struct rtc_peer *peer, struct rtc_track *track);
/* Bytes an unprotected packet may have. */
size_t rtc_peer_packet_max(const struct rtc_peer *peer);
/* Round-trip time for resends: of its own reports, else of XR or the ICE pair,
 * -1 when unknown. */
rtc_usec rtc_layer_rtt_us(const struct rtc_peer *peer,
                          const struct rtc_layer *layer);
