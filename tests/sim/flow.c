/* SPDX-License-Identifier: MIT
 * Synthetic frames: as much of each format as the library looks at, the number
 * of the frame, and noise that only that number gives. */
#include "tests/sim/flow.h"

#include <stdlib.h>
#include <string.h>

#include "codec/obu.h"

#define FRAME_MOST (1u << 20)

/* ---- frames -------------------------------------------------------------- */

/* RFC 6386 9.1: frame tag, start code and size; or the tag alone. */
static const uint8_t vp8_key[] = {0x10, 0x02, 0x00, 0x9d, 0x01,
                                  0x2a, 0x80, 0x02, 0xe0, 0x01};
static const uint8_t vp8_delta[] = {0x31, 0x02, 0x00};
/* Parameter sets of a baseline stream, and the start of an IDR slice; or of
 * another slice: first_mb_in_slice is 0 in both. Start codes are as long as
 * H.264 B.1.2 has them. */
static const uint8_t h264_key[] = {
    0, 0, 0, 1, 0x67, 0x42, 0xc0, 0x1f, 0xda, 0x02, 0x80, 0xf6, 0x40,
    0, 0, 0, 1, 0x68, 0xce, 0x3c, 0x80, 0,    0,    1,    0x65, 0x88};
static const uint8_t h264_delta[] = {0, 0, 0, 1, 0x41, 0x9a};
/* VP9 specification 6.2: frame marker, sync code, colour and size; or the first
 * byte alone. */
static const uint8_t vp9_key[] = {0x82, 0x49, 0x83, 0x42, 0x00,
                                  0x13, 0xf0, 0x0e, 0xf0};
static const uint8_t vp9_delta[] = {0x86};
/* AV1 specification 5.5: the sequence header of a key frame. */
static const uint8_t av1_sequence[] = {0x0a, 0x0b, 0x00, 0x00, 0x00, 0x02, 0xaf,
                                       0x9f, 0xbb, 0xff, 0x30, 0x08, 0x40};
/* The same of H.265: sets of a Main stream of x265, and an IDR or trailing
 * picture; start codes by H.265 B.2.2. */
static const uint8_t h265_key[] = {
    0,    0,    0,    1,    0x40, 0x01, 0x0c, 0x01, 0xff, 0xff, 0x01, 0x60,
    0,    0,    0x03, 0,    0x90, 0,    0,    0x03, 0,    0,    0x03, 0,
    0x1e, 0x92, 0x80, 0x90, 0,    0,    0,    1,    0x42, 0x01, 0x01, 0x01,
    0x60, 0,    0,    0x03, 0,    0x90, 0,    0,    0x03, 0,    0,    0x03,
    0,    0x1e, 0xa0, 0x30, 0x81, 0x05, 0x96, 0x4a, 0x92, 0x4c, 0xaf, 0x01,
    0x68, 0x08, 0,    0,    0x03, 0,    0x08, 0,    0,    0x03, 0,    0xc8,
    0x40, 0,    0,    0,    1,    0x44, 0x01, 0xc1, 0x72, 0xb4, 0x22, 0x40,
    0,    0,    1,    0x28, 0x01, 0xaf};
static const uint8_t h265_delta[] = {0, 0, 0, 1, 0x02, 0x01, 0xd0};
/* RFC 6716 3.1: 20 ms in one frame. To other audio it is a byte like any. */
static const uint8_t opus[] = {0x78};

const enum rtc_codec sim_flow_codecs[SIM_FLOW_CODEC_COUNT + 1] = {
    RTC_CODEC_OPUS, RTC_CODEC_VP8,  RTC_CODEC_H264, RTC_CODEC_VP9,
    RTC_CODEC_AV1,  RTC_CODEC_H265, RTC_CODEC_NONE,
};

#define HEAD_MAX 128

struct head {
    uint8_t bytes[HEAD_MAX];
    size_t len;
};

static void add(struct head *head, const uint8_t *bytes, size_t len)
{
    memcpy(head->bytes + head->len, bytes, len);
    head->len += len;
}

/* An OBU that fills the frame of `len` bytes up, and begins with `first`. Its
 * size says so in as few bytes as may be; some lengths need the extension for
 * that. */
static void add_obu(struct head *head, size_t len, uint8_t first)
{
    for (uint8_t extended = 0; extended < 2; extended++)
        for (size_t size_len = 1; size_len < 5; size_len++) {
            size_t start = head->len + 1 + extended + size_len;

            if (len < start || rtc_leb128_len(len - start) != size_len)
                continue;
            add(head, (const uint8_t[]){extended ? 0x36 : 0x32, 0},
                1 + (size_t)extended);
            head->len += rtc_leb128_write(head->bytes + head->len, len - start);
            head->bytes[head->len++] = first;
            return;
        }
}

