/* SPDX-License-Identifier: MIT
 * Assembly, one packet a step. A frame begins where the one before it ended or
 * where its payload says so, and ends with the marker (RFC 3550 5.1), where its
 * payload says so, or before the first packet of another time. Only numbers
 * without a hole between them are ever put together. */
#include "stream/assemble.h"

#include "base/clock.h"
#include "base/mem.h"

#define BUFFER_FIRST 4096u
/* A sender that puts the marker on every packet shows only with the next
 * packet: until one way is proven, a first frame of one packet waits this long
 * for it. */
#define MARKER_DOUBT_US (20 * RTC_MS)

void rtc_assemble_init(struct rtc_assemble *a,
                       const struct rtc_assemble_config *config,
                       struct rtc_reorder *reorder)
{
    *a = (struct rtc_assemble){.config = *config,
                               .reorder = reorder,
                               .wait_keyframe = config->keyframe_first};
}

void rtc_assemble_done(struct rtc_assemble *a)
{
    if (!a)
        return;
    rtc_free(a->buffer);
    rtc_assemble_init(a, &a->config, a->reorder);
}

void rtc_assemble_reset(struct rtc_assemble *a)
{
    const struct rtc_assemble old = *a;

    rtc_assemble_init(a, &old.config, old.reorder);
    a->buffer = old.buffer;
    a->cap = old.cap;
    a->frames = old.frames;
    a->frames_dropped = old.frames_dropped;
    a->packets_skipped = old.packets_skipped;
}

void rtc_assemble_end(struct rtc_assemble *a)
{
    a->ended = true;
}

/* Something is missing before the next frame. */
static void miss(struct rtc_assemble *a)
{
    a->gap = true;
    if (a->codec && a->codec->kind == RTC_VIDEO) {
        a->need_keyframe = true;
        a->wait_keyframe = a->wait_keyframe || a->config.keyframe_after_gap;
    }
}

static void drop_frame(struct rtc_assemble *a)
{
    a->len = 0;
    a->frames_dropped++;
    a->gap_frames++;
    miss(a);
}

/* The packets of the current time are not, or no longer, to be a frame. */
static void drop_packets(struct rtc_assemble *a)
{
    if (!a->dropping)
        drop_frame(a);
    a->dropping = true;
    a->state = RTC_ASSEMBLE_LOST;
}

/* `count` numbers will not come. */
static void lose(struct rtc_assemble *a, uint64_t count)
{
    if (a->state == RTC_ASSEMBLE_INSIDE)
        drop_packets(a);
    a->state = RTC_ASSEMBLE_LOST;
    a->adjacent = false;
    a->next += count;
    a->packets_skipped += count;
    a->gap_packets += count;
    miss(a);
}

/* Gives up the hole in front when its time has come. */
static bool skip_hole(struct rtc_assemble *a,
                      const struct rtc_reorder_slot *slot, rtc_usec now)
{
    uint64_t count = 0;

    if (now < rtc_after(slot->packet.time, a->config.hole_us) &&
        !rtc_reorder_is_pressed(a->reorder) && !a->ended)
        return false;
    for (; slot && !slot->present; slot = rtc_reorder_peek(a->reorder)) {
        rtc_reorder_pop(a->reorder);
        count++;
    }
    lose(a, count);
    return true;
}

/* Room for `len` bytes more in the frame buffer. */
static bool reserve(struct rtc_assemble *a, size_t len)
{
    size_t cap = a->cap ? a->cap : BUFFER_FIRST;
    uint8_t *wider;

    if (len <= a->cap - a->len)
        return true;
    if (len > RTC_ASSEMBLE_FRAME_MAX - a->len)
        return false;
    while (cap < a->len + len)
        cap *= 2;
    wider = rtc_realloc(a->buffer, cap);
    if (!wider)
        return false;
    a->buffer = wider;
    a->cap = cap;
    return true;
}

/* Appends a payload to the frame in the buffer. */
static bool append(struct rtc_assemble *a, const struct rtc_reorder_slot *slot,
                   bool first)
{
    const struct rtc_packet *p = &slot->packet;
    struct rtc_writer w;

    if (first)
        a->len = 0;
    if (!reserve(a, slot->codec->depacketized_max(p->len)))
        return false;
    rtc_writer_init(&w, a->buffer + a->len, a->cap - a->len);
    if (slot->codec->depacketize(&w, p->payload, p->len, first) || w.failed)
        return false;
    a->len += w.len;
    return true;
}

/* A key frame behind a loss that lacks parameter sets has probably lost them,
 * unless this stream's key frames never have any. */
static bool is_headless(struct rtc_assemble *a)
{
    if (!a->config.keyframe_first || !a->keyframe || a->shows_start)
        return false;
    a->bare_keys = a->bare_keys || !a->cut_before;
    return !a->bare_keys;
}

/* Lets the codec make a frame of what is in the buffer. */
static bool finish(struct rtc_assemble *a)
{
    int len =
        a->codec->finish ? a->codec->finish(a->buffer, a->len) : (int)a->len;

    a->len = len < 0 ? 0 : (size_t)len;
    return len >= 0;
}

