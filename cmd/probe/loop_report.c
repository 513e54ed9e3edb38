/* SPDX-License-Identifier: MIT
 *
 * What rtc-probe loop found: a group for each track, one for each session,
 * sentences, and thresholds.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cmd/probe/client_report.h"
#include "cmd/probe/loop.h"

/* ITU-R BT.1359: what people begin to object to. */
#define SYNC_HIGH_US 90000

static const char *const kind_names[] = {"audio", "video"};

const char *loop_leg_name(enum loop_leg leg)
{
    return leg == LOOP_WHIP ? "whip" : "whep";
}

/* ---- while it runs ------------------------------------------------------- */

static void show_progress(const struct loop *loop)
{
    const struct arrivals *video = &loop->arrivals[RTC_VIDEO];
    const struct arrivals *audio = &loop->arrivals[RTC_AUDIO];
    rtc_usec latency =
        histogram_percentile(&(video->received ? video : audio)->latency, 0.5);
    char line[100];

    snprintf(line, sizeof line,
             "%.0f s: %llu frames came back, %llu lost, %.0f ms",
             (double)(driver_now(loop->driver) - loop->started_at) / 1e6,
             (unsigned long long)(video->received + audio->received),
             (unsigned long long)(arrivals_lost(video) + arrivals_lost(audio)),
             latency < 0 ? 0 : (double)latency / 1e3);
    cli_progress(line);
}

static void tell_track(struct loop *loop, enum rtc_kind kind)
{
    static const struct probe_kind track = {"track", "tracks"};
    const struct arrivals *a = &loop->arrivals[kind];
    struct probe_group group;

    probe_group_init(&group, &track, kind_names[kind]);
    probe_set(&group, "sent", PROBE_COUNT, (double)loop_sent(loop, kind));
    probe_set(&group, "received", PROBE_COUNT, (double)a->received);
    probe_set(&group, "lost", PROBE_COUNT, (double)arrivals_lost(a));
    probe_set(&group, "altered", PROBE_COUNT, (double)a->altered);
    probe_set_time(&group, "latencyP50",
                   histogram_percentile(&a->latency, 0.5));
    probe_report_event(&loop->report, "interval", &group);
}

void loop_tell(struct loop *loop, rtc_usec now)
{
    show_progress(loop);
    if (!loop->options.interval || now < loop->tell_at)
        return;
    loop->tell_at = now + loop->options.interval;
    if (loop->report.form != PROBE_JSONL)
        return;
    for (int kind = RTC_VIDEO; kind >= RTC_AUDIO; kind--)
        if (loop_sent(loop, (enum rtc_kind)kind) > 0)
            tell_track(loop, (enum rtc_kind)kind);
}

/* ---- measures ------------------------------------------------------------ */

/* Frames of a kind went out while there was somebody to receive them. */
static bool is_tried(const struct loop *loop, enum rtc_kind kind)
{
    const struct client *whep = loop->clients[LOOP_WHEP];

    return loop_sent(loop, kind) > 0 && whep && whep->connected_at != RTC_NEVER;
}

/* Parts of a billion; -1: not known. */
static int64_t loss_of(const struct arrivals *a)
{
    uint64_t expected = arrivals_expected(a);

    return expected
               ? (int64_t)((double)arrivals_lost(a) * 1e9 / (double)expected)
               : -1;
}

static void measure_counts(const struct loop *loop, enum rtc_kind kind,
                           struct probe_group *group)
{
    const struct arrivals *a = &loop->arrivals[kind];
    const struct {
        const char *name;
        uint64_t value;
    } counts[] = {
        {"sent", loop_sent(loop, kind)},
        {"expected", arrivals_expected(a)},
        {"received", a->received},
        {"lost", arrivals_lost(a)},
        {"late", a->late},
        {"reordered", a->reordered},
        {"duplicated", a->duplicated},
        {"altered", a->altered},
        {"unmarked", a->unmarked},
        {"foreign", a->foreign},
    };
    int64_t loss = loss_of(a);

    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        probe_set(group, counts[i].name, PROBE_COUNT, (double)counts[i].value);
    probe_set(group, "loss", PROBE_RATIO, loss < 0 ? NAN : (double)loss / 1e9);
}

