/* SPDX-License-Identifier: MIT
 * What comes from the server: channel data (RFC 8656 12.6), Data indications
 * (11.4) and the answers to our requests. The answer to a signed request is
 * signed (RFC 8489 9.2.5), but for a challenge and a 400. Servers in use leave
 * other errors unsigned, too: such an error is believed if nothing better has
 * come by the time the request would be sent again. */
#include "base/addr.h"
#include "base/clock.h"
#include "stun/auth.h"
#include "turn/machine.h"

#include <string.h>

/* RFC 8489 9.2.5: a client does not go on for ever. */
#define CHALLENGE_MOST 3
/* How long an unsigned error waits for something better, at most. */
#define DOUBT_US (250 * RTC_MS)

static enum rtc_turn_input give_data(struct rtc_turn_client *client,
                                     const struct rtc_addr *peer, uint8_t *data,
                                     size_t len, struct rtc_turn_data *ret_data,
                                     rtc_usec now)
{
    const struct rtc_addr *relayed = rtc_turn_relayed_of(client, peer->family);

    if (client->state != RTC_TURN_ALLOCATED || !relayed)
        return RTC_TURN_DROPPED;
    rtc_turn_heard(client, true, now);
    *ret_data = (struct rtc_turn_data){
        .peer = *peer, .relayed = *relayed, .data = data, .len = len};
    return RTC_TURN_DATA;
}

/* Padding may follow it. */
static enum rtc_turn_input receive_channel(struct rtc_turn_client *client,
                                           uint8_t *data, size_t len,
                                           struct rtc_turn_data *ret_data,
                                           rtc_usec now)
{
    const struct rtc_turn_channel *channel;
    size_t data_len;

    if (len < 4)
        return RTC_TURN_DROPPED;
    channel = rtc_turn_channel_of_number(client, rtc_get_u16(data));
    data_len = rtc_get_u16(data + 2);
    if (!channel || data_len > len - 4)
        return RTC_TURN_DROPPED;
    return give_data(client, &channel->peer, data + 4, data_len, ret_data, now);
}

static enum rtc_turn_input
receive_indication(struct rtc_turn_client *client, const struct rtc_stun *m,
                   uint8_t *data, struct rtc_turn_data *ret_data, rtc_usec now)
{
    if (m->method != RTC_STUN_DATA || m->unknown_count || !m->value.at ||
        !m->peer.family || !rtc_turn_is_permitted(client, &m->peer))
        return RTC_TURN_DROPPED;
    data += (const uint8_t *)m->value.at - m->data;
    return give_data(client, &m->peer, data, m->value.len, ret_data, now);
}

/* A new id, and signed with what the challenge said. */
static void ask_again(struct rtc_turn_client *client, unsigned slot,
                      rtc_usec now)
{
    struct rtc_turn_request *request = &client->requests[slot];
    uint8_t count = request->challenge_count;

    rtc_turn_start(client, slot, request->method, now);
    request->challenge_count = (uint8_t)(count + 1);
}

/* Credentials that a 401 does not accept are wrong, unless they answer another
 * challenge than the one before: an Allocate has just had its own. */
static bool take_challenge(struct rtc_turn_client *client, unsigned slot,
                           const struct rtc_stun *m, rtc_usec now)
{
    const struct rtc_turn_request *request = &client->requests[slot];
    unsigned most = m->error_code == 401 ? 1 : CHALLENGE_MOST;

    if (m->error_code != 401 && (m->error_code != 438 || !request->is_signed))
        return false;
    if (request->challenge_count >= most ||
        !rtc_turn_take_challenge(client, m->realm, m->nonce))
        return false;
    ask_again(client, slot, now);
    return true;
}

/* Up to a NUL, with which coturn pads it. */
static void keep_reason(struct rtc_turn_client *client,
                        const struct rtc_stun *m)
{
    size_t len = 0;

    while (len < m->error_reason.len && len < RTC_TURN_REASON_MOST) {
        char c = m->error_reason.at[len];

        if (!c)
            break;
        client->reason[len++] = c >= ' ' && c <= '~' ? c : '?';
    }
    client->reason[len] = '\0';
}

