/* SPDX-License-Identifier: MIT
 *
 * Numbers and times of stamps, summed up as they come.
 */
#include "cmd/probe/peer_count.h"

#include "base/bytes.h"

#define HEAD 0x1000 /* of a VP8 key frame: RFC 7741 4.2, RFC 6386 9.1 */
#define MAGIC 0x7250
/* More than anybody can send, so that sums do not wrap. */
#define SEQUENCE_MOST (UINT64_C(1) << 48)

void peer_stamp_write(const struct peer_stamp *stamp,
                      uint8_t buf[PEER_STAMP_LEN])
{
    struct rtc_writer w;

    rtc_writer_init(&w, buf, PEER_STAMP_LEN);
    rtc_write_u16(&w, HEAD);
    rtc_write_u16(&w, MAGIC);
    rtc_write_u32(&w, stamp->run);
    rtc_write_u64(&w, stamp->sequence);
    rtc_write_u64(&w, (uint64_t)stamp->time_us);
}

bool peer_stamp_read(const uint8_t *data, size_t len,
                     struct peer_stamp *ret_stamp)
{
    struct peer_stamp stamp;
    struct rtc_reader r;
    bool ours;

    rtc_reader_init(&r, data, len);
    ours = rtc_read_u16(&r) == HEAD && rtc_read_u16(&r) == MAGIC;
    stamp.run = rtc_read_u32(&r);
    stamp.sequence = rtc_read_u64(&r);
    stamp.time_us = (rtc_usec)(rtc_read_u64(&r) & INT64_MAX);
    if (!ours || r.failed || stamp.sequence >= SEQUENCE_MOST)
        return false;
    *ret_stamp = stamp;
    return true;
}

/* How much longer or shorter this one took than the one before; the clocks of
 * both ends may differ by any amount. */
static void add_step(struct peer_count *count, struct peer_count_stream *stream,
                     rtc_usec transit)
{
    double step = (double)transit - (double)stream->transit;

    count->step_sum += step < 0 ? -step : step;
    count->step_count++;
}

void peer_count_add(struct peer_count *count, unsigned index,
                    const struct peer_stamp *stamp, size_t len, rtc_usec now)
{
    struct peer_count_stream *stream = &count->streams[index];
    rtc_usec transit = now - stamp->time_us;
    bool any = false;

    for (unsigned i = 0; i < PEER_STREAM_MOST && !any; i++)
        any = count->streams[i].packets > 0;
    if (!any)
        count->first_at = now;
    count->last_at = now;
    count->bytes += len;
    if (stamp->sequence < stream->next) {
        stream->behind++;
    } else {
        if (stream->packets > 0)
            add_step(count, stream, transit);
        stream->transit = transit;
        stream->next = stamp->sequence + 1;
    }
    stream->packets++;
}

static uint64_t less(uint64_t a, uint64_t b)
{
    return a > b ? a - b : 0;
}

void peer_count_sum(const struct peer_count *count,
                    struct peer_received *received)
{
    uint64_t behind = 0;

    received->packets = received->expected = 0;
    for (unsigned i = 0; i < PEER_STREAM_MOST; i++) {
        received->streams[i] = count->streams[i].packets;
        received->packets += count->streams[i].packets;
        received->expected += count->streams[i].next;
        behind += count->streams[i].behind;
    }
    received->bytes = count->bytes;
    received->reordered = less(behind, received->recovered);
    received->steps = count->step_count;
    received->steps_us = count->step_sum < (double)PEER_COUNT_MOST
                             ? (rtc_usec)count->step_sum
                             : PEER_COUNT_MOST;
    received->time_us = count->last_at - count->first_at;
}

uint64_t peer_missing(const struct peer_received *received,
                      const struct peer_sent *sent)
{
    return less(sent ? sent->packets : received->expected, received->packets);
}

uint64_t peer_lost(const struct peer_received *received,
                   const struct peer_sent *sent)
{
    uint64_t recovered = received->recovered < received->packets
                             ? received->recovered
                             : received->packets;

    return peer_missing(received, sent) + recovered;
}

rtc_usec peer_jitter_us(const struct peer_received *before,
                        const struct peer_received *after)
{
    rtc_usec steps = (rtc_usec)after->steps, sum = after->steps_us;

    if (before) {
        steps -= (rtc_usec)before->steps;
        sum -= before->steps_us;
    }
    return steps > 0 && sum >= 0 ? (sum + steps / 2) / steps : -1;
}

double peer_received_bps(const struct peer_received *received,
                         const struct peer_sent *sent)
{
    rtc_usec time_us = received->time_us;

    /* One interval more than there are between the first and the last. */
    if (!sent && received->packets > 1)
        time_us += time_us / (rtc_usec)(received->packets - 1);
    if (sent && sent->time_us > time_us)
        time_us = sent->time_us;
    return time_us > 0 ? (double)received->bytes * 8e6 / (double)time_us : -1;
}

double peer_sent_bps(const struct peer_sent *sent)
{
    return sent->time_us > 0 ? (double)sent->bytes * 8e6 / (double)sent->time_us
                             : -1;
}
