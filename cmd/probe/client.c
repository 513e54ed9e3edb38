/* SPDX-License-Identifier: MIT
 *
 * From an endpoint's events to what is known at its end. A few times a second
 * it looks at the peer's counters, and whether the other end is still heard.
 */
#include "cmd/probe/client.h"

#include <stdlib.h>
#include <string.h>

#include "cmd/meet.h"
#include "cmd/probe/pair.h"

#define LOOK_US 250000
#define LOOKS_A_SECOND 4
/* Packets until a jitter means something: it moves by 1/16 with each. */
#define JITTER_LEAST 32
/* Who only receives reports may be heard no more often than checks of consent
 * come (RFC 7675 5.1). */
#define CONSENT_US 7000000
#define SOON_US 1000000

/* ---- looking ------------------------------------------------------------- */

static void add_value(struct client_series *series, double value)
{
    if (series->count == 0 || value < series->least)
        series->least = value;
    if (series->count == 0 || value > series->most)
        series->most = value;
    series->count++;
    series->sum += value;
}

static void take_counters(struct client *c)
{
    struct rtc_peer *peer = c->end.peer;
    struct rtc_track_info info;

    if (!peer)
        return;
    rtc_peer_stats(peer, &c->stats);
    c->relay_transport = probe_relay_transport(peer, &c->stats);
    for (int t = 0; rtc_peer_track_info(peer, t, &info) == 0; t++) {
        rtc_peer_track_stats(peer, t, &c->tracks[info.kind]);
        if (c->codecs[info.kind] == RTC_CODEC_NONE && info.codec_count > 0 &&
            info.agreed != RTC_INACTIVE)
            c->codecs[info.kind] = info.codecs[0];
    }
    c->receive_drops = driver_receive_drops(c->end.driver, peer);
}

/* Audio tells of the path: its packets leave one by one, those of a picture
 * wait for each other. */
static const struct rtc_track_stats *plain_track(const struct client *c)
{
    return &c->tracks[c->codecs[RTC_AUDIO] ? RTC_AUDIO : RTC_VIDEO];
}

/* What reports of the remote, or checks of ICE, say of the path by now. */
static void take_series(struct client *c)
{
    const struct rtc_track_stats *track = plain_track(c);
    bool is_known = (c->publisher ? track->remote_expected
                                  : track->packets_received) >= JITTER_LEAST;
    rtc_usec rtt = track->rtt_us >= 0 ? track->rtt_us : c->stats.ice_rtt_us;

    if (rtt >= 0)
        add_value(&c->rtt, (double)rtt / 1e6);
    if (is_known)
        add_value(&c->jitter,
                  c->publisher ? track->remote_jitter : track->jitter);
}

static uint64_t heard_count(const struct client *c)
{
    return c->publisher ? c->stats.datagrams_received
                        : c->tracks[RTC_AUDIO].packets_received +
                              c->tracks[RTC_VIDEO].packets_received;
}

static bool has_media(const struct client *c)
{
    const struct player *player = &c->player;

    return c->publisher || player->counts[RTC_AUDIO].frames > 0 ||
           player->counts[RTC_VIDEO].frames > 0;
}

static void fail_silent(struct client *c, rtc_usec silence)
{
    double seconds = (double)silence / 1e6;

    if (c->publisher || heard_count(c) > 0)
        endpoint_fail(
            &c->end, has_media(c) ? RTC_EXIT_CONSENT : RTC_EXIT_NO_MEDIA,
            "the other end fell silent: nothing came for %.1f s", seconds);
    else
        endpoint_fail(&c->end, RTC_EXIT_NO_MEDIA,
                      "connected, but no media came within %.1f s", seconds);
}

/* Packets may come, and no whole key frame. */
static bool lacks_frames(const struct client *c, rtc_usec now)
{
    return !has_media(c) && now - c->connected_at >= c->options->media_timeout;
}