static void measure_times(const struct arrivals *a, struct probe_group *group)
{
    const struct histogram *latency = &a->latency;
    double bitrate = arrivals_bitrate(a);
    bool any = latency->count > 0;

    probe_set_time(group, "latencyMin", any ? latency->least : -1);
    probe_set_time(group, "latencyAvg", histogram_mean(latency));
    probe_set_time(group, "latencyP50", histogram_percentile(latency, 0.5));
    probe_set_time(group, "latencyP95", histogram_percentile(latency, 0.95));
    probe_set_time(group, "latencyP99", histogram_percentile(latency, 0.99));
    probe_set_time(group, "latencyMax", any ? latency->most : -1);
    probe_set_time(group, "jitter", arrivals_jitter(a));
    probe_set_time(group, "gapMax", a->frames > 0 ? a->gap : -1);
    probe_set(group, "bitrate", PROBE_BITRATE, bitrate < 0 ? NAN : bitrate);
}

/* Of what came, or else of what was sent. */
static enum rtc_codec codec_of(const struct loop *loop, enum rtc_kind kind)
{
    enum loop_leg leg = loop->arrivals[kind].frames > 0 ? LOOP_WHEP : LOOP_WHIP;

    return loop->clients[leg]->codecs[kind];
}

static void add_track(struct loop *loop, enum rtc_kind kind)
{
    static const struct probe_kind track = {"track", "tracks"};
    struct probe_group *group =
        probe_add_group(&loop->report.result, &track, kind_names[kind]);
    enum rtc_codec codec = codec_of(loop, kind);

    probe_set_text(group, "codec", codec ? rtc_codec_name(codec) : NULL);
    measure_counts(loop, kind, group);
    measure_times(&loop->arrivals[kind], group);
}

/* How video and audio came beside each other. */
static void add_skew(struct loop *loop)
{
    static const struct probe_kind pair = {"pair", "pairs"};
    const struct arrivals *audio = &loop->arrivals[RTC_AUDIO];
    const struct arrivals *video = &loop->arrivals[RTC_VIDEO];
    struct probe_group *group;
    rtc_usec sync;

    if (audio->latency.count == 0 || video->latency.count == 0)
        return;
    group = probe_add_group(&loop->report.result, &pair, "video - audio");
    probe_set(group, "skew", PROBE_SECONDS,
              (double)(histogram_percentile(&video->latency, 0.5) -
                       histogram_percentile(&audio->latency, 0.5)) /
                  1e6);
    probe_set(group, "clockSkew", PROBE_SECONDS,
              arrivals_sync(video, audio, &sync) ? (double)sync / 1e6 : NAN);
}

static void add_session(struct loop *loop, enum loop_leg leg)
{
    static const struct probe_kind session = {"session", "sessions"};

    if (loop->clients[leg])
        client_measure(loop->clients[leg],
                       probe_add_group(&loop->report.result, &session,
                                       loop_leg_name(leg)));
}

/* ---- sentences ----------------------------------------------------------- */

static void say(struct loop *loop, enum rtc_kind kind, uint64_t count,
                const char *what)
{
    const struct arrivals *a = &loop->arrivals[kind];

    if (count > 0)
        probe_add_verdict(&loop->report.result, "%llu of %llu %s frames %s",
                          (unsigned long long)count,
                          (unsigned long long)a->frames, kind_names[kind],
                          what);
}