/* What a frame of `len` bytes begins with. */
static struct head head_of(enum rtc_codec codec, bool key, size_t len)
{
    struct head head = {.len = 0};

    switch (codec) {
    case RTC_CODEC_VP8:
        add(&head, key ? vp8_key : vp8_delta,
            key ? sizeof vp8_key : sizeof vp8_delta);
        break;
    case RTC_CODEC_H264:
        add(&head, key ? h264_key : h264_delta,
            key ? sizeof h264_key : sizeof h264_delta);
        break;
    case RTC_CODEC_VP9:
        add(&head, key ? vp9_key : vp9_delta,
            key ? sizeof vp9_key : sizeof vp9_delta);
        break;
    case RTC_CODEC_AV1:
        add(&head, av1_sequence, key ? sizeof av1_sequence : 0);
        add_obu(&head, len, key ? 0x10 : 0x30);
        break;
    case RTC_CODEC_H265:
        add(&head, key ? h265_key : h265_delta,
            key ? sizeof h265_key : sizeof h265_delta);
        break;
    default:
        add(&head, opus, sizeof opus);
        break;
    }
    return head;
}

size_t sim_flow_len(const struct sim_flow *flow, bool key)
{
    return key ? flow->key_len : flow->len;
}

/* No byte behind the head is 0, so that H.264 and H.265 have no start codes in
 * it. */
void sim_flow_write(const struct sim_flow *flow, unsigned index, bool key,
                    uint8_t *buf)
{
    size_t len = sim_flow_len(flow, key);
    struct head head = head_of(flow->codec, key, len);
    uint64_t noise = index * 2 + key;
    size_t at = head.len;

    memcpy(buf, head.bytes, head.len);
    for (unsigned shift = 0; shift < 28; shift += 7)
        buf[at++] = (uint8_t)(0x80 | (index >> shift & 0x7f));
    while (at < len) {
        uint64_t word = sim_draw(&noise) | UINT64_C(0x0101010101010101);
        size_t part = len - at < 8 ? len - at : 8;
        memcpy(buf + at, &word, part);
        at += part;
    }
}

static bool read_index(const struct sim_flow *flow,
                       const struct rtc_frame *frame, unsigned *ret_index)
{
    size_t at = head_of(flow->codec, frame->keyframe, frame->len).len;

    *ret_index = 0;
    if (frame->len < at + 4)
        return false;
    for (unsigned i = 0; i < 4; i++)
        *ret_index |= (frame->data[at + i] & 0x7fu) << 7 * i;
    return true;
}

/* Ticks of the codec's clock up to frame `index`. */
static uint64_t media_time(const struct sim_flow *flow, unsigned index)
{
    return (uint64_t)index * rtc_codec_clock_rate(flow->codec) *
           (uint64_t)flow->interval_us / 1000000;
}

/* ---- sending ------------------------------------------------------------- */

static bool has_more(const struct sim_flow *flow)
{
    return flow->next != RTC_NEVER &&
           (!flow->frame_count || flow->sent < flow->frame_count);
}

static void send_one(struct sim_flow *flow, struct sim_side *side, rtc_usec now)
{
    static uint8_t buf[FRAME_MOST];
    bool video = rtc_codec_kind(flow->codec) == RTC_VIDEO;
    bool due = flow->sent == 0 || flow->key_asked ||
               (flow->key_every && flow->sent % flow->key_every == 0);
    bool key = video && due;
    struct rtc_frame frame = {
        .data = buf,
        .len = sim_flow_len(flow, key),
        .codec = flow->codec,
        .media_time = media_time(flow, flow->sent),
        .time = now,
        .layer = (uint8_t)flow->layer[flow->from],
    };

    sim_flow_write(flow, flow->sent, key, buf);
    if (rtc_peer_send_frame(side->peer, flow->track[side->which], &frame, now))
        flow->refused++;
    else if (key)
        flow->key_asked = false;
    flow->keys_sent += key;
    flow->sent++;
    flow->next += flow->interval_us;
}

static rtc_usec on_timer(struct sim_side *side, rtc_usec now)
{
    struct sim_talk *talk = side->user;
    rtc_usec next = RTC_NEVER;

    for (unsigned i = 0; i < talk->flow_count; i++) {
        struct sim_flow *flow = &talk->flows[i];
        if (flow->from != side->which)
            continue;
        if (has_more(flow) && flow->next <= now)
            send_one(flow, side, now);
        if (has_more(flow) && flow->next < next)
            next = flow->next;
    }
    return next;
}

