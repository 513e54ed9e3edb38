/* SPDX-License-Identifier: MIT
 * Data channels: packets between DTLS and SCTP, and the caller's calls handed
 * to the channels. */
#include "base/clock.h"
#include "peer/peer.h"

const char *rtc_channel_state_name(enum rtc_channel_state state)
{
    static const char *const names[] = {
        [RTC_CHANNEL_CONNECTING] = "connecting",
        [RTC_CHANNEL_OPEN] = "open",
        [RTC_CHANNEL_CLOSING] = "closing",
        [RTC_CHANNEL_CLOSED] = "closed",
    };

    return (unsigned)state < sizeof names / sizeof *names ? names[state] : "";
}

void rtc_channel_config_init(struct rtc_channel_config *config)
{
    *config = (struct rtc_channel_config){.max_retransmits = -1,
                                          .max_lifetime_ms = -1};
}

/* ---- DTLS and descriptions ---------------------------------------------- */

int rtc_peer_need_channels(struct rtc_peer *peer)
{
    struct rtc_channels_config config = {
        .message_max = peer->config.message_max,
        .channel_buffer = peer->config.channel_buffer,
        .channel_window = peer->config.channel_window,
        .log = &peer->log,
    };

    return peer->channels ? 0 : rtc_channels_new(&peer->channels, &config);
}

int rtc_peer_apply_data(struct rtc_peer *peer, rtc_usec now)
{
    const struct rtc_descriptions *d = &peer->descriptions;

    rtc_negotiate_agree_data(d->local, d->remote, &peer->data);
    if (peer->data.accepted) {
        if (rtc_peer_need_channels(peer))
            return rtc_peer_fail(peer, RTC_ERR_NOMEM, "no memory for data");
        rtc_peer_follow_data(peer, now);
    } else if (peer->data.described && peer->channels) {
        rtc_channels_end(peer->channels);
    }
    return 0;
}

void rtc_peer_follow_data(struct rtc_peer *peer, rtc_usec now)
{
    struct rtc_channels_start start = {
        .is_client = peer->dtls_role == RTC_DTLS_CLIENT,
        .port = peer->data.port,
        .remote_max = peer->data.message_max,
    };

    if (!peer->connected || peer->closed || !peer->data.accepted ||
        rtc_channels_is_started(peer->channels))
        return;
    start.mtu = rtc_dtls_data_max(peer->dtls);
    if (rtc_channels_start(peer->channels, &start, now)) {
        rtc_peer_fail(peer, RTC_ERR_NOMEM, "no memory for data channels");
        rtc_channels_end(peer->channels);
        return;
    }
    rtc_peer_take_data(peer, now);
}

/* ---- packets ------------------------------------------------------------ */

void rtc_peer_take_data(struct rtc_peer *peer, rtc_usec now)
{
    const uint8_t *packet;
    size_t len;

    /* What comes before SCTP is there waits in DTLS. */
    if (!peer->channels || !rtc_channels_is_started(peer->channels))
        return;
    while ((packet = rtc_dtls_peek(peer->dtls, &len))) {
        rtc_channels_receive(peer->channels, packet, len, now);
        rtc_dtls_pop(peer->dtls);
    }
}

/* One packet at `at`, sealed and wrapped: its length, or nothing. */
static int seal(struct rtc_peer *peer, const struct rtc_wire *wire, uint8_t *at,
                size_t cap, rtc_usec now)
{
    size_t len = 0;
    const uint8_t *packet = rtc_channels_peek(peer->channels, &len);
    int sealed = rtc_dtls_seal(peer->dtls, packet, len, at + wire->head,
                               cap - wire->head);

    rtc_channels_pop(peer->channels);
    return sealed > 0 ? rtc_wire_wrap(wire, at, (size_t)sealed, cap, now) : 0;
}

int rtc_peer_transmit_data(struct rtc_peer *peer, uint8_t *buf, size_t cap,
                           struct rtc_datagrams *d, rtc_usec now)
{
    size_t overhead = rtc_dtls_overhead(peer->dtls), at = 0, segment = 0, len;
    struct rtc_wire wire;

    if (!peer->channels || !rtc_channels_peek(peer->channels, &len))
        return 0;
    wire = rtc_peer_wire(peer, rtc_ice_selected(peer->ice));
    d->count = 0;
    while (d->count < RTC_PEER_RUN_MOST &&
           rtc_channels_peek(peer->channels, &len)) {
        int sent;
        len = rtc_wire_len(&wire, len + overhead);
        if (len > cap - at || (segment && len > segment))
            break;
        sent = seal(peer, &wire, buf + at, cap - at, now);
        if (sent <= 0)
            continue; /* lost, as on the wire */
        segment = segment ? segment : (size_t)sent;
        at += (size_t)sent;
        d->count++;
        if ((size_t)sent < segment)
            break;
    }
    d->segment = segment;
    d->path = wire.path;
    return (int)at;
}

/* Chunks that SCTP has cut already stay as long as they are, so DTLS has to
 * take them still. */