static void judge_track(struct loop *loop, enum rtc_kind kind)
{
    const struct arrivals *a = &loop->arrivals[kind];

    if (a->frames > 0 && a->unmarked == a->frames)
        probe_add_verdict(&loop->report.result,
                          "All %s frames came without their marks: the server "
                          "transcodes, or takes out what decoders pass over, "
                          "such as SEI.",
                          kind_names[kind]);
    else
        say(loop, kind, a->unmarked, "came without their marks.");
    if (arrivals_lost(a) > 0)
        probe_add_verdict(
            &loop->report.result, "%llu of %llu %s frames did not come back.",
            (unsigned long long)arrivals_lost(a),
            (unsigned long long)arrivals_expected(a), kind_names[kind]);
    say(loop, kind, a->altered, "are not what was sent.");
    say(loop, kind, a->foreign,
        "have marks of another run: somebody else publishes there.");
    say(loop, kind, a->late, "came late.");
    say(loop, kind, a->reordered, "came behind later ones.");
    say(loop, kind, a->duplicated, "had come before.");
}

static void judge_sync(struct loop *loop)
{
    rtc_usec sync;

    if (!arrivals_sync(&loop->arrivals[RTC_VIDEO], &loop->arrivals[RTC_AUDIO],
                       &sync) ||
        (sync < SYNC_HIGH_US && sync > -SYNC_HIGH_US))
        return;
    probe_add_verdict(&loop->report.result,
                      "By the server's reports players show the picture %.0f "
                      "ms %s the sound.",
                      fabs((double)sync) / 1e3, sync > 0 ? "behind" : "before");
}

/* What delays are this machine's own. */
static void judge_load(struct loop *loop)
{
    const struct publisher_counts *counts =
        publisher_counts(loop->clients[LOOP_WHIP]->publisher);
    uint64_t frames = counts->frames[RTC_AUDIO] + counts->frames[RTC_VIDEO];

    if (loop->started_at != RTC_NEVER &&
        (load_is_high(&loop->load) || counts->late * 100 > frames))
        probe_add_verdict(&loop->report.result,
                          "This machine was too busy: delays may be its own, "
                          "not the server's.");
}

/* What there is to say of a session. */
static void judge_session(struct loop *loop, enum loop_leg leg)
{
    struct probe_result own = {0};

    if (!loop->clients[leg])
        return;
    client_conclude(loop->clients[leg], &own);
    for (unsigned i = 0; i < own.verdict_count; i++)
        probe_add_verdict(&loop->report.result, "%s: %s", loop_leg_name(leg),
                          own.verdicts[i]);
    probe_result_done(&own);
}

static bool is_perfect(const struct loop *loop, enum rtc_kind kind)
{
    const struct arrivals *a = &loop->arrivals[kind];

    if (!is_tried(loop, kind))
        return true;
    return a->received > 0 && a->received == a->frames &&
           arrivals_lost(a) + a->altered + a->reordered + a->late == 0;
}

static void judge(struct loop *loop)
{
    for (int kind = RTC_VIDEO; kind >= RTC_AUDIO; kind--)
        judge_track(loop, (enum rtc_kind)kind);
    if (loop->started_at != RTC_NEVER && is_perfect(loop, RTC_AUDIO) &&
        is_perfect(loop, RTC_VIDEO))
        probe_add_verdict(&loop->report.result,
                          "All frames came back as they were sent, in order "
                          "and in time.");
    judge_sync(loop);
    for (int leg = 0; leg < LOOP_LEGS; leg++)
        judge_session(loop, (enum loop_leg)leg);
    judge_load(loop);
}

/* ---- thresholds, and whether it is a failure ----------------------------- */

/* Of the tracks that were tried. */
static struct probe_worst worst_of(const struct loop *loop,
                                   int64_t (*of)(const struct arrivals *))
{
    struct probe_worst worst = {0};

    for (int kind = RTC_VIDEO; kind >= RTC_AUDIO; kind--)
        if (is_tried(loop, (enum rtc_kind)kind))
            probe_worst_take(&worst, of(&loop->arrivals[kind]), false,
                             kind_names[kind]);
    return worst;
}