/* All of the frame in the buffer is there. */
static void complete(struct rtc_assemble *a)
{
    bool video = a->codec->kind == RTC_VIDEO;

    a->state = RTC_ASSEMBLE_BOUNDARY;
    if (!finish(a)) {
        drop_frame(a);
        return;
    }
    a->keyframe =
        video && a->shows_keyframe && a->codec->is_keyframe(a->buffer, a->len);
    if (video && (is_headless(a) || (a->wait_keyframe && !a->keyframe)))
        drop_frame(a);
    else
        a->complete = a->len > 0;
}

/* Whether `slot` is of the time and codec of the packet taken last. */
static bool is_same_time(const struct rtc_assemble *a,
                         const struct rtc_reorder_slot *slot)
{
    return a->codec == slot->codec && a->media_time == slot->packet.media_time;
}

/* Notes what the packet in front was, and removes it. */
static void consume(struct rtc_assemble *a, const struct rtc_reorder_slot *slot)
{
    a->media_time = slot->packet.media_time;
    a->codec = slot->codec;
    a->marked = slot->packet.marker;
    a->adjacent = true;
    a->next++;
    rtc_reorder_pop(a->reorder);
}

static void take_audio(struct rtc_assemble *a,
                       const struct rtc_reorder_slot *slot)
{
    bool whole = append(a, slot, true);

    a->time = slot->packet.time;
    consume(a, slot);
    if (whole)
        complete(a);
    else
        drop_frame(a);
}

/* Passes over a packet of a frame that cannot be whole. */
static void discard(struct rtc_assemble *a, const struct rtc_reorder_slot *slot,
                    bool ends)
{
    a->dropping = a->dropping && is_same_time(a, slot);
    consume(a, slot);
    drop_packets(a);
    if (ends)
        a->state = RTC_ASSEMBLE_BOUNDARY;
}

/* Whether the packet in front, not inside a frame, begins one. */
static bool is_start(struct rtc_assemble *a,
                     const struct rtc_reorder_slot *slot,
                     const struct rtc_payload_info *info)
{
    bool same = is_same_time(a, slot);

    if (info->starts_frame)
        return true;
    /* A marker with more of the same frame behind it has ended nothing. */
    if (a->state == RTC_ASSEMBLE_BOUNDARY && a->marked && same)
        a->marker = RTC_ASSEMBLE_MARKER_WRONG;
    return !slot->codec->starts_marked && a->adjacent && !same;
}

/* Puts the packet in front into the buffer, as the first or next part. */
static void take_part(struct rtc_assemble *a,
                      const struct rtc_reorder_slot *slot,
                      const struct rtc_payload_info *info)
{
    bool first = a->state != RTC_ASSEMBLE_INSIDE;

    a->dropping = false;
    if (!append(a, slot, first)) {
        discard(a, slot, info->ends_frame);
        return;
    }
    a->state = RTC_ASSEMBLE_INSIDE;
    a->time =
        first ? slot->packet.time : rtc_max_time(a->time, slot->packet.time);
    a->shows_keyframe = info->keyframe || (!first && a->shows_keyframe);
    a->shows_start = info->starts_stream || (!first && a->shows_start);
    a->cut_before = first ? !a->adjacent : a->cut_before;
    if (!slot->packet.marker && a->marker == RTC_ASSEMBLE_MARKER_UNKNOWN)
        a->marker = RTC_ASSEMBLE_MARKER_RIGHT;
    consume(a, slot);
    if (info->ends_frame)
        complete(a);
}

/* Whether the packet in front begins another frame than the one in the buffer,
 * which then ends without or with an unproven marker. */
static bool is_next_frame(const struct rtc_assemble *a,
                          const struct rtc_reorder_slot *slot,
                          const struct rtc_payload_info *info)
{
    return !is_same_time(a, slot) ||
           (info->starts_frame && slot->codec->starts_marked);
}

/* A frame of one marked packet, and nothing proves markers yet. */
static bool is_in_doubt(const struct rtc_assemble *a)
{
    return a->state == RTC_ASSEMBLE_INSIDE && a->marked &&
           a->marker == RTC_ASSEMBLE_MARKER_UNKNOWN;
}

static void take_video(struct rtc_assemble *a,
                       const struct rtc_reorder_slot *slot)
{
    const struct rtc_packet *p = &slot->packet;
    bool ends = p->marker && a->marker == RTC_ASSEMBLE_MARKER_RIGHT;
    struct rtc_payload_info info = {0};
    bool readable = slot->codec->inspect(p->payload, p->len, ends, &info) == 0;
    bool inside = a->state == RTC_ASSEMBLE_INSIDE;
    bool next_frame = inside && is_next_frame(a, slot, &info);

    if (is_in_doubt(a))
        a->marker =
            next_frame ? RTC_ASSEMBLE_MARKER_RIGHT : RTC_ASSEMBLE_MARKER_WRONG;
    if (next_frame)
        complete(a);
    else if (!readable || (!inside && !is_start(a, slot, &info)))
        discard(a, slot, info.ends_frame || ends);
    else
        take_part(a, slot, &info);
}

