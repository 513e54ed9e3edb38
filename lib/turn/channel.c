/* SPDX-License-Identifier: MIT
 * Channels (RFC 8656 11, 12) and the wrapping of datagrams: in channel data
 * while the peer's channel is bound, else in Send indications (10.1). A channel
 * keeps its number as long as the client lives, since one that was bound cannot
 * be bound to another peer for a while. */
#include "base/addr.h"
#include "base/clock.h"
#include "turn/machine.h"

#include <string.h>

/* RFC 8656 11: a binding lasts 10 minutes. */
#define BOUND_US (600 * RTC_SEC)
#define REFRESH_US (480 * RTC_SEC)
#define REFUSED_AGAIN (60 * RTC_SEC)
#define SILENT_AGAIN (2 * RTC_SEC)

#define CHANNEL_HEAD_LEN 4
#define ATTRIBUTE_HEAD_LEN 4

static const struct rtc_turn_channel *find(const struct rtc_turn_client *client,
                                           const struct rtc_addr *peer)
{
    for (unsigned i = 0; i < client->channel_count; i++)
        if (rtc_addr_equal(&client->channels[i].peer, peer))
            return &client->channels[i];
    return NULL;
}

int rtc_turn_bind(struct rtc_turn_client *client, const struct rtc_addr *peer,
                  rtc_usec now)
{
    int result;

    if (!rtc_addr_is_set(peer))
        return RTC_ERR_ARG;
    if (find(client, peer))
        return 0;
    if (client->channel_count == RTC_TURN_CHANNEL_MOST)
        return RTC_ERR_NOMEM;
    result = rtc_turn_permit(client, peer, now);
    if (result < 0)
        return result;
    client->channels[client->channel_count++] =
        (struct rtc_turn_channel){.peer = *peer, .due_at = now};
    return 0;
}

struct rtc_turn_channel *
rtc_turn_channel_of_number(struct rtc_turn_client *client, unsigned number)
{
    unsigned i = number - RTC_TURN_CHANNEL_FIRST;

    return i < client->channel_count ? &client->channels[i] : NULL;
}

void rtc_turn_channels_reset(struct rtc_turn_client *client, rtc_usec now)
{
    for (unsigned i = 0; i < client->channel_count; i++) {
        client->channels[i].is_bound = false;
        client->channels[i].due_at = now;
    }
}

static bool is_wanting(const struct rtc_turn_client *client, unsigned i)
{
    return !rtc_turn_is_open(client, RTC_TURN_SLOT_CHANNEL + i) &&
           rtc_turn_relayed_of(client, client->channels[i].peer.family);
}

void rtc_turn_channels_start_due(struct rtc_turn_client *client, rtc_usec now)
{
    for (unsigned i = 0; i < client->channel_count; i++) {
        struct rtc_turn_channel *channel = &client->channels[i];

        if (channel->is_bound && now >= channel->bound_until)
            channel->is_bound = false;
        if (is_wanting(client, i) && now >= channel->due_at)
            rtc_turn_start(client, RTC_TURN_SLOT_CHANNEL + i,
                           RTC_STUN_CHANNEL_BIND, now);
    }
}

rtc_usec rtc_turn_channels_deadline(const struct rtc_turn_client *client)
{
    rtc_usec at = RTC_NEVER;

    for (unsigned i = 0; i < client->channel_count; i++) {
        if (is_wanting(client, i))
            at = rtc_min_time(at, client->channels[i].due_at);
        if (client->channels[i].is_bound)
            at = rtc_min_time(at, client->channels[i].bound_until);
    }
    return at;
}

void rtc_turn_channel_write(const struct rtc_turn_client *client, unsigned slot,
                            struct rtc_writer *w)
{
    unsigned i = slot - RTC_TURN_SLOT_CHANNEL;

    rtc_stun_write_u32(w, RTC_STUN_CHANNEL_NUMBER,
                       (uint32_t)(RTC_TURN_CHANNEL_FIRST + i) << 16);
    rtc_stun_write_xor_addr(w, RTC_STUN_XOR_PEER_ADDRESS,
                            &client->channels[i].peer);
}

