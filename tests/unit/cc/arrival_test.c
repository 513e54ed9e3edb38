/* SPDX-License-Identifier: MIT
 * Arrivals: every number is reported once, those that come late again, in
 * messages that count up. */
#include "cc/arrival.h"

#include "tap.h"

enum { OURS = 7, THEIRS = 9 };

static struct rtc_arrivals arrivals;
static uint8_t buf[1200];

/* What messages told, by 16-bit number. */
static struct {
    unsigned messages, statuses, received;
    bool known[65536], came[65536];
    rtc_usec at[65536];
    uint8_t count;
    bool in_order;
} told;

static void setup(void)
{
    rtc_arrivals_done(&arrivals);
    rtc_arrivals_init(&arrivals);
    memset(&told, 0, sizeof told);
    told.in_order = true;
}

static void read(size_t len)
{
    struct rtc_reader r;
    struct rtc_rtcp_packet packet;
    struct rtc_rtcp_feedback feedback;
    struct rtc_twcc twcc;
    struct rtc_twcc_iterator it;
    struct rtc_twcc_status s;

    rtc_reader_init(&r, buf, len);
    if (rtc_rtcp_next(&r, &packet) <= 0 ||
        rtc_rtcp_feedback_parse(&packet, &feedback) ||
        rtc_twcc_parse(&feedback, &twcc) || twcc.sender_ssrc != OURS ||
        twcc.media_ssrc != THEIRS) {
        told.in_order = false;
        return;
    }
    told.in_order &= twcc.feedback_count == (told.messages++ & 255);
    rtc_twcc_iterator_init(&it, &twcc);
    while (rtc_twcc_next(&it, &s)) {
        told.statuses++;
        told.known[s.sequence] = true;
        told.received += s.received && !told.came[s.sequence];
        told.came[s.sequence] |= s.received;
        if (s.received)
            told.at[s.sequence] = s.arrival_us;
    }
}

/* Writes what is due; how many messages. */
static unsigned report(rtc_usec now)
{
    unsigned count = 0;

    for (;; count++) {
        struct rtc_writer w;

        rtc_writer_init(&w, buf, sizeof buf);
        if (!rtc_arrivals_write(&arrivals, &w, OURS, THEIRS, now))
            return count;
        read(w.len);
    }
}

static void test_timing(void)
{
    setup();
    ok(rtc_arrivals_deadline(&arrivals) == RTC_NEVER, "nothing to tell");
    is_int(report(RTC_SEC), 0, "tells nothing");
    rtc_arrivals_receive(&arrivals, 65535, RTC_SEC);
    is_int(rtc_arrivals_deadline(&arrivals), RTC_SEC + 100 * RTC_MS,
           "one packet is told of after 100 ms");
    is_int(report(RTC_SEC + 99 * RTC_MS), 0, "not sooner");
    is_int(report(RTC_SEC + 100 * RTC_MS), 1, "but then");
    ok(rtc_arrivals_deadline(&arrivals) == RTC_NEVER, "once");
    is_int(told.received, 1, "it came");
    ok(told.at[65535] > RTC_SEC - 250 && told.at[65535] <= RTC_SEC, "when");
    for (unsigned i = 0; i < 16; i++)
        rtc_arrivals_receive(&arrivals, (uint16_t)i, 2 * RTC_SEC);
    is_int(rtc_arrivals_deadline(&arrivals), 2 * RTC_SEC + 50 * RTC_MS,
           "many are told of after 50 ms");
    for (unsigned i = 16; i < 512; i++)
        rtc_arrivals_receive(&arrivals, (uint16_t)i, 2 * RTC_SEC);
    is_int(rtc_arrivals_deadline(&arrivals), 2 * RTC_SEC,
           "as many as fill a message at once");
    ok(report(2 * RTC_SEC) >= 1, "are told");
    is_int(told.received, 513, "all of them, across the wrap");
}

static void test_every_number(void)
{
    uint32_t state = 5;
    unsigned unknown = 0, wrong = 0;
    static bool came[65536];

    setup();
    memset(came, 0, sizeof came);
    for (unsigned i = 0; i < 60000; i++) {
        rtc_usec now = (rtc_usec)i * 500;
        state = state * 1664525u + 1013904223u;
        if ((state >> 8) % 10) {
            rtc_arrivals_receive(&arrivals, (uint16_t)i, now);
            came[i] = true;
        }
        report(now);
    }
    report(60000 * 500 + RTC_SEC);
    for (unsigned i = 0; i < 59990; i++) {
        unknown += !told.known[i];
        wrong += told.came[i] != came[i];
    }
    is_int(unknown, 0, "acceptance 57: every number is reported");
    is_int(wrong, 0, "as it was");
    ok(told.in_order, "and messages count up");
    ok(told.statuses < 60100, "no number is told of twice");
    ok(told.messages > 300 && told.messages < 640, "every 50 to 100 ms");
}

static void test_late(void)
{
    setup();
    for (unsigned i = 10; i < 20; i++)
        if (i != 14)
            rtc_arrivals_receive(&arrivals, (uint16_t)i, RTC_SEC);
    report(2 * RTC_SEC);
    ok(told.known[14] && !told.came[14], "one is reported as lost");
    rtc_arrivals_receive(&arrivals, 14, 2 * RTC_SEC);
    rtc_arrivals_receive(&arrivals, 14, 2 * RTC_SEC);
    is_int(report(3 * RTC_SEC), 1, "comes after all");
    ok(told.came[14], "and is told of");
    rtc_arrivals_receive(&arrivals, 17, 3 * RTC_SEC);
    is_int(report(4 * RTC_SEC), 0, "a copy is not");
}

static void test_far(void)
{
    setup();
    rtc_arrivals_receive(&arrivals, 100, RTC_SEC);
    rtc_arrivals_receive(&arrivals, 30000, RTC_SEC);
    is_int(report(2 * RTC_SEC), 1, "a jump beyond the ring");
    ok(told.came[30000] && !told.known[100], "starts anew");
    rtc_arrivals_receive(&arrivals, 25000, 2 * RTC_SEC);
    is_int(report(3 * RTC_SEC), 0, "what is too old is passed over");
    rtc_arrivals_receive(&arrivals, 34000, 3 * RTC_SEC);
    rtc_arrivals_receive(&arrivals, 34095, 13 * RTC_SEC);
    is_int(report(14 * RTC_SEC), 2, "times too far apart for one message");
    ok(told.came[34000] && told.came[34095], "take two");
    for (unsigned i = 0; i < 4096; i++)
        rtc_arrivals_receive(&arrivals, (uint16_t)(34096 + i * 2),
                             15 * RTC_SEC);
    ok(report(15 * RTC_SEC) > 1, "more than the ring holds");
    ok(told.came[(uint16_t)(34096 + 4095 * 2)] && told.in_order,
       "the newest are told of");
}

int main(void)
{
    test_timing();
    test_every_number();
    test_late();
    test_far();
    rtc_arrivals_done(&arrivals);
    rtc_arrivals_done(NULL);
    return tap_done();
}
