/* SPDX-License-Identifier: MIT
 * A peer's life: made of a config, freed, and its local addresses told to
 * ICE. */
#include "peer/peer.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "base/clock.h"
#include "base/mem.h"
#include "peer/describe.h"
#include "rtp/extension.h"

#define MTU_LEAST 576 /* RFC 791: every host takes that much */
#define MTU_MOST 1500
/* Of data channels; SCTP wants a window of 1500 at least (RFC 9260 3.3.2). */
#define BUFFER_MOST ((size_t)256 << 20)
#define WINDOW_LEAST 4096
/* Packets of all streams together that a peer ever holds. */
#define POOL_MOST 32768

void rtc_config_init(struct rtc_config *config)
{
    *config = (struct rtc_config){
        .log_level = RTC_LOG_INFO,
        .mtu = 1200,
        .reorder_us = 500 * RTC_MS,
        .reorder_packets = 2048,
        .history_us = RTC_SEC,
        .history_packets = 4096,
        .report_us = RTC_SEC,
        .message_max = (size_t)256 << 10,
        .channel_buffer = (size_t)1 << 20,
        .channel_window = (size_t)1 << 20,
    };
    rtc_ice_timing_init(&config->ice);
}

const char *rtc_version(void)
{
    return RTC_VERSION;
}

const char *rtc_linked(unsigned index)
{
    return index == 0   ? rtc_dtls_library()
           : index == 1 ? rtc_srtp_library()
                        : NULL;
}

int rtc_prepare(void)
{
    return rtc_srtp_prepare();
}

int rtc_peer_fail(struct rtc_peer *peer, int error, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(peer->why, sizeof peer->why, format, args);
    va_end(args);
    if (error)
        rtc_log(&peer->log, RTC_LOG_DEBUG, "peer.fail error=%d why=\"%s\"",
                error, peer->why);
    return error;
}

const char *rtc_peer_why(const struct rtc_peer *peer)
{
    return peer ? peer->why : "";
}

/* URIs as an a=extmap line can have them, each once. */
static bool are_uris_good(const struct rtc_config *c)
{
    for (unsigned i = 0; i < RTC_OWN_EXTENSION_MOST; i++) {
        const char *uri = c->extensions[i];

        if (!uri)
            continue;
        if (!uri[0] || strlen(uri) > RTC_URI_MAX ||
            rtc_extension_by_uri(rtc_text_of(uri)))
            return false;
        for (const char *at = uri; *at; at++)
            if (*at <= ' ' || *at > '~')
                return false;
        for (unsigned k = 0; k < i; k++)
            if (c->extensions[k] && !strcmp(uri, c->extensions[k]))
                return false;
    }
    return true;
}

static bool is_config_good(const struct rtc_config *c)
{
    return are_uris_good(c) && c->random && c->mtu >= MTU_LEAST &&
           c->mtu <= MTU_MOST && c->report_us > 0 && c->reorder_us >= 0 &&
           c->history_us >= 0 && c->history_packets <= RTC_HISTORY_MOST &&
           c->reorder_packets <= RTC_REORDER_MOST / 2 && c->message_max > 0 &&
           c->message_max <= BUFFER_MOST && c->channel_buffer > 0 &&
           c->channel_buffer <= BUFFER_MOST &&
           c->channel_window >= WINDOW_LEAST &&
           c->channel_window <= BUFFER_MOST && !c->ice_ufrag == !c->ice_pwd;
}

static int make_ice(struct rtc_peer *peer)
{
    const struct rtc_config *c = &peer->config;
    struct rtc_ice_config ice = {
        .timing = c->ice,
        .lite = c->ice_lite,
        .random = peer->random,
        .log = &peer->log,
    };
    int error = rtc_ice_new(&peer->ice, &ice);

    if (!error && c->ice_ufrag)
        error =
            rtc_ice_set_local_credentials(peer->ice, c->ice_ufrag, c->ice_pwd);
    return error;
}

static int make_dtls(struct rtc_peer *peer)
{
    const char *pem = peer->config.identity_pem;
    struct rtc_dtls_config dtls = {
        .mtu = peer->config.mtu,
        .skip_fingerprint = peer->config.skip_fingerprint,
        .log = &peer->log,
        .keylog = peer->config.keylog,
        .keylog_user = peer->config.keylog_user,
    };
    int error = pem ? rtc_identity_load(&peer->identity, pem, strlen(pem))
                    : rtc_identity_new(&peer->identity);

    if (error)
        return error;
    dtls.identity = peer->identity;
    return rtc_dtls_new(&peer->dtls, &dtls);
}