void rtc_peer_reserve_data(struct rtc_peer *peer)
{
    if (peer->channels && rtc_channels_is_started(peer->channels))
        rtc_channels_set_mtu(peer->channels, rtc_dtls_data_max(peer->dtls) -
                                                 peer->relay_reserve);
    else
        rtc_dtls_set_mtu(peer->dtls, peer->config.mtu - peer->relay_reserve);
}

rtc_usec rtc_peer_data_deadline(const struct rtc_peer *peer)
{
    size_t len;

    if (!peer->channels || !peer->connected)
        return RTC_NEVER;
    /* Polling may make SCTP say that there is room again. */
    if (rtc_ice_selected(peer->ice) && rtc_channels_peek(peer->channels, &len))
        return peer->as_of;
    return rtc_channels_deadline(peer->channels);
}

/* ---- the caller --------------------------------------------------------- */

int rtc_peer_add_channel(struct rtc_peer *peer,
                         const struct rtc_channel_config *config, rtc_usec now)
{
    struct rtc_channel *channel;
    int error;

    if (!peer || !config)
        return RTC_ERR_ARG;
    if (peer->closed)
        return rtc_peer_fail(peer, RTC_ERR_CLOSED, "the session is over");
    if (!rtc_channel_is_config_good(config))
        return rtc_peer_fail(peer, RTC_ERR_ARG,
                             "a channel has one limit at most, texts of up to "
                             "%d bytes and an id below 65535",
                             RTC_LABEL_MAX);
    if (peer->data.described && !peer->data.accepted)
        return rtc_peer_fail(peer, RTC_ERR_STATE,
                             "the remote agreed to no data channels");
    error = rtc_peer_need_channels(peer);
    if (!error)
        error = rtc_channels_add(peer->channels, config, &channel, now);
    if (error == RTC_ERR_ARG)
        return rtc_peer_fail(peer, error, "id %u is in use, or too high now",
                             config->id);
    if (error == RTC_ERR_STATE)
        return rtc_peer_fail(peer, error, "data channels have ended");
    if (error)
        return rtc_peer_fail(peer, error, "no more than %d channels at once",
                             RTC_CHANNEL_MOST);
    return channel->number;
}

static struct rtc_channel *find(const struct rtc_peer *peer, int number)
{
    return peer && peer->channels ? rtc_channels_find(peer->channels, number)
                                  : NULL;
}

int rtc_peer_channel_info(const struct rtc_peer *peer, int channel,
                          struct rtc_channel_info *ret_info)
{
    const struct rtc_channel *c = find(peer, channel);

    if (!c || !ret_info)
        return RTC_ERR_ARG;
    *ret_info = (struct rtc_channel_info){
        .config = c->config,
        .state = c->state,
        .id = c->id,
        .by_remote = c->by_remote,
        .buffered = c->buffered,
        .message_max = rtc_channels_message_max(peer->channels),
        .messages_sent = c->messages_sent,
        .bytes_sent = c->bytes_sent,
        .messages_received = c->messages_received,
        .bytes_received = c->bytes_received,
    };
    return 0;
}

int rtc_peer_send_message(struct rtc_peer *peer, int channel,
                          const struct rtc_message *message, rtc_usec now)
{
    struct rtc_channel *c = find(peer, channel);
    size_t most;
    int error;

    if (!c || !message || (message->len && !message->data))
        return RTC_ERR_ARG;
    if (peer->closed)
        return rtc_peer_fail(peer, RTC_ERR_CLOSED, "the session is over");
    if (c->state != RTC_CHANNEL_OPEN)
        return rtc_peer_fail(peer, RTC_ERR_STATE, "the channel is %s",
                             rtc_channel_state_name(c->state));
    most = rtc_channels_message_max(peer->channels);
    if (message->len > most)
        return rtc_peer_fail(
            peer, RTC_ERR_ARG,
            "a message of %zu bytes is longer than the %zu that %s",
            message->len, most,
            most == peer->data.message_max ? "the remote takes"
                                           : "the send buffer holds");
    error = rtc_channels_send(peer->channels, c, message, now);
    if (error == RTC_ERR_AGAIN)
        return rtc_peer_fail(peer, error, "the send buffer is full");
    return error ? rtc_peer_fail(peer, error, "SCTP: %s", rtc_error_text(error))
                 : 0;
}

int rtc_peer_set_channel_low(struct rtc_peer *peer, int channel, size_t mark)
{
    struct rtc_channel *c = find(peer, channel);

    if (!c)
        return RTC_ERR_ARG;
    c->low_mark = mark;
    return 0;
}

int rtc_peer_hold_messages(struct rtc_peer *peer, bool hold, rtc_usec now)
{
    if (!peer)
        return RTC_ERR_ARG;
    peer->as_of = now;
    if (rtc_peer_need_channels(peer))
        return rtc_peer_fail(peer, RTC_ERR_NOMEM, "no memory for data");
    rtc_channels_hold(peer->channels, hold);
    return 0;
}

int rtc_peer_close_channel(struct rtc_peer *peer, int channel, rtc_usec now)
{
    struct rtc_channel *c = find(peer, channel);

    if (!c)
        return RTC_ERR_ARG;
    rtc_channels_close(peer->channels, c, now);
    return 0;
}
