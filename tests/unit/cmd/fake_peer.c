/* SPDX-License-Identifier: MIT
 *
 * The fake peer, and the rest of the public API that cmd/ calls, so that its
 * tests need no more of lib/ than the addresses.
 */
#include "fake_peer.h"

#include <string.h>

void fake_fill(uint8_t *data, size_t len, unsigned number)
{
    for (size_t i = 0; i < len; i++)
        data[i] = (uint8_t)(number * 31 + i);
    data[0] = (uint8_t)(number >> 8);
    data[1] = (uint8_t)number;
}

int rtc_peer_transmit(struct rtc_peer *peer, uint8_t *buf, size_t cap,
                      struct rtc_datagrams *ret_datagrams, rtc_usec now)
{
    size_t len = 0;
    unsigned count = 0;

    (void)now;
    while (peer->to_send > 0 && len + peer->segment <= cap) {
        size_t size = peer->segment - (peer->to_send == 1);

        fake_fill(buf + len, size, peer->sent++);
        len += size;
        peer->to_send--;
        count++;
    }
    peer->drained = count == 0;
    if (count == 0)
        return 0;
    *ret_datagrams = (struct rtc_datagrams){
        .path = peer->path.remote.family
                    ? peer->path
                    : (struct rtc_path){.local = peer->locals[0],
                                        .remote = peer->remote},
        .segment = peer->segment,
        .count = count,
    };
    return (int)len;
}

static void take(struct rtc_peer *peer, const uint8_t *data, size_t len)
{
    unsigned number = len < 2 ? FAKE_MOST : (unsigned)data[0] << 8 | data[1];
    uint8_t wanted[65536];

    if (number >= FAKE_MOST) {
        peer->damaged++;
        return;
    }
    fake_fill(wanted, len, number);
    if (memcmp(wanted, data, len))
        peer->damaged++;
    peer->seen[number]++;
    peer->received++;
}

int rtc_peer_receive(struct rtc_peer *peer, const struct rtc_path *path,
                     uint8_t *data, size_t len, size_t segment, rtc_usec now)
{
    (void)now;
    peer->from = *path;
    peer->drained = false;
    peer->merged_calls += segment > 0 && len > segment;
    if (segment == 0)
        segment = len;
    while (len > 0) {
        size_t size = len < segment ? len : segment;

        take(peer, data, size);
        data += size;
        len -= size;
    }
    return 0;
}

bool rtc_peer_poll(struct rtc_peer *peer, struct rtc_event *ret_event)
{
    if (peer->events == 0)
        return false;
    peer->events--;
    *ret_event = (struct rtc_event){.type = RTC_EVENT_BYE, .track = -1};
    if (peer->event.type)
        *ret_event = peer->event;
    return true;
}

rtc_usec rtc_peer_deadline(const struct rtc_peer *peer)
{
    ((struct rtc_peer *)peer)->broken += !peer->drained || peer->events > 0;
    return peer->deadline;
}

void rtc_peer_tick(struct rtc_peer *peer, rtc_usec now)
{
    if (now < peer->deadline)
        return;
    peer->ticks++;
    peer->deadline = RTC_NEVER;
    peer->drained = false;
}

int rtc_peer_add_local(struct rtc_peer *peer, const struct rtc_addr *addr,
                       enum rtc_transport transport, rtc_usec now)
{
    (void)now;
    peer->transports[peer->local_count] = transport;
    peer->locals[peer->local_count++] = *addr;
    return 0;
}

int rtc_peer_remove_local(struct rtc_peer *peer, const struct rtc_addr *addr,
                          rtc_usec now)
{
    (void)now;
    for (unsigned i = 0; i < peer->local_count; i++)
        if (!memcmp(&peer->locals[i], addr, sizeof *addr)) {
            peer->local_count--;
            peer->locals[i] = peer->locals[peer->local_count];
            peer->transports[i] = peer->transports[peer->local_count];
            return 0;
        }
    return RTC_ERR_ARG;
}

bool rtc_peer_accepts(const struct rtc_peer *peer, const struct rtc_path *path,
                      const uint8_t *data, size_t len)
{
    (void)path;
    (void)data;
    (void)len;
    return !peer->refuses;
}

int rtc_peer_add_server(struct rtc_peer *peer, const struct rtc_server *server,
                        rtc_usec now)
{
    (void)now;
    peer->servers++;
    peer->server = *server;
    return 0;
}

