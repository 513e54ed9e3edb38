/* SPDX-License-Identifier: MIT
 * What the owner does with a client: make it, ask, release, and drive it in
 * time. What follows from answers is in allocation.c, permission.c and
 * channel.c; saving and loading in save.c. */
#include "base/addr.h"
#include "base/clock.h"
#include "base/mem.h"
#include "turn/machine.h"

#include <assert.h>
#include <string.h>

/* More resends than that are not made of what the owner says. */
#define SEND_MOST 16

#define STEP(state) (1u << RTC_TURN_##state)

static const uint8_t legal_steps[] = {
    [RTC_TURN_ALLOCATING] =
        STEP(ALLOCATED) | STEP(FAILED) | STEP(RELEASING) | STEP(RELEASED),
    [RTC_TURN_ALLOCATED] = STEP(ALLOCATING) | STEP(RELEASING),
    [RTC_TURN_FAILED] = STEP(RELEASED),
    [RTC_TURN_RELEASING] = STEP(RELEASED),
    [RTC_TURN_RELEASED] = 0,
};

const char *rtc_turn_state_name(enum rtc_turn_state state)
{
    static const char *const names[] = {
        "allocating", "allocated", "failed", "releasing", "released",
    };

    return state <= RTC_TURN_RELEASED ? names[state] : "unknown";
}

void rtc_turn_set_state(struct rtc_turn_client *client,
                        enum rtc_turn_state state)
{
    char server[RTC_ADDR_TEXT];

    if (client->state == state)
        return;
    assert(legal_steps[client->state] & 1u << state);
    client->state = state;
    if (state == RTC_TURN_FAILED || state == RTC_TURN_RELEASED)
        for (unsigned slot = 0; slot < RTC_TURN_SLOT_COUNT; slot++)
            rtc_turn_stop(client, slot);
    rtc_log(client->log, RTC_LOG_INFO,
            "turn.state state=%s server=%s generation=%u code=%u",
            rtc_turn_state_name(state),
            rtc_log_addr(client->log, &client->path.remote, server),
            client->generation,
            state == RTC_TURN_FAILED ? client->error_code : 0);
}

/* No time so short that sending at one instant has no end. */
static rtc_usec bounded(rtc_usec span)
{
    return rtc_min_time(rtc_max_time(span, 10 * RTC_MS), 3600 * RTC_SEC);
}

static void take_retry(struct rtc_turn_client *client,
                       const struct rtc_stun_retry *retry)
{
    struct rtc_stun_retry *own = &client->retry;
    rtc_usec wait, total = 0;

    own->rto_us = bounded(retry->rto_us);
    own->rto_max_us = bounded(retry->rto_max_us);
    own->send_count = retry->send_count < 1           ? 1
                      : retry->send_count > SEND_MOST ? SEND_MOST
                                                      : retry->send_count;
    wait = rtc_min_time(own->rto_us, own->rto_max_us);
    for (unsigned i = 0; i < own->send_count; i++) {
        total += wait;
        wait = rtc_min_time(2 * wait, own->rto_max_us);
    }
    client->retry_total_us = total;
}

int rtc_turn_make(struct rtc_turn_client **ret_client,
                  const struct rtc_turn_config *config)
{
    const char *username = config->username ? config->username : "";
    const char *password = config->password ? config->password : "";
    struct rtc_turn_client *client;

    if (strlen(username) > RTC_TURN_USERNAME_MOST ||
        strlen(password) > RTC_TURN_PASSWORD_MOST ||
        !rtc_addr_is_set(&config->path.remote) ||
        (config->family && config->family != 4 && config->family != 6))
        return RTC_ERR_ARG;
    client = rtc_calloc(1, sizeof *client);
    if (!client)
        return RTC_ERR_NOMEM;
    client->path = config->path;
    client->family = config->family;
    client->random = config->random;
    client->log = config->log;
    strcpy(client->username, username);
    strcpy(client->password, password);
    take_retry(client, &config->retry);
    client->want = config->family == 4   ? RTC_TURN_WANT_4
                   : config->family == 6 ? RTC_TURN_WANT_6
                                         : RTC_TURN_WANT_BOTH;
    client->allocate_at = client->refresh_at = client->expires_at = RTC_NEVER;
    client->unheard_at = RTC_NEVER;
    client->probe_wait_us = RTC_SEC;
    *ret_client = client;
    return 0;
}