/* ---- receiving ----------------------------------------------------------- */

/* Whether the flow, which the other side sends, comes in on `track`. */
static bool comes_in(struct sim_side *side, struct sim_flow *flow, int track)
{
    struct sim_side *other = &side->pair->side[!side->which];
    struct rtc_track_info here, there;

    if (flow->track[side->which] >= 0 ||
        rtc_peer_track_info(side->peer, track, &here) ||
        rtc_peer_track_info(other->peer, flow->track[other->which], &there) ||
        strcmp(here.mid, there.mid) != 0)
        return false;
    flow->track[side->which] = track;
    return true;
}

/* The flow that `from` sends on what `side` knows as `track` and layer, or
 * NULL. */
static struct sim_flow *find_flow(struct sim_side *side, int track,
                                  unsigned layer, int from)
{
    struct sim_talk *talk = side->user;

    for (unsigned i = 0; i < talk->flow_count; i++) {
        struct sim_flow *flow = &talk->flows[i];
        if (flow->from == from && flow->layer[side->which] == layer &&
            (flow->track[side->which] == track ||
             (from != side->which && comes_in(side, flow, track))))
            return flow;
    }
    return NULL;
}

static bool is_same(const struct sim_flow *flow, const struct rtc_frame *frame,
                    unsigned index)
{
    static uint8_t want[FRAME_MOST];

    if (frame->codec != flow->codec ||
        frame->len != sim_flow_len(flow, frame->keyframe))
        return false;
    sim_flow_write(flow, index, frame->keyframe, want);
    return memcmp(frame->data, want, frame->len) == 0;
}

static void take_frame(struct sim_flow *flow, const struct rtc_frame *frame,
                       rtc_usec now)
{
    unsigned index;
    rtc_usec late;

    if (!read_index(flow, frame, &index) || !is_same(flow, frame, index)) {
        flow->corrupt++;
        return;
    }
    if (!flow->received++) {
        flow->first = index;
        flow->first_time = frame->media_time;
    } else {
        flow->disordered += index <= flow->last;
        flow->wrong_flag += !flow->refused && /* then numbers are missing */
                            frame->contiguous != (index == flow->last + 1);
    }
    flow->wrong_time += frame->media_time - flow->first_time !=
                        media_time(flow, index) - media_time(flow, flow->first);
    flow->last = index;
    flow->last_at = now;
    flow->keys += frame->keyframe;
    late = now - (flow->begun + (rtc_usec)index * flow->interval_us);
    flow->late_sum_us += late;
    if (index + SIM_FLOW_TAIL < flow->frame_count || !flow->frame_count)
        flow->late_us = late > flow->late_us ? late : flow->late_us;
    else
        flow->tail_us = late > flow->tail_us ? late : flow->tail_us;
}

static void on_event(struct sim_side *side, const struct rtc_event *event)
{
    struct sim_talk *talk = side->user;
    struct sim_seen *seen = &talk->seen[side->which];
    struct sim_flow *flow;

    seen->after_closed += seen->events[RTC_EVENT_CLOSED] > 0;
    seen->events[event->type]++;
    switch (event->type) {
    case RTC_EVENT_FRAME:
        seen->after_bye += seen->bye[event->track];
        flow = find_flow(side, event->track, event->frame.layer, !side->which);
        if (flow)
            take_frame(flow, &event->frame, side->pair->now);
        break;
    case RTC_EVENT_KEYFRAME_REQUEST:
        flow = find_flow(side, event->track, event->layer, side->which);
        if (flow)
            flow->key_asked = true;
        break;
    case RTC_EVENT_GAP:
        seen->gap_packets += event->gap.packets;
        seen->gap_frames += event->gap.frames;
        break;
    case RTC_EVENT_BYE:
        seen->bye[event->track] = true;
        break;
    default:
        break;
    }
}

bool sim_flow_is_sound(const struct sim_flow *flow)
{
    return !flow->corrupt && !flow->disordered && !flow->wrong_time &&
           !flow->wrong_flag;
}

/* ---- talks --------------------------------------------------------------- */

struct sim_talk *sim_talk_new(uint64_t seed, const struct sim_link *link)
{
    struct sim_talk *talk = calloc(1, sizeof *talk);