void rtc_turn_refused(struct rtc_turn_client *client, unsigned slot,
                      unsigned code, rtc_usec now)
{
    rtc_log(client->log, RTC_LOG_INFO, "turn.refused method=%d code=%u",
            (int)client->requests[slot].method, code);
    if (slot < RTC_TURN_SLOT_PERMISSION)
        rtc_turn_allocation_refused(client, code, now);
    else if (code == 437 || code == 401 || code == 438)
        rtc_turn_allocation_lost(client, now);
    else if (slot < RTC_TURN_SLOT_CHANNEL)
        rtc_turn_permissions_refused(client, slot, now);
    else
        rtc_turn_channel_refused(client, slot, now);
}

static void receive_error(struct rtc_turn_client *client, unsigned slot,
                          const struct rtc_stun *m, rtc_usec now)
{
    if (slot == 0) {
        keep_reason(client, m);
        client->alternate = m->alternate;
    }
    if (!take_challenge(client, slot, m, now))
        rtc_turn_refused(client, slot, m->error_code, now);
}

static void receive_success(struct rtc_turn_client *client, unsigned slot,
                            const struct rtc_stun *m, rtc_usec now)
{
    if (slot < RTC_TURN_SLOT_PERMISSION) {
        if (!rtc_turn_allocation_granted(client, m, now))
            rtc_turn_refused(client, slot, 0, now);
    } else if (slot < RTC_TURN_SLOT_CHANNEL) {
        rtc_turn_permissions_granted(client, slot, now);
    } else {
        rtc_turn_channel_granted(client, slot, now);
    }
}

/* RFC 8489 10: where to go instead is never believed unsigned. */
static void doubt(struct rtc_turn_client *client, unsigned slot,
                  const struct rtc_stun *m, rtc_usec now)
{
    struct rtc_turn_request *request = &client->requests[slot];

    if (m->error_code == 300 || request->doubtful_code)
        return;
    if (slot == 0)
        keep_reason(client, m);
    request->doubtful_code = m->error_code;
    request->transaction.due_at =
        rtc_min_time(request->transaction.due_at, now + DOUBT_US);
}

static int find_request(const struct rtc_turn_client *client,
                        const struct rtc_stun *m)
{
    for (unsigned slot = 0; slot < RTC_TURN_SLOT_COUNT; slot++) {
        const struct rtc_turn_request *request = &client->requests[slot];

        if (request->transaction.open && request->transaction.sent_count &&
            request->method == m->method &&
            !memcmp(request->transaction.id, m->id, sizeof m->id))
            return (int)slot;
    }
    return -1;
}

static bool is_trusted(const struct rtc_turn_client *client,
                       const struct rtc_turn_request *request,
                       const struct rtc_stun *m)
{
    if (!request->is_signed)
        return true;
    if (m->class == RTC_STUN_ERROR && !m->integrity_at)
        return m->error_code == 400 || m->error_code == 401 ||
               m->error_code == 438;
    return rtc_stun_check_integrity(m, client->key, sizeof client->key);
}

static enum rtc_turn_input receive_answer(struct rtc_turn_client *client,
                                          const struct rtc_stun *m,
                                          rtc_usec now)
{
    int found = find_request(client, m);
    unsigned slot = (unsigned)found;

    if (found < 0 || (m->class == RTC_STUN_ERROR && !m->error_code) ||
        (m->class == RTC_STUN_SUCCESS && m->unknown_count))
        return RTC_TURN_DROPPED;
    if (!is_trusted(client, &client->requests[slot], m)) {
        if (m->class == RTC_STUN_SUCCESS || m->integrity_at)
            return RTC_TURN_DROPPED;
        doubt(client, slot, m, now);
        return RTC_TURN_CONTROL;
    }
    rtc_turn_stop(client, slot);
    rtc_turn_heard(client, false, now);
    if (m->class == RTC_STUN_ERROR)
        receive_error(client, slot, m, now);
    else
        receive_success(client, slot, m, now);
    return RTC_TURN_CONTROL;
}

enum rtc_turn_input rtc_turn_receive(struct rtc_turn_client *client,
                                     uint8_t *data, size_t len,
                                     struct rtc_turn_data *ret_data,
                                     rtc_usec now)
{
    struct rtc_stun m;

    if (len > 0 && data[0] >= 0x40 && data[0] < 0x50)
        return receive_channel(client, data, len, ret_data, now);
    if (rtc_stun_parse(&m, data, len) < 0 || !rtc_stun_check_fingerprint(&m))
        return RTC_TURN_DROPPED;
    if (m.class == RTC_STUN_INDICATION)
        return receive_indication(client, &m, data, ret_data, now);
    if (m.class == RTC_STUN_REQUEST)
        return RTC_TURN_DROPPED;
    return receive_answer(client, &m, now);
}