int rtc_turn_new(struct rtc_turn_client **ret_client,
                 const struct rtc_turn_config *config, rtc_usec now)
{
    int result = rtc_turn_make(ret_client, config);

    if (result == 0)
        (*ret_client)->allocate_at = now;
    return result;
}

void rtc_turn_free(struct rtc_turn_client *client)
{
    if (client)
        rtc_wipe(client, sizeof *client);
    rtc_free(client);
}

enum rtc_turn_state rtc_turn_state(const struct rtc_turn_client *client)
{
    return client->state;
}

unsigned rtc_turn_error(const struct rtc_turn_client *client,
                        const char **ret_reason)
{
    bool failed = client->state == RTC_TURN_FAILED;

    if (ret_reason)
        *ret_reason = failed && client->error_code ? client->reason : "";
    return failed ? client->error_code : 0;
}

const struct rtc_addr *rtc_turn_alternate(const struct rtc_turn_client *client)
{
    return &client->alternate;
}

const struct rtc_path *rtc_turn_path(const struct rtc_turn_client *client)
{
    return &client->path;
}

bool rtc_turn_relayed(const struct rtc_turn_client *client, unsigned index,
                      struct rtc_addr *ret_relayed)
{
    if (client->state != RTC_TURN_ALLOCATED || index > 1 ||
        !client->relayed[index].family)
        return false;
    *ret_relayed = client->relayed[index];
    return true;
}

const struct rtc_addr *rtc_turn_mapped(const struct rtc_turn_client *client)
{
    static const struct rtc_addr none;

    return client->state == RTC_TURN_ALLOCATED ? &client->mapped : &none;
}

unsigned rtc_turn_generation(const struct rtc_turn_client *client)
{
    return client->generation;
}

bool rtc_turn_owns(const struct rtc_turn_client *client,
                   const struct rtc_addr *relayed)
{
    const struct rtc_addr *own = rtc_turn_relayed_of(client, relayed->family);

    return client->state == RTC_TURN_ALLOCATED && own &&
           rtc_addr_equal(own, relayed);
}

const struct rtc_addr *rtc_turn_relayed_of(const struct rtc_turn_client *client,
                                           uint8_t family)
{
    for (unsigned i = 0; i < 2; i++)
        if (family && client->relayed[i].family == family)
            return &client->relayed[i];
    return NULL;
}

static void give_up(struct rtc_turn_client *client, unsigned slot, rtc_usec now)
{
    rtc_turn_stop(client, slot);
    if (client->requests[slot].doubtful_code)
        rtc_turn_refused(client, slot, client->requests[slot].doubtful_code,
                         now);
    else if (slot < RTC_TURN_SLOT_PERMISSION)
        rtc_turn_allocation_silent(client, now);
    else if (slot < RTC_TURN_SLOT_CHANNEL)
        rtc_turn_permissions_silent(client, slot, now);
    else
        rtc_turn_channel_silent(client, slot, now);
}

void rtc_turn_tick(struct rtc_turn_client *client, rtc_usec now)
{
    for (unsigned slot = 0; slot < RTC_TURN_SLOT_COUNT; slot++)
        if (rtc_turn_step(client, slot, now) == RTC_STUN_GIVE_UP)
            give_up(client, slot, now);
    rtc_turn_allocation_start_due(client, now);
    if (client->state == RTC_TURN_ALLOCATED) {
        rtc_turn_permissions_start_due(client, now);
        rtc_turn_channels_start_due(client, now);
    }
}

int rtc_turn_transmit(struct rtc_turn_client *client, uint8_t *buf, size_t cap,
                      rtc_usec now)
{
    rtc_turn_tick(client, now);
    for (unsigned slot = 0; slot < RTC_TURN_SLOT_COUNT; slot++)
        if (rtc_turn_step(client, slot, now) == RTC_STUN_RESEND)
            return rtc_turn_write(client, slot, buf, cap, now);
    return 0;
}

rtc_usec rtc_turn_deadline(const struct rtc_turn_client *client)
{
    rtc_usec at = rtc_turn_allocation_deadline(client);

    for (unsigned slot = 0; slot < RTC_TURN_SLOT_COUNT; slot++)
        at = rtc_min_time(
            at, rtc_stun_transaction_due(&client->requests[slot].transaction));
    if (client->state != RTC_TURN_ALLOCATED)
        return at;
    at = rtc_min_time(at, rtc_turn_permissions_deadline(client));
    return rtc_min_time(at, rtc_turn_channels_deadline(client));
}