static void copy_uris(struct rtc_peer *peer)
{
    for (unsigned i = 0; i < RTC_OWN_EXTENSION_MOST; i++)
        if (peer->config.extensions[i])
            peer->config.extensions[i] =
                strcpy(peer->uris[i], peer->config.extensions[i]);
}

/* Not the caller's clock itself, which tells how long a machine is up; some day
 * of 1968 to 2002, so that no session is long enough for NTP to wrap. */
static rtc_usec draw_ntp_origin(struct rtc_peer *peer)
{
    uint32_t seconds = rtc_random_u32(&peer->random) >> 2 | UINT32_C(1) << 31;

    return (rtc_usec)seconds * RTC_SEC +
           rtc_random_u32(&peer->random) % RTC_SEC;
}

static void init(struct rtc_peer *peer, const struct rtc_config *config)
{
    peer->config = *config;
    copy_uris(peer);
    /* Who hides behind relays does not say where. */
    peer->config.hide_related |= config->ice_policy == RTC_ICE_POLICY_RELAY;
    peer->log = (struct rtc_log){config->log, config->log_user,
                                 config->log_level, config->log_redact};
    peer->random = (struct rtc_random){config->random, config->random_user};
    peer->report_us = RTC_NEVER;
    peer->stats.ice_rtt_us = -1;
    peer->rtcp_ssrc = rtc_random_u32(&peer->random) | 1;
    peer->ntp_origin_us = draw_ntp_origin(peer);
    /* The remote's MTU may be larger than ours. */
    rtc_pool_init(&peer->pool, MTU_MOST, POOL_MOST);
    rtc_packet_queue_init(&peer->packets, &peer->pool);
    rtc_packet_queue_init(&peer->feedback_in, &peer->pool);
    rtc_packet_queue_init(&peer->feedback_out, &peer->pool);
    rtc_peer_init_bandwidth(peer);
    rtc_early_init(&peer->early, &peer->pool);
    rtc_descriptions_init(&peer->descriptions, &peer->random);
    /* RFC 7022 4.2: 96 random bits. */
    rtc_random_text(&peer->random, peer->cname, 16);
    if (config->cname)
        snprintf(peer->cname, sizeof peer->cname, "%s", config->cname);
}

int rtc_peer_new(struct rtc_peer **ret_peer, const struct rtc_config *config)
{
    struct rtc_peer *peer;
    int error;

    if (!ret_peer || !config || !is_config_good(config))
        return RTC_ERR_ARG;
    peer = rtc_calloc(1, sizeof *peer);
    if (!peer)
        return RTC_ERR_NOMEM;
    init(peer, config);
    error = make_ice(peer);
    if (!error)
        error = make_dtls(peer);
    /* What they point at was read, and is the caller's again. */
    peer->config.ice_ufrag = peer->config.ice_pwd = NULL;
    peer->config.identity_pem = peer->config.cname = NULL;
    if (error) {
        rtc_peer_free(peer);
        return error;
    }
    *ret_peer = peer;
    return 0;
}

void rtc_peer_free(struct rtc_peer *peer)
{
    if (!peer)
        return;
    while (peer->track_count)
        rtc_peer_drop_track(peer);
    rtc_peer_free_bandwidth(peer);
    rtc_descriptions_done(&peer->descriptions);
    rtc_packet_queue_done(&peer->packets);
    rtc_packet_queue_done(&peer->feedback_in);
    rtc_packet_queue_done(&peer->feedback_out);
    rtc_pool_done(&peer->pool);
    rtc_channels_free(peer->channels);
    rtc_srtp_free(peer->srtp);
    rtc_dtls_free(peer->dtls);
    rtc_identity_free(peer->identity);
    rtc_ice_free(peer->ice);
    rtc_servers_free(peer->servers);
    rtc_free(peer);
}

/* ---- local and remote addresses ------------------------------------------ */

static void tell_ice(struct rtc_peer *peer,
                     const struct rtc_candidate *candidate, rtc_usec now)
{
    if (rtc_ice_add_local(peer->ice, candidate, now) == 0)
        peer->told.is_stale = true;
}

static void add_nat_address(struct rtc_peer *peer, const struct rtc_addr *addr,
                            uint8_t preference, rtc_usec now)
{
    struct rtc_addr mapped = addr->family == 4 ? peer->config.nat_address4
                                               : peer->config.nat_address6;
    struct rtc_candidate candidate;

    if (!mapped.family || rtc_addr_is_loopback(addr))
        return;
    mapped.port = addr->port;
    rtc_candidate_make_srflx(&candidate, &mapped, addr, addr, preference);
    tell_ice(peer, &candidate, now);
}