/* Nothing follows: whether the frame in the buffer is to be believed whole. */
static bool is_last(const struct rtc_assemble *a, rtc_usec now)
{
    return (is_in_doubt(a) && now >= a->time + MARKER_DOUBT_US) ||
           (a->ended && a->state == RTC_ASSEMBLE_INSIDE && a->marked);
}

/* Whether the first packet of all begins no stream, so that those before it may
 * still come. */
static bool is_overtaking(const struct rtc_assemble *a,
                          const struct rtc_reorder_slot *slot, rtc_usec now)
{
    const struct rtc_packet *p = &slot->packet;
    struct rtc_payload_info info = {0};

    if (a->reorder->taken || a->ended || !slot->present || !slot->codec ||
        now >= p->time + a->config.start_us)
        return false;
    return slot->codec->inspect(p->payload, p->len, p->marker, &info) == 0 &&
           slot->codec->kind == RTC_VIDEO && !info.starts_stream;
}

/* Takes one thing from the ring. False when that has to wait. */
static bool step(struct rtc_assemble *a, rtc_usec now)
{
    const struct rtc_reorder_slot *slot = rtc_reorder_peek(a->reorder);
    uint64_t number = a->reorder->ring.first;

    if (!slot || !slot->present) {
        if (is_last(a, now)) {
            complete(a);
            return true;
        }
        if (!slot || is_in_doubt(a))
            return false;
    }
    if (is_overtaking(a, slot, now))
        return false;
    if (!a->reorder->taken)
        a->next = number;
    if (number != a->next)
        lose(a, number - a->next);
    if (!slot->present)
        return skip_hole(a, slot, now);
    if (!slot->codec || !slot->packet.len) {
        a->next++;
        rtc_reorder_pop(a->reorder);
    } else if (slot->codec->kind == RTC_AUDIO) {
        take_audio(a, slot);
    } else {
        take_video(a, slot);
    }
    return true;
}

/* Gives out the frame in the buffer. */
static void give(struct rtc_assemble *a, struct rtc_frame *ret_frame)
{
    *ret_frame = (struct rtc_frame){
        .data = a->buffer,
        .len = a->len,
        .codec = a->codec->codec,
        .media_time = a->media_time,
        .time = a->time,
        .remote_time = RTC_NEVER,
        .keyframe = a->keyframe,
        .contiguous = !a->gap,
        .marker = a->codec->kind == RTC_AUDIO && a->marked,
    };
    a->complete = a->gap = false;
    a->frames++;
    if (a->keyframe)
        a->wait_keyframe = a->need_keyframe = false;
}

/* Tells what is missing, if anything. */
static enum rtc_assemble_result tell_gap(struct rtc_assemble *a,
                                         struct rtc_assemble_gap *ret_gap)
{
    if (!a->gap_packets && !a->gap_frames)
        return RTC_ASSEMBLE_NOTHING;
    *ret_gap = (struct rtc_assemble_gap){.packets = a->gap_packets,
                                         .frames = a->gap_frames};
    a->gap_packets = a->gap_frames = 0;
    return RTC_ASSEMBLE_GAP;
}

/* Nothing is left to take. What is missing is told before the frame behind it,
 * unless there will be none. */
static enum rtc_assemble_result rest(struct rtc_assemble *a,
                                     struct rtc_assemble_gap *ret_gap)
{
    if (!a->ended)
        return RTC_ASSEMBLE_NOTHING;
    if (a->state == RTC_ASSEMBLE_INSIDE)
        drop_packets(a);
    return tell_gap(a, ret_gap);
}

enum rtc_assemble_result rtc_assemble_pop(struct rtc_assemble *a,
                                          struct rtc_frame *ret_frame,
                                          struct rtc_assemble_gap *ret_gap,
                                          rtc_usec now)
{
    while (!a->complete)
        if (!step(a, now))
            return rest(a, ret_gap);
    if (!a->given) { /* joining a stream midway is no gap */
        a->gap = false;
        a->gap_packets = a->gap_frames = 0;
    }
    a->given = true;
    if (tell_gap(a, ret_gap) == RTC_ASSEMBLE_GAP)
        return RTC_ASSEMBLE_GAP;
    give(a, ret_frame);
    return RTC_ASSEMBLE_FRAME;
}

rtc_usec rtc_assemble_deadline(const struct rtc_assemble *a)
{
    const struct rtc_reorder_slot *slot = rtc_reorder_peek(a->reorder);

    if (is_in_doubt(a))
        return a->time + MARKER_DOUBT_US;
    if (!slot)
        return RTC_NEVER;
    if (slot->present)
        return slot->packet.time + a->config.start_us;
    return rtc_after(slot->packet.time, a->config.hole_us);
}