int rtc_peer_lose_server(struct rtc_peer *peer, const struct rtc_addr *local,
                         const struct rtc_addr *addr, rtc_usec now)
{
    (void)now;
    if (memcmp(local, &peer->server.local, sizeof *local) ||
        memcmp(addr, &peer->server.addr, sizeof *addr))
        return RTC_ERR_ARG;
    peer->lost++;
    return 0;
}

int rtc_peer_local_addr(const struct rtc_peer *peer, unsigned index,
                        struct rtc_addr *ret_addr,
                        enum rtc_transport *ret_transport)
{
    if (index >= peer->local_count)
        return RTC_ERR_ARG;
    *ret_transport = peer->transports[index];
    *ret_addr = peer->locals[index];
    return 0;
}

int rtc_peer_local_candidate(const struct rtc_peer *peer, unsigned index,
                             struct rtc_candidate *ret_candidate)
{
    if (index >= peer->local_count)
        return RTC_ERR_ARG;
    *ret_candidate = (struct rtc_candidate){
        .addr = peer->locals[index], .priority = 2130706431, .foundation = "1"};
    if (peer->has_relay && index + 1 == peer->local_count)
        ret_candidate->type = RTC_CANDIDATE_RELAY;
    return 0;
}

void rtc_peer_stats(const struct rtc_peer *peer, struct rtc_stats *ret_stats)
{
    *ret_stats = peer->stats;
}

int rtc_turn_credentials(const char *secret, const char *user, uint64_t expires,
                         char *ret_username, size_t username_cap,
                         char *ret_password, size_t password_cap)
{
    (void)secret;
    (void)user;
    (void)expires;
    (void)ret_username;
    (void)username_cap;
    (void)ret_password;
    (void)password_cap;
    return RTC_ERR_UNSUPPORTED;
}

int rtc_peer_hold_gathering(struct rtc_peer *peer, bool hold, rtc_usec now)
{
    (void)peer;
    (void)hold;
    (void)now;
    return 0;
}

bool rtc_peer_is_gathered(const struct rtc_peer *peer)
{
    return !peer->is_gathering;
}

int rtc_peer_server(const struct rtc_peer *peer, unsigned index,
                    struct rtc_server *ret_server)
{
    if (index >= peer->servers)
        return RTC_ERR_ARG;
    *ret_server = peer->server;
    return 0;
}

unsigned rtc_peer_track_count(const struct rtc_peer *peer)
{
    (void)peer;
    return 1;
}

int rtc_peer_track_info(const struct rtc_peer *peer, int track,
                        struct rtc_track_info *ret_info)
{
    (void)peer;
    if (track != 0)
        return RTC_ERR_ARG;
    *ret_info = (struct rtc_track_info){.kind = RTC_VIDEO,
                                        .agreed = RTC_RECVONLY,
                                        .codec_count = 1,
                                        .codecs = {RTC_CODEC_VP8},
                                        .mid = "0"};
    return 0;
}

int rtc_peer_track_stats(const struct rtc_peer *peer, int track,
                         struct rtc_track_stats *ret_stats)
{
    (void)peer;
    if (track != 0)
        return RTC_ERR_ARG;
    *ret_stats = (struct rtc_track_stats){.packets_received = 9,
                                          .packets_lost = -1,
                                          .jitter = 0.25,
                                          .remote_loss = 0.0 / 0.0,
                                          .rtt_us = -1};
    return 0;
}

const char *rtc_peer_why(const struct rtc_peer *peer)
{
    (void)peer;
    return "";
}

const char *rtc_linked(unsigned index)
{
    return index ? NULL : "fake 1.0";
}

const char *rtc_version(void)
{
    return "0.0.0";
}

const char *rtc_ice_state_name(enum rtc_ice_state state)
{
    return state == RTC_ICE_CONNECTED ? "connected" : "other";
}

const char *rtc_candidate_type_name(enum rtc_candidate_type type)
{
    return type == RTC_CANDIDATE_HOST ? "host" : "other";
}

const char *rtc_codec_name(enum rtc_codec codec)
{
    return codec == RTC_CODEC_VP8 ? "VP8" : "none";
}

const char *rtc_direction_name(enum rtc_direction direction)
{
    return direction == RTC_RECVONLY ? "recvonly" : "other";
}

int rtc_peer_channel_info(const struct rtc_peer *peer, int channel,
                          struct rtc_channel_info *ret_info)
{
    (void)peer, (void)channel, (void)ret_info;
    return RTC_ERR_ARG;
}

const char *rtc_channel_state_name(enum rtc_channel_state state)
{
    (void)state;
    return "";
}
