/* SPDX-License-Identifier: MIT
 * NACK to resend: what is queued, what is not, and the RTX form both ways. */
#include "stream/retransmit.h"

#include "base/bytes.h"
#include "base/clock.h"
#include "tap.h"

#define FIRST 100000u

static struct rtc_pool pool;
static struct rtc_history history;
static struct rtc_retransmit queue;

static void push(unsigned number)
{
    const struct rtc_rtp_header header = {.payload_type = 96,
                                          .marker = number % 2,
                                          .sequence = (uint16_t)number,
                                          .timestamp = number,
                                          .ssrc = 0x11223344};
    struct rtc_history_entry e = {.rtx_payload_type = 97};

    rtc_history_buffer(&history, &e.packet);
    e.header_len = (uint8_t)rtc_rtp_write(&header, e.packet, 64);
    memset(e.packet + e.header_len, (int)(number & 0xff), 10);
    e.len = (uint16_t)(e.header_len + 10);
    rtc_history_push(&history, number, &e, 0);
}

static void setup(unsigned count, unsigned kept)
{
    struct rtc_history_config config = {.packets = kept, .keep_us = RTC_SEC};

    memset(&queue, 0, sizeof queue);
    rtc_pool_init(&pool, 64, 4 * RTC_RETRANSMIT_MOST);
    rtc_history_init(&history, &config, &pool);
    for (unsigned i = 0; i < count; i++)
        push(FIRST + i);
    while (rtc_history_peek(&history))
        rtc_history_pop(&history, 0);
}

static void teardown(void)
{
    rtc_history_done(&history);
    rtc_pool_done(&pool);
}

static bool want(unsigned number, rtc_usec rtt_us, rtc_usec now)
{
    return rtc_retransmit_push(&queue, &history, (uint16_t)number, rtt_us, now);
}

static unsigned resend_all(rtc_usec now)
{
    struct rtc_history_entry *e;
    unsigned count = 0;

    for (; (e = rtc_retransmit_peek(&queue, &history)); count++)
        rtc_retransmit_pop(&queue, e, now);
    return count;
}

static void test_requests(void)
{
    setup(10, 100);
    ok(!rtc_retransmit_peek(&queue, &history), "nothing asked, nothing due");
    ok(want(FIRST + 3, -1, 0), "a kept packet is queued");
    ok(!want(FIRST + 3, -1, 0), "once");
    ok(want(FIRST + 1, -1, 0), "another too");
    ok(!want(FIRST + 10, -1, 0), "not one that was never sent");
    ok(!want(FIRST - 1, -1, 0), "nor one before the first");
    is_int(rtc_get_u16(rtc_retransmit_peek(&queue, &history)->packet + 2),
           (uint16_t)(FIRST + 3), "in the order asked");
    is_int(resend_all(0), 2, "both are resent");
    teardown();
}

/* One row: asked again `after_us` after a resend, at this RTT. */
static void test_pace(void)
{
    static const struct {
        rtc_usec rtt_us, after_us;
        bool queued;
    } rows[] = {
        {-1, 4 * RTC_MS, false},
        {-1, 5 * RTC_MS, true},
        {0, 4999, false},
        {0, 5000, true},
        {80 * RTC_MS, 79999, false},
        {80 * RTC_MS, 80 * RTC_MS, true},
        {RTC_SEC, 999 * RTC_MS, false},
        {RTC_SEC, RTC_SEC, true},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        setup(4, 100);
        want(FIRST, rows[i].rtt_us, 1000);
        resend_all(1000);
        ok(want(FIRST, rows[i].rtt_us, 1000 + rows[i].after_us) ==
               rows[i].queued,
           "not again within a round trip");
        teardown();
    }
}

static void test_bounds(void)
{
    unsigned queued = 0;

    setup(RTC_RETRANSMIT_MOST + 100, 4000);
    for (unsigned i = 0; i < RTC_RETRANSMIT_MOST + 100; i++)
        queued += want(FIRST + i, -1, 0);
    is_int(queued, RTC_RETRANSMIT_MOST, "the queue has a cap");
    is_int(resend_all(0), RTC_RETRANSMIT_MOST, "and is worked off");
    ok(want(FIRST + RTC_RETRANSMIT_MOST, -1, 0), "then takes more");
    teardown();

    setup(10, 10);
    for (unsigned i = 0; i < 10; i++)
        want(FIRST + i, -1, 0);
    for (unsigned i = 10; i < 16; i++)
        push(FIRST + i);
    while (rtc_history_peek(&history))
        rtc_history_pop(&history, 0);
    is_int(resend_all(0), 4, "what was evicted meanwhile is passed over");
    /* A number evicted, then reused one wrap later, was not asked for. */
    want(FIRST + 15, -1, 0);
    for (unsigned i = 0; i < 12; i++)
        push(FIRST + 15 + 65536 - 6 + i);
    while (rtc_history_peek(&history))
        rtc_history_pop(&history, 0);
    is_int(resend_all(0), 0, "nor is its namesake a wrap later resent");
    teardown();
}