static void check_silence(struct client *c, rtc_usec now)
{
    rtc_usec silence = now - c->heard_at, most = c->options->media_timeout;

    if (c->publisher && most)
        most += CONSENT_US;
    if (heard_count(c) != c->heard_count) {
        c->heard_count = heard_count(c);
        c->heard_at = now;
    } else if (most && silence >= most) {
        fail_silent(c, silence);
        return;
    }
    if (most && lacks_frames(c, now))
        endpoint_fail(&c->end, RTC_EXIT_NO_MEDIA,
                      "media came, but no key frame within %.1f s",
                      (double)(now - c->connected_at) / 1e6);
}

static void on_look(void *user, int what)
{
    struct client *c = user;
    rtc_usec now = driver_now(c->end.driver);

    (void)what;
    take_counters(c);
    if (++c->looks % LOOKS_A_SECOND == 0)
        take_series(c);
    driver_timer_set(c->look, now + LOOK_US);
    check_silence(c, now);
}

/* ---- the endpoint's calls ------------------------------------------------ */

static void add_tracks(struct endpoint *end)
{
    struct client *c = end->calls.user;
    int error = c->publisher ? publisher_add_tracks(c->publisher, end->peer,
                                                    RTC_SENDONLY)
                             : player_add_tracks(&c->player, end->peer);

    if (error)
        die(RTC_EXIT_INTERNAL, "%s", rtc_peer_why(end->peer));
}

static void on_connected(struct endpoint *end)
{
    struct client *c = end->calls.user;
    rtc_usec now = driver_now(end->driver);
    enum rtc_codec refused = RTC_CODEC_NONE;

    c->connected_at = c->heard_at = now;
    take_counters(c);
    c->heard_count = heard_count(c);
    driver_timer_set(c->look, now + LOOK_US);
    if (c->publisher)
        refused = publisher_start(c->publisher);
    if (refused) { /* Half of a clip is another clip. */
        endpoint_fail(end, RTC_EXIT_DESCRIPTION,
                      "the server takes no %s: another --clip may do",
                      rtc_codec_name(refused));
        return;
    }
    if (c->calls.connected)
        c->calls.connected(c->calls.user, c);
}

static void on_frame(void *user, const struct rtc_event *event)
{
    struct client *c = user;

    c->codecs[rtc_codec_kind(event->frame.codec)] = event->frame.codec;
    if (c->calls.frame)
        c->calls.frame(c->calls.user, event);
}

static void on_event(struct endpoint *end, const struct rtc_event *event)
{
    struct client *c = end->calls.user;

    if (event->type == RTC_EVENT_ICE)
        c->is_silent = event->ice_state == RTC_ICE_DISCONNECTED;
    if (event->type == RTC_EVENT_CLOSED && event->reason == RTC_CLOSE_REMOTE)
        c->is_left = c->connected_at != RTC_NEVER && !end->is_ending;
    if (c->publisher)
        publisher_event(c->publisher, event);
    else
        player_event(&c->player, event);
}

/* Nor could it be expected, when it was interrupted at once. */
static bool lacks_media(const struct client *c, rtc_usec now)
{
    return c->connected_at != RTC_NEVER && !has_media(c) &&
           (!c->is_ended || now - c->connected_at >= SOON_US);
}

static void check_end(struct client *c, rtc_usec now)
{
    if (c->end.status)
        return;
    if (c->is_left)
        endpoint_fail(&c->end, RTC_EXIT_CONSENT,
                      "the other end ended the session after %.1f s",
                      (double)(now - c->connected_at) / 1e6);
    else if (c->publisher && c->is_silent)
        endpoint_fail(&c->end, RTC_EXIT_CONSENT,
                      "the other end fell silent: it does not answer");
    else if (lacks_media(c, now))
        endpoint_fail(&c->end, RTC_EXIT_NO_MEDIA,
                      heard_count(c) > 0 ? "media came, but no key frame"
                                         : "connected, but no media came");
}

static void on_ending(struct endpoint *end)
{
    struct client *c = end->calls.user;
    rtc_usec now = driver_now(end->driver);

    driver_timer_set(c->look, RTC_NEVER);
    c->ended_at = now;
    if (c->connected_at == RTC_NEVER)
        return;
    take_counters(c);
    take_series(c);
    if (c->publisher)
        publisher_stop(c->publisher);
    else
        player_stop(&c->player, now);
}

