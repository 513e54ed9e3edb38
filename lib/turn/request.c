/* SPDX-License-Identifier: MIT
 * Requests of the slots: begun, written (anew for each resend, with the same
 * id), signed with the long-term credential (RFC 8489 9.2) and timed. */
#include "base/clock.h"
#include "stun/auth.h"
#include "turn/machine.h"

#include <string.h>

/* A server that went away is looked for this often while its allocation may
 * still be there, and when it may not. */
#define PROBE_WAIT_MOST (500 * RTC_MS)
#define REALLOCATE_WAIT_MOST RTC_SEC

void rtc_turn_start(struct rtc_turn_client *client, unsigned slot,
                    enum rtc_stun_method method, rtc_usec now)
{
    struct rtc_turn_request *request = &client->requests[slot];
    uint8_t id[RTC_STUN_ID_LEN];

    rtc_random_bytes(&client->random, id, sizeof id);
    rtc_stun_transaction_start(&request->transaction, id, now);
    request->method = method;
    request->is_signed = client->has_key;
    request->challenge_count = 0;
    request->doubtful_code = 0;
}

bool rtc_turn_is_open(const struct rtc_turn_client *client, unsigned slot)
{
    return client->requests[slot].transaction.open;
}

void rtc_turn_stop(struct rtc_turn_client *client, unsigned slot)
{
    client->requests[slot].transaction.open = false;
}

/* In place of the owner's resends, so many that they last as long. */
static struct rtc_stun_retry denser(const struct rtc_turn_client *client,
                                    rtc_usec wait_most)
{
    struct rtc_stun_retry retry = client->retry;

    if (retry.rto_max_us > wait_most) {
        retry.rto_max_us = wait_most;
        retry.send_count = 1 + (unsigned)(client->retry_total_us / wait_most);
    }
    return retry;
}

static struct rtc_stun_retry slot_retry(const struct rtc_turn_client *client,
                                        unsigned slot)
{
    if (client->path.transport != RTC_UDP)
        return (struct rtc_stun_retry){.rto_us = client->retry_total_us,
                                       .rto_max_us = client->retry_total_us,
                                       .send_count = 1};
    if (slot || !client->generation || client->state == RTC_TURN_RELEASING)
        return client->retry;
    return denser(client, client->state == RTC_TURN_ALLOCATED
                              ? PROBE_WAIT_MOST
                              : REALLOCATE_WAIT_MOST);
}

enum rtc_stun_step rtc_turn_step(const struct rtc_turn_client *client,
                                 unsigned slot, rtc_usec now)
{
    const struct rtc_turn_request *request = &client->requests[slot];
    struct rtc_stun_retry retry = slot_retry(client, slot);
    enum rtc_stun_step step =
        rtc_stun_transaction_step(&request->transaction, &retry, now);

    if (step == RTC_STUN_RESEND && request->doubtful_code)
        return RTC_STUN_GIVE_UP;
    return step;
}

static void sign(const struct rtc_turn_client *client, struct rtc_writer *w)
{
    rtc_stun_write_text(w, RTC_STUN_USERNAME, client->username);
    rtc_stun_write_text(w, RTC_STUN_REALM, client->realm);
    rtc_stun_write_text(w, RTC_STUN_NONCE, client->nonce);
    rtc_stun_write_integrity(w, client->key, sizeof client->key);
}

int rtc_turn_write(struct rtc_turn_client *client, unsigned slot, uint8_t *buf,
                   size_t cap, rtc_usec now)
{
    struct rtc_turn_request *request = &client->requests[slot];
    struct rtc_stun_retry retry = slot_retry(client, slot);
    struct rtc_writer w;

    rtc_writer_init(&w, buf, cap);
    rtc_stun_write_begin(&w, RTC_STUN_REQUEST, request->method,
                         request->transaction.id);
    if (slot < RTC_TURN_SLOT_PERMISSION)
        rtc_turn_allocation_write(client, &w);
    else if (slot < RTC_TURN_SLOT_CHANNEL)
        rtc_turn_permissions_write(client, slot, &w);
    else
        rtc_turn_channel_write(client, slot, &w);
    if (request->is_signed)
        sign(client, &w);
    if (w.failed)
        return RTC_ERR_NOBUF;
    rtc_stun_transaction_sent(&request->transaction, &retry, now);
    return (int)w.len;
}

/* No NUL inside: they are sent back as they came. */
static bool take_text(struct rtc_text text, char *buf, size_t cap)
{
    return text.at && !memchr(text.at, '\0', text.len) &&
           rtc_text_copy(text, buf, cap);
}

bool rtc_turn_take_challenge(struct rtc_turn_client *client,
                             struct rtc_text realm, struct rtc_text nonce)
{
    struct rtc_stun_login login = {client->username, client->realm,
                                   client->password};

    /* A 438 may leave out the realm, which is the one before. */
    if (!realm.at && client->has_key)
        realm = rtc_text_of(client->realm);
    if (!*client->username ||
        strlen(client->username) + realm.len + nonce.len > RTC_TURN_TEXTS_MOST)
        return false;
    if (realm.at != client->realm &&
        !take_text(realm, client->realm, sizeof client->realm))
        return false;
    client->has_key = take_text(nonce, client->nonce, sizeof client->nonce) &&
                      rtc_stun_long_term_key(&login, client->key) == 0;
    return client->has_key;
}