    if (!talk)
        abort();
    talk->pair = sim_pair_new(seed);
    for (int i = 0; i < 2; i++) {
        talk->pair->side[i].user = talk;
        talk->pair->side[i].on_event = on_event;
        talk->pair->side[i].on_timer = on_timer;
    }
    if (link)
        sim_pair_link(talk->pair, link);
    return talk;
}

void sim_talk_free(struct sim_talk *talk)
{
    if (!talk)
        return;
    sim_pair_free(talk->pair);
    free(talk);
}

struct sim_flow *sim_talk_add(struct sim_talk *talk, int from,
                              enum rtc_codec codec)
{
    struct sim_flow *flow = &talk->flows[talk->flow_count];
    bool video = rtc_codec_kind(codec) == RTC_VIDEO;
    struct rtc_track_config track = {
        .kind = rtc_codec_kind(codec),
        .direction = RTC_SENDONLY,
        .codecs = {codec},
        .codec_count = 1,
    };

    if (talk->flow_count == SIM_FLOW_MOST)
        abort();
    talk->flow_count++;
    *flow = (struct sim_flow){.from = from, .codec = codec, .track = {-1, -1}};
    flow->interval_us = video ? 40000 : 20000;
    flow->len = video ? 3000 : 120;
    flow->key_len = video ? 9000 : 120;
    flow->next = RTC_NEVER;
    flow->track[from] = rtc_peer_add_track(talk->pair->side[from].peer, &track);
    if (from == SIM_R) {
        track.direction = RTC_RECVONLY;
        flow->track[SIM_L] =
            rtc_peer_add_track(talk->pair->side[SIM_L].peer, &track);
    }
    return flow;
}

struct sim_flow *sim_talk_add_layers(struct sim_talk *talk, int from,
                                     enum rtc_codec codec,
                                     const char *const *rids, unsigned count)
{
    struct rtc_track_config track = {.kind = RTC_VIDEO,
                                     .direction = RTC_SENDONLY,
                                     .codecs = {codec},
                                     .codec_count = 1,
                                     .layer_count = count};
    struct sim_flow *first = &talk->flows[talk->flow_count];
    int number;

    if (talk->flow_count + count > SIM_FLOW_MOST)
        abort();
    for (unsigned i = 0; i < count; i++)
        strcpy(track.rids[i], rids[i]);
    number = rtc_peer_add_track(talk->pair->side[from].peer, &track);
    for (unsigned i = 0; i < count; i++) {
        struct sim_flow *flow = &talk->flows[talk->flow_count++];
        *flow = (struct sim_flow){.from = from,
                                  .layer = {i, i},
                                  .codec = codec,
                                  .interval_us = 40000,
                                  .len = 1000 + 1500 * i,
                                  .key_len = 3000 + 4000 * i,
                                  .next = RTC_NEVER,
                                  .track = {-1, -1}};
        flow->track[from] = number;
    }
    return first;
}

struct sim_flow *sim_talk_connect(struct sim_talk *talk, int from,
                                  enum rtc_codec codec)
{
    struct sim_flow *flow;

    sim_pair_start(talk->pair);
    flow = sim_talk_add(talk, from, codec);
    if (sim_pair_connect(talk->pair, 20 * 1000000) == RTC_NEVER)
        return NULL;
    return flow;
}

void sim_talk_begin(struct sim_talk *talk)
{
    for (unsigned i = 0; i < talk->flow_count; i++) {
        struct sim_flow *flow = &talk->flows[i];
        if (flow->next != RTC_NEVER)
            continue;
        flow->begun = flow->next = talk->pair->now;
        talk->pair->side[flow->from].timer = talk->pair->now;
    }
}

void sim_talk_run(struct sim_talk *talk, rtc_usec span_us)
{
    sim_pair_run(talk->pair, talk->pair->now + span_us);
}

static bool is_sending(const struct sim_talk *talk, int from)
{
    for (unsigned i = 0; i < talk->flow_count; i++)
        if (talk->flows[i].from == from && has_more(&talk->flows[i]))
            return true;
    return false;
}

rtc_usec sim_talk_finish(struct sim_talk *talk, int from, rtc_usec limit_us)
{
    struct sim_pair *pair = talk->pair;
    rtc_usec sent_at;

    while (is_sending(talk, from))
        sim_talk_run(talk, 1000);
    sent_at = pair->now;
    while (pair->now < sent_at + limit_us) {
        if (rtc_peer_is_delivered(pair->side[from].peer, pair->now))
            return pair->now - sent_at;
        sim_talk_run(talk, 1000);
    }
    return RTC_NEVER;
}