static void on_over(struct endpoint *end)
{
    struct client *c = end->calls.user;

    c->is_over = true;
    if (c->publisher && c->connected_at != RTC_NEVER)
        take_counters(c); /* with the last reports */
    check_end(c, c->ended_at);
    c->calls.over(c->calls.user, c);
}

/* ---- beginning and end --------------------------------------------------- */

struct client *client_new(struct driver *driver,
                          const struct client_options *options,
                          const struct client_calls *calls)
{
    struct client *c = calloc(1, sizeof *c);

    if (!c)
        return NULL;
    c->options = options;
    c->calls = *calls;
    c->connected_at = c->ended_at = RTC_NEVER;
    c->end.driver = driver;
    c->end.calls = (struct endpoint_calls){
        .add_tracks = add_tracks,
        .before_answer = endpoint_refuse_tracks,
        .connected = on_connected,
        .event = on_event,
        .ending = on_ending,
        .over = on_over,
        .user = c,
    };
    player_init(&c->player);
    c->player.frame = on_frame;
    c->player.user = c;
    c->player.codecs[RTC_VIDEO] = options->video;
    c->player.codecs[RTC_AUDIO] = options->audio;
    c->look = driver_timer_new(driver, on_look, c);
    if (options->end.whip)
        c->publisher = publisher_new(driver, &options->publisher);
    if (c->look && (c->publisher || !options->end.whip))
        return c;
    client_free(c);
    return NULL;
}

void client_start(struct client *client)
{
    client->is_started = true;
    endpoint_init_one(&client->end, client->options->tool,
                      &client->options->end, client->end.driver);
    meet_start(&client->end, client->publisher ? ROLE_OFFER : ROLE_ANSWER);
}

void client_end(struct client *client)
{
    client->is_ended = true;
    if (client->is_started && !client->is_over)
        endpoint_end(&client->end, RTC_EXIT_DONE, client->end.is_connected);
}

void client_die(struct client *client)
{
    if (client->is_started && !client->is_over)
        endpoint_die(&client->end);
}

void client_free(struct client *client)
{
    if (!client)
        return;
    if (client->is_started)
        endpoint_done(&client->end);
    publisher_free(client->publisher);
    driver_watch_free(client->look);
    free(client);
}

/* ---- how it ended -------------------------------------------------------- */

enum rtc_exit client_status(const struct client *client)
{
    return client->end.status;
}

const char *client_error(const struct client *client)
{
    return client->end.error;
}

/* As the measures are called, in the order they are taken. */
static const struct step {
    enum report_phase phase;
    const char *name;
} steps[] = {
    {REPORT_GATHER, "gather"}, {REPORT_RESOLVE, "resolve"}, {REPORT_TCP, "tcp"},
    {REPORT_TLS, "tls"},       {REPORT_HTTP, "http"},       {REPORT_ICE, "ice"},
    {REPORT_DTLS, "dtls"},
};

/* The first step that is not through. */
static const char *next_step(const struct client *c)
{
    const char *url =
        c->options->end.whip ? c->options->end.whip : c->options->end.whep;
    bool is_tls = !strncasecmp(url, "https:", 6);

    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        if (report_phase_at(c->end.report, steps[i].phase) == RTC_NEVER &&
            (steps[i].phase != REPORT_TLS || is_tls))
            return steps[i].name;
    return "media";
}

const char *client_failed_phase(const struct client *client)
{
    switch (client->end.status) {
    case RTC_EXIT_DONE:
        return NULL;
    case RTC_EXIT_HTTP:
    case RTC_EXIT_AUTH:
    case RTC_EXIT_NOT_LIVE:
    case RTC_EXIT_BUSY:
    case RTC_EXIT_NOT_WHIP:
        return "http";
    case RTC_EXIT_DESCRIPTION:
        return "description";
    case RTC_EXIT_GATHER:
    case RTC_EXIT_TURN:
        return "gather";
    case RTC_EXIT_NO_MEDIA:
        return heard_count(client) > 0 ? "firstKeyframe" : "firstPacket";
    default:
        return next_step(client);
    }
}
