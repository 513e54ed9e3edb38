/* SPDX-License-Identifier: MIT
 * Departures matched with feedback as rtc_twcc_write makes it. */
#include "cc/sent.h"

#include "tap.h"

static struct rtc_sent sent;
static uint8_t buf[1200];
static struct rtc_twcc twcc;

/* A message: numbers `base` to `last` came, one each 1 ms from `at` on, but for
 * `lost`. */
static void hear(uint64_t base, uint64_t last, uint64_t lost, rtc_usec at)
{
    static struct rtc_twcc_arrival arrivals[256];
    struct rtc_twcc_report report = {.base_sequence = base,
                                     .arrivals = arrivals};
    struct rtc_rtcp_feedback feedback;
    struct rtc_rtcp_packet packet;
    struct rtc_writer w;
    struct rtc_reader r;

    for (uint64_t n = base; n <= last; n++)
        if (n != lost)
            arrivals[report.arrival_count++] = (struct rtc_twcc_arrival){
                n, at + (rtc_usec)(n - base) * RTC_MS};
    rtc_writer_init(&w, buf, sizeof buf);
    is_int(rtc_twcc_write(&w, &report), (int64_t)report.arrival_count,
           "a message");
    rtc_reader_init(&r, buf, w.len);
    rtc_rtcp_next(&r, &packet);
    rtc_rtcp_feedback_parse(&packet, &feedback);
    ok(rtc_twcc_parse(&feedback, &twcc) == 0, "is read");
    rtc_sent_feedback(&sent, &twcc);
}

static uint64_t push(unsigned count, rtc_usec from)
{
    uint64_t first = sent.end;

    for (unsigned i = 0; i < count; i++)
        rtc_sent_push(&sent, 100 + i, 0, from + (rtc_usec)i * RTC_MS);
    return first;
}

static void test_match(void)
{
    struct rtc_sent_news news;
    unsigned received = 0, lost = 0, wrong = 0;
    uint64_t first;

    rtc_sent_init(&sent);
    is_int(rtc_sent_number(&sent), 1, "numbers begin at 1");
    first = push(50, RTC_SEC);
    hear(first, first + 49, first + 20, 77 * RTC_SEC);
    while (rtc_sent_next(&sent, &news)) {
        rtc_usec i = (rtc_usec)(received + lost);
        wrong += news.sent_us != RTC_SEC + i * RTC_MS || news.was_lost ||
                 news.len != 100 + i;
        if (!news.received) {
            lost++;
            continue;
        }
        wrong += news.arrival_us > 77 * RTC_SEC + i * RTC_MS ||
                 news.arrival_us < 77 * RTC_SEC + i * RTC_MS - 300;
        received++;
    }
    ok(received == 49 && lost == 1 && !wrong, "each packet is told of");
    hear(first, first + 49, 0, 77 * RTC_SEC);
    ok(rtc_sent_next(&sent, &news) && news.received && news.was_lost,
       "then one that had been lost");
    is_int(news.sent_us, RTC_SEC + 20 * RTC_MS, "that one");
    ok(!rtc_sent_next(&sent, &news), "and nothing twice");
    hear(first + 100, first + 120, 0, 78 * RTC_SEC);
    ok(!rtc_sent_next(&sent, &news), "what was never sent is passed over");
    rtc_sent_done(&sent);
}

/* The reference time wraps each 12.4 days, numbers after 65536 packets. */
static void test_wraps(void)
{
    rtc_usec wrap = ((rtc_usec)1 << 24) * 64 * RTC_MS;
    struct rtc_sent_news news = {0};
    rtc_usec last = 0;
    bool forward = true;

    rtc_sent_init(&sent);
    push(65530, 0);
    for (unsigned i = 0; i < 40; i++) {
        uint64_t first = push(10, (rtc_usec)i * 10 * RTC_MS);
        hear(first, first + 9, 0, wrap - 200 * RTC_MS + i * 10 * RTC_MS);
        while (rtc_sent_next(&sent, &news)) {
            forward &= !last || (news.arrival_us > last &&
                                 news.arrival_us < last + 2 * RTC_MS);
            last = news.arrival_us;
        }
    }
    ok(forward, "time goes on across the wrap");
    hear(sent.end - 1, sent.end - 1, 0, wrap - 64 * RTC_MS);
    push(1, 0);
    hear(sent.end - 1, sent.end - 1, 0, wrap - 64 * RTC_MS);
    ok(rtc_sent_next(&sent, &news) && news.arrival_us < last, "and back");
    rtc_sent_done(&sent);
}

static void test_bounds(void)
{
    struct rtc_sent_news news;
    uint64_t first;

    rtc_sent_init(&sent);
    first = push(RTC_SENT_MOST + 5, 0);
    hear(first, first + 9, 0, RTC_SEC);
    ok(rtc_sent_next(&sent, &news) && news.len == 105, "the oldest are gone");
    rtc_sent_done(&sent);
    rtc_sent_done(NULL);
}

int main(void)
{
    test_match();
    test_wraps();
    test_bounds();
    return tap_done();
}