/* RFC 6544 4.5: an active candidate's port means nothing; it is 9. */
static void add_tcp(struct rtc_peer *peer, const struct rtc_addr *addr,
                    uint8_t preference, rtc_usec now)
{
    struct rtc_addr active = *addr;
    struct rtc_candidate candidate;

    active.port = 9;
    rtc_candidate_make_host(&candidate, &active, RTC_TCP, RTC_TCPTYPE_ACTIVE,
                            preference);
    tell_ice(peer, &candidate, now);
    rtc_candidate_make_host(&candidate, addr, RTC_TCP, RTC_TCPTYPE_PASSIVE,
                            preference);
    tell_ice(peer, &candidate, now);
}

static void add_candidates(struct rtc_peer *peer, const struct rtc_addr *addr,
                           enum rtc_transport transport, rtc_usec now)
{
    uint8_t preference = (uint8_t)(255 - peer->local_count);
    struct rtc_candidate candidate;

    if (peer->config.ice_policy != RTC_ICE_POLICY_ALL)
        return;
    if (transport == RTC_TCP) {
        add_tcp(peer, addr, preference, now);
        return;
    }
    rtc_candidate_make_host(&candidate, addr, transport, RTC_TCPTYPE_NONE,
                            preference);
    tell_ice(peer, &candidate, now);
    add_nat_address(peer, addr, preference, now);
}

int rtc_peer_put_local(struct rtc_peer *peer, const struct rtc_addr *addr,
                       enum rtc_transport transport, rtc_usec now)
{
    if (peer->local_count == RTC_PEER_LOCAL_MOST)
        return rtc_peer_fail(peer, RTC_ERR_NOMEM, "no more than %d sockets",
                             RTC_PEER_LOCAL_MOST);
    add_candidates(peer, addr, transport, now);
    peer->locals[peer->local_count++] = (struct rtc_local){*addr, transport};
    return 0;
}

int rtc_peer_add_local(struct rtc_peer *peer, const struct rtc_addr *addr,
                       enum rtc_transport transport, rtc_usec now)
{
    int error;

    if (!peer || !addr || !rtc_addr_is_set(addr) || !addr->port ||
        rtc_addr_is_any(addr))
        return RTC_ERR_ARG;
    if (transport == RTC_TLS)
        return rtc_peer_fail(peer, RTC_ERR_UNSUPPORTED,
                             "only UDP sockets and TCP listeners");
    if (peer->closed)
        return RTC_ERR_STATE;
    error = rtc_peer_put_local(peer, addr, transport, now);
    if (error)
        return error;
    peer->as_of = now;
    rtc_peer_ask_servers(peer, now);
    rtc_peer_follow(peer, now);
    return 0;
}

int rtc_peer_remove_local(struct rtc_peer *peer, const struct rtc_addr *addr,
                          rtc_usec now)
{
    if (!peer || !addr)
        return RTC_ERR_ARG;
    for (unsigned i = 0; i < peer->local_count; i++) {
        if (!rtc_addr_equal(&peer->locals[i].addr, addr))
            continue;
        memmove(&peer->locals[i], &peer->locals[i + 1],
                (--peer->local_count - i) * sizeof peer->locals[0]);
        rtc_peer_forget_socket(peer, addr, now);
        rtc_peer_drop_candidates(peer, addr, now);
        peer->as_of = now;
        rtc_peer_follow(peer, now);
        return 0;
    }
    return RTC_ERR_ARG;
}

int rtc_peer_add_remote(struct rtc_peer *peer,
                        const struct rtc_candidate *candidate, rtc_usec now)
{
    int error;

    if (!peer || !candidate)
        return RTC_ERR_ARG;
    error = rtc_ice_add_remote(peer->ice, candidate, now);
    peer->as_of = now;
    rtc_peer_permit_remotes(peer, now);
    rtc_peer_follow(peer, now);
    return error;
}

int rtc_peer_end_remote(struct rtc_peer *peer, rtc_usec now)
{
    if (!peer)
        return RTC_ERR_ARG;
    /* RFC 8863: what checks may find is waited for all the same. */
    peer->as_of = now;
    return 0;
}

int rtc_peer_local_candidate(const struct rtc_peer *peer, unsigned index,
                             struct rtc_candidate *ret_candidate)
{
    if (!peer || !ret_candidate ||
        !rtc_ice_local(peer->ice, index, ret_candidate))
        return RTC_ERR_ARG;
    return 0;
}

int rtc_peer_local_addr(const struct rtc_peer *peer, unsigned index,
                        struct rtc_addr *ret_addr,
                        enum rtc_transport *ret_transport)
{
    if (!peer || !ret_addr || !ret_transport || index >= peer->local_count)
        return RTC_ERR_ARG;
    *ret_addr = peer->locals[index].addr;
    *ret_transport = peer->locals[index].transport;
    return 0;
}
