/* SPDX-License-Identifier: MIT
 *
 * Pings and their answers: four letters and a number.
 */
#include "cmd/probe/peer_ping.h"

#include <string.h>

#include "base/bytes.h"

#define PING_US 100000
#define PING_LEN 8

static const char ask[4] = "RPp?", answer[4] = "RPp!";

static void send(struct peer_ping *ping, const char word[4], uint32_t number)
{
    uint8_t data[PING_LEN];

    memcpy(data, word, 4);
    rtc_put_u32(data + 4, number);
    rtc_peer_send_feedback(ping->peer, ping->track, data, sizeof data,
                           driver_now(ping->driver));
    driver_changed(ping->driver, ping->peer);
}

static void on_timer(void *user, int what)
{
    struct peer_ping *ping = user;
    rtc_usec now = driver_now(ping->driver);

    (void)what;
    if (now - ping->due > ping->late)
        ping->late = now - ping->due;
    if (now - ping->heard > PEER_SILENCE_US) {
        ping->silent(ping->user);
        return;
    }
    ping->sent[ping->sequence % PEER_PINGS] = now;
    ping->total.sent++;
    ping->interval.sent++;
    send(ping, ask, ping->sequence++);
    ping->due = now + PING_US;
    driver_timer_set(ping->timer, ping->due);
}

static void take_answer(struct peer_ping *ping, uint32_t number, rtc_usec now)
{
    rtc_usec *sent = &ping->sent[number % PEER_PINGS];

    if (*sent == 0 || ping->sequence - number - 1 >= PEER_PINGS)
        return;
    probe_series_add(&ping->total, now - *sent);
    probe_series_add(&ping->interval, now - *sent);
    *sent = 0;
}

void peer_ping_event(struct peer_ping *ping, const struct rtc_event *event)
{
    const uint8_t *data = event->feedback.data;

    if (!ping->timer)
        return;
    if (event->type == RTC_EVENT_FEEDBACK || event->type == RTC_EVENT_PACKET ||
        event->type == RTC_EVENT_MESSAGE)
        ping->heard = driver_now(ping->driver);
    if (event->type != RTC_EVENT_FEEDBACK || event->feedback.len != PING_LEN)
        return;
    if (memcmp(data, ask, 4) == 0)
        send(ping, answer, rtc_get_u32(data + 4));
    else if (memcmp(data, answer, 4) == 0)
        take_answer(ping, rtc_get_u32(data + 4), event->time);
}

rtc_usec peer_ping_interval(struct peer_ping *ping)
{
    rtc_usec mean = probe_series_mean(&ping->interval);

    ping->interval = (struct probe_series){0};
    return mean;
}

void peer_ping_reset(struct peer_ping *ping)
{
    ping->total = ping->interval = (struct probe_series){0};
    memset(ping->sent, 0, sizeof ping->sent);
    ping->late = 0;
}

bool peer_ping_start(struct peer_ping *ping)
{
    rtc_usec now = driver_now(ping->driver);

    ping->timer = driver_timer_new(ping->driver, on_timer, ping);
    if (!ping->timer)
        return false;
    ping->heard = ping->due = now;
    driver_timer_set(ping->timer, now);
    return true;
}

void peer_ping_stop(struct peer_ping *ping)
{
    driver_watch_free(ping->timer);
    ping->timer = NULL;
}