void rtc_turn_channel_granted(struct rtc_turn_client *client, unsigned slot,
                              rtc_usec now)
{
    struct rtc_turn_channel *channel =
        &client->channels[slot - RTC_TURN_SLOT_CHANNEL];

    channel->is_bound = true;
    channel->bound_until = now + BOUND_US;
    channel->due_at = now + REFRESH_US;
}

void rtc_turn_channel_refused(struct rtc_turn_client *client, unsigned slot,
                              rtc_usec now)
{
    struct rtc_turn_channel *channel =
        &client->channels[slot - RTC_TURN_SLOT_CHANNEL];

    channel->is_bound = false;
    channel->due_at = now + REFUSED_AGAIN;
}

void rtc_turn_channel_silent(struct rtc_turn_client *client, unsigned slot,
                             rtc_usec now)
{
    client->channels[slot - RTC_TURN_SLOT_CHANNEL].due_at = now + SILENT_AGAIN;
    rtc_turn_allocation_doubt(client, now);
}

static size_t indication_head(const struct rtc_addr *peer)
{
    return RTC_STUN_HEADER_LEN + ATTRIBUTE_HEAD_LEN +
           (peer->family == 4 ? 8 : 20) + ATTRIBUTE_HEAD_LEN;
}

size_t rtc_turn_head(const struct rtc_turn_client *client,
                     const struct rtc_addr *peer)
{
    const struct rtc_turn_channel *channel = find(client, peer);

    return channel && channel->is_bound ? CHANNEL_HEAD_LEN
                                        : indication_head(peer);
}

/* The header of the DATA attribute is the last of the head. */
static void write_indication(struct rtc_turn_client *client,
                             const struct rtc_addr *peer, uint8_t *buf,
                             size_t head, size_t len, size_t padding)
{
    uint8_t id[RTC_STUN_ID_LEN];
    struct rtc_writer w;

    rtc_random_bytes(&client->random, id, sizeof id);
    rtc_writer_init(&w, buf, head);
    rtc_stun_write_begin(&w, RTC_STUN_INDICATION, RTC_STUN_SEND, id);
    rtc_stun_write_xor_addr(&w, RTC_STUN_XOR_PEER_ADDRESS, peer);
    rtc_write_u16(&w, RTC_STUN_DATA_VALUE);
    rtc_write_u16(&w, (uint16_t)len);
    rtc_patch_u16(&w, 2,
                  (uint16_t)(head - RTC_STUN_HEADER_LEN + len + padding));
}

int rtc_turn_wrap(struct rtc_turn_client *client, const struct rtc_addr *peer,
                  uint8_t *buf, size_t head, size_t len, size_t cap,
                  rtc_usec now)
{
    bool in_channel = head == CHANNEL_HEAD_LEN;
    size_t padding = -len & 3;

    if (client->state != RTC_TURN_ALLOCATED)
        return RTC_ERR_STATE;
    if (!rtc_turn_relayed_of(client, peer->family))
        return RTC_ERR_UNSUPPORTED;
    if (head != rtc_turn_head(client, peer) ||
        len > UINT16_MAX - RTC_TURN_HEAD_MOST)
        return RTC_ERR_ARG;
    /* RFC 8656 12.5: channel data is padded only in a stream. */
    if (in_channel && client->path.transport == RTC_UDP)
        padding = 0;
    if (cap < head + len + padding)
        return RTC_ERR_NOBUF;
    if (in_channel) {
        rtc_put_u16(buf, (uint16_t)(RTC_TURN_CHANNEL_FIRST +
                                    (find(client, peer) - client->channels)));
        rtc_put_u16(buf + 2, (uint16_t)len);
    } else {
        write_indication(client, peer, buf, head, len, padding);
    }
    memset(buf + head + len, 0, padding);
    if (client->unheard_at == RTC_NEVER)
        client->unheard_at = now;
    return (int)(head + len + padding);
}