/* With an extension block of its own, in place of the packet's (which has
 * none). */
static void test_rtx_extension(void)
{
    static const uint8_t block[8] = {0x31, 'a', 'b', 0x40, 'q'};
    struct rtc_rtx_form form = {.ssrc = 5,
                                .sequence = 7,
                                .own_extension = true,
                                .extension_profile = 0xbede,
                                .extension = block,
                                .extension_len = sizeof block};
    struct rtc_rtp_header header;
    uint8_t buf[64];
    int len;

    setup(4, 100);
    want(FIRST + 1, -1, 0);
    len = rtc_rtx_write(rtc_retransmit_peek(&queue, &history), &form, buf,
                        sizeof buf);
    is_int(len, 24 + 12, "an extension of its own");
    is_int(rtc_rtp_parse(buf, (size_t)len, &header), 0, "can be read");
    is_int(header.extension_profile, 0xbede, "its profile");
    is_mem(header.extension, block, sizeof block, "and bytes");
    ok(header.marker && header.timestamp == FIRST + 1 && header.ssrc == 5 &&
           header.payload_type == 97 && header.sequence == 7,
       "the rest is as without");
    is_int(header.payload_len, 12, "as is the payload");
    for (size_t cap = 0; cap < 36; cap++)
        is_int(rtc_rtx_write(rtc_retransmit_peek(&queue, &history), &form, buf,
                             cap),
               RTC_ERR_NOBUF, "a buffer too small for it");
    form.extension_len = 0;
    len = rtc_rtx_write(rtc_retransmit_peek(&queue, &history), &form, buf,
                        sizeof buf);
    is_int(len, 24, "or none at all");
    teardown();
}

static void test_rtx(void)
{
    struct rtc_rtx_form form = {.ssrc = 0xaabbccdd, .sequence = 7};
    struct rtc_rtp_header header;
    uint8_t buf[64], whole[64];
    int len;

    setup(4, 100);
    want(FIRST + 1, -1, 0);
    len = rtc_rtx_write(rtc_retransmit_peek(&queue, &history), &form, buf,
                        sizeof buf);
    is_int(len, 24, "two bytes longer");
    is_int(rtc_rtp_parse(buf, (size_t)len, &header), 0, "an RTP packet");
    is_int(header.ssrc, 0xaabbccdd, "of its own SSRC");
    is_int(header.sequence, 7, "sequence");
    is_int(header.payload_type, 97, "and payload type");
    ok(header.marker, "marker as it was");
    is_int(header.timestamp, FIRST + 1, "and the time (RFC 4588 4)");
    is_int(rtc_get_u16(header.payload), (uint16_t)(FIRST + 1),
           "then the original sequence number");
    is_int(rtc_rtx_parse(&header, 0x11223344, 96), 0, "and back:");
    is_int(header.sequence, (uint16_t)(FIRST + 1), "sequence");
    is_int(header.ssrc, 0x11223344, "SSRC");
    is_int(header.payload_type, 96, "payload type");
    is_int(header.payload_len, 10, "payload length");
    memset(whole, (FIRST + 1) & 0xff, sizeof whole);
    is_mem(header.payload, whole, 10, "payload");
    ok(header.payload == buf + header.header_len, "header_len fits again");
    for (size_t cap = 0; cap < 24; cap++)
        is_int(rtc_rtx_write(rtc_retransmit_peek(&queue, &history), &form, buf,
                             cap),
               RTC_ERR_NOBUF, "a buffer too small");
    for (size_t n = 0; n < 2; n++) {
        header = (struct rtc_rtp_header){
            .payload = buf, .payload_len = n, .sequence = 5};
        is_int(rtc_rtx_parse(&header, 1, 96), RTC_ERR_FORMAT,
               "RTX without an original (padding)");
        is_int(header.sequence, 5, "leaves the header");
    }
    teardown();
}

int main(void)
{
    test_requests();
    test_pace();
    test_bounds();
    test_rtx();
    test_rtx_extension();
    return tap_done();
}