static int64_t late_latency(const struct arrivals *a)
{
    return histogram_percentile(&a->latency, 0.95);
}

static int64_t jitter_of(const struct arrivals *a)
{
    return arrivals_jitter(a);
}

static int64_t bitrate_of(const struct loop *loop)
{
    double audio = arrivals_bitrate(&loop->arrivals[RTC_AUDIO]);
    double video = arrivals_bitrate(&loop->arrivals[RTC_VIDEO]);

    if (audio < 0 && video < 0)
        return -1;
    return (int64_t)((audio < 0 ? 0 : audio) + (video < 0 ? 0 : video));
}

static rtc_usec connect_time(const struct client *client)
{
    struct client_numbers n;

    if (!client)
        return -1;
    client_numbers(client, &n);
    return n.connect < 0 ? -1 : (rtc_usec)(n.connect * 1e6);
}

static void check_thresholds(struct loop *loop)
{
    struct probe_result *result = &loop->report.result;
    const struct probe_limits *limits = &loop->options.limits;
    struct probe_worst loss = worst_of(loop, loss_of);
    struct probe_worst latency = worst_of(loop, late_latency);
    struct probe_worst jitter = worst_of(loop, jitter_of);
    char where[PROBE_WHERE_LEN];

    probe_limit_loss(result, limits, probe_worst_value(&loss),
                     probe_worst_where(&loss, "of", where));
    probe_limit_latency(result, limits, probe_worst_value(&latency),
                        probe_worst_where(&latency, "of", where));
    probe_limit_jitter(result, limits, probe_worst_value(&jitter),
                       probe_worst_where(&jitter, "of", where));
    for (int leg = 0; leg < LOOP_LEGS; leg++)
        probe_limit_connect(result, limits, connect_time(loop->clients[leg]),
                            leg == LOOP_WHIP ? "to whip" : "to whep");
    probe_limit_bitrate(result, limits, bitrate_of(loop), NULL);
    for (int leg = 0; leg < LOOP_LEGS && limits->tls_days >= 0; leg++)
        probe_limit_tls(result, limits,
                        loop->clients[leg]
                            ? client_certificate_days(loop->clients[leg])
                            : -1,
                        leg == LOOP_WHIP ? "of whip" : "of whep");
}

/* Nothing came of a track, or nothing that can be measured. */
static void check_media(struct loop *loop)
{
    const struct arrivals *audio = &loop->arrivals[RTC_AUDIO];
    const struct arrivals *video = &loop->arrivals[RTC_VIDEO];

    for (int kind = RTC_VIDEO; kind >= RTC_AUDIO && !loop->report.signal;
         kind--)
        if (is_tried(loop, (enum rtc_kind)kind) &&
            loop->arrivals[kind].frames == 0)
            probe_report_fail(&loop->report, RTC_EXIT_NO_MEDIA,
                              "no %s came back", kind_names[kind]);
    if (audio->received + video->received == 0)
        probe_report_fail(&loop->report, RTC_EXIT_NOTHING,
                          "no frame came back with its mark");
}

void loop_conclude(struct loop *loop)
{
    bool is_failed = loop->report.result.status != RTC_EXIT_DONE;

    for (int kind = RTC_VIDEO; kind >= RTC_AUDIO; kind--)
        if (is_tried(loop, (enum rtc_kind)kind))
            add_track(loop, (enum rtc_kind)kind);
    add_skew(loop);
    for (int leg = 0; leg < LOOP_LEGS; leg++)
        add_session(loop, (enum loop_leg)leg);
    load_add(&loop->load, &loop->report.result);
    judge(loop);
    if (!is_failed || loop->arrivals[RTC_VIDEO].frames > 0 ||
        loop->arrivals[RTC_AUDIO].frames > 0)
        check_thresholds(loop);
    check_media(loop);
}
