/* SPDX-License-Identifier: MIT
 * Two senders on one link: acceptance B15. Each has an estimate of its own,
 * spends it evenly, and hears of its packets by transport-wide feedback; the
 * link is a queue of plain arithmetic that both share. */
#include <stdlib.h>

#include "cc/arrival.h"
#include "cc/estimate.h"
#include "tap.h"

enum { PACKET = 1200, FLOWS = 2, ROOM = 1 << 16 };

#define WAY_US (20 * RTC_MS)
#define START_BPS 300000

/* On its way, or a message on its way back. */
struct flight {
    rtc_usec due;
    uint16_t number;
};

struct flow {
    struct rtc_sent sent;
    struct rtc_estimate estimate;
    struct rtc_arrivals arrivals;
    struct flight flights[ROOM];
    unsigned first, end;
    rtc_usec begins, next; /* to send */
    uint8_t message[PACKET];
    size_t message_len;
    rtc_usec message_due;
    uint64_t bytes; /* that came, since the last look */
};

static struct flow flows[FLOWS];
static rtc_usec now, free_at; /* when the link has sent all it has */
static uint64_t link_bps;
static rtc_usec delays[1 << 20];
static unsigned delay_count;

static void begin(uint64_t bps, rtc_usec second_at)
{
    link_bps = bps;
    now = RTC_SEC;
    free_at = now;
    for (int i = 0; i < FLOWS; i++) {
        struct flow *f = &flows[i];

        *f = (struct flow){.message_due = RTC_NEVER};
        rtc_sent_init(&f->sent);
        rtc_estimate_init(&f->estimate);
        rtc_arrivals_init(&f->arrivals);
        f->begins = f->next = now + (i ? second_at : 0);
    }
}

static void end(void)
{
    for (int i = 0; i < FLOWS; i++) {
        rtc_sent_done(&flows[i].sent);
        rtc_arrivals_done(&flows[i].arrivals);
    }
}

static void send_due(struct flow *f)
{
    uint64_t bps = rtc_estimate_bps(&f->estimate);

    while (f->next <= now) {
        struct flight *flight = &f->flights[f->end++ % ROOM];

        free_at = rtc_max_time(free_at, now) +
                  PACKET * 8 * RTC_SEC / (rtc_usec)link_bps;
        *flight = (struct flight){free_at + WAY_US, rtc_sent_number(&f->sent)};
        if (delay_count < sizeof delays / sizeof *delays)
            delays[delay_count++] = flight->due - now;
        rtc_sent_push(&f->sent, PACKET, 0, now);
        rtc_estimate_sent(&f->estimate, PACKET, now);
        f->next += PACKET * 8 * RTC_SEC / (rtc_usec)(bps ? bps : START_BPS);
    }
}

static void receive_due(struct flow *f)
{
    struct rtc_writer w;

    while (f->first != f->end && f->flights[f->first % ROOM].due <= now) {
        rtc_arrivals_receive(&f->arrivals, f->flights[f->first++ % ROOM].number,
                             now);
        f->bytes += PACKET;
    }
    if (f->message_due != RTC_NEVER ||
        rtc_arrivals_deadline(&f->arrivals) > now)
        return;
    rtc_writer_init(&w, f->message, sizeof f->message);
    if (!rtc_arrivals_write(&f->arrivals, &w, 1, 2, now))
        return;
    f->message_len = w.len;
    f->message_due = now + WAY_US;
}

static void hear_due(struct flow *f)
{
    struct rtc_rtcp_feedback feedback;
    struct rtc_rtcp_packet packet;
    struct rtc_twcc twcc;
    struct rtc_reader r;

    if (f->message_due > now)
        return;
    f->message_due = RTC_NEVER;
    rtc_reader_init(&r, f->message, f->message_len);
    if (rtc_rtcp_next(&r, &packet) <= 0 ||
        rtc_rtcp_feedback_parse(&packet, &feedback) ||
        rtc_twcc_parse(&feedback, &twcc))
        return;
    rtc_sent_feedback(&f->sent, &twcc);
    rtc_estimate_feedback(&f->estimate, &f->sent, now);
}

static void look(rtc_usec span)
{
    delay_count = 0;
    flows[0].bytes = flows[1].bytes = 0;
    for (rtc_usec until = now + span; now < until; now += RTC_MS)
        for (int i = 0; i < FLOWS; i++) {
            if (now < flows[i].begins)
                continue;
            send_due(&flows[i]);
            receive_due(&flows[i]);
            hear_due(&flows[i]);
        }
}

static int compare(const void *a, const void *b)
{
    rtc_usec x = *(const rtc_usec *)a, y = *(const rtc_usec *)b;

    return x < y ? -1 : x > y;
}

static void check_shares(const char *name)
{
    uint64_t a = flows[0].bytes, b = flows[1].bytes;
    uint64_t bps = (a + b) * 8 / 60;
    rtc_usec late;

    qsort(delays, delay_count, sizeof *delays, compare);
    late = delays[delay_count / 20 * 19];
    printf("# %s: %llu and %llu kbit/s, p95 %lld ms\n", name,
           (unsigned long long)(a * 8 / 60000),
           (unsigned long long)(b * 8 / 60000), (long long)(late / RTC_MS));
    ok(a <= 2 * b && b <= 2 * a, name);
    ok(bps >= link_bps * 6 / 10 && bps <= link_bps, "the link is used");
    ok(late <= WAY_US + 100 * RTC_MS, "and its queue is short");
}

int main(void)
{
    static const struct {
        const char *name;
        uint64_t bps;
        rtc_usec second_at;
    } rows[] = {
        {"two at once share 2 Mbit/s", 2000000, 0},
        {"and 10 Mbit/s", 10000000, 0},
        {"one that comes later, too", 4000000, 20 * RTC_SEC},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        begin(rows[i].bps, rows[i].second_at);
        look(rows[i].second_at + 60 * RTC_SEC);
        look(60 * RTC_SEC);
        check_shares(rows[i].name);
        end();
    }
    return tap_done();
}
