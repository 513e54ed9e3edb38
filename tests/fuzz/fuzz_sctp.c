/* SPDX-License-Identifier: MIT
 * Any SCTP packets, as a remote that has passed DTLS can send them, into an
 * association in the middle of a transfer. The input is packets behind their
 * length in two bytes; they get the verification tag that the receiver expects.
 * Time and randomness are ours, so numbers are the same with every run, and a
 * packet that FUZZ_SCTP_DUMP wrote fits. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "sctp/channels.h"
#include "tests/sim/clock.h"

#define START (1000 * RTC_SEC)
#define MESSAGE_MAX 10000
#define PACKET_MAX 1400
#define TAG_AT 4

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct rtc_channels *end[2];
static uint8_t tag[4]; /* that end 1 expects */
static rtc_usec now;
static unsigned messages;

static void dump(const uint8_t *packet, size_t len)
{
    static unsigned number;
    const char *folder = getenv("FUZZ_SCTP_DUMP");
    uint8_t prefix[2];
    char name[256];
    FILE *f;

    if (!folder)
        return;
    snprintf(name, sizeof name, "%s/packet-%02u", folder, number++);
    f = fopen(name, "wb");
    if (!f)
        return;
    rtc_put_u16(prefix, (uint16_t)len);
    fwrite(prefix, 1, 2, f);
    fwrite(packet, 1, len, f);
    fclose(f);
}

static void poll_all(struct rtc_channels *s)
{
    struct rtc_event event;

    while (rtc_channels_poll(s, &event, now)) {
        struct rtc_channel *c = rtc_channels_find(s, event.channel);
        if (!c)
            abort();
        if (event.type != RTC_EVENT_MESSAGE)
            continue;
        messages++;
        if (event.message.len > MESSAGE_MAX)
            abort();
    }
}

static void carry(int from, bool dumped)
{
    const uint8_t *packet;
    size_t len;

    while ((packet = rtc_channels_peek(end[from], &len))) {
        if (from == 0)
            memcpy(tag, packet + TAG_AT, sizeof tag);
        if (dumped)
            dump(packet, len);
        rtc_channels_receive(end[!from], packet, len, now);
        rtc_channels_pop(end[from]);
    }
    rtc_channels_tick(end[!from], now);
    poll_all(end[!from]);
}

static void run(rtc_usec duration, bool dumped)
{
    for (rtc_usec until = now + duration; now < until; now += 20 * RTC_MS) {
        sim_clock_set(now);
        for (int i = 0; i < 2; i++) {
            rtc_channels_tick(end[i], now);
            carry(i, dumped && i == 0);
        }
    }
}

static void begin(void)
{
    const struct rtc_channels_config config = {.message_max = MESSAGE_MAX,
                                               .channel_buffer = 65536,
                                               .channel_window = 65536};
    struct rtc_channel_config channel = {
        .label = "a", .max_retransmits = -1, .max_lifetime_ms = -1};
    struct rtc_channel *c;

    sim_random_seed(1);
    now = START;
    sim_clock_set(now);
    for (int i = 0; i < 2; i++) {
        struct rtc_channels_start start = {
            .is_client = i == 0, .mtu = 1163, .port = 5000};
        if (rtc_channels_new(&end[i], &config) ||
            rtc_channels_start(end[i], &start, now))
            abort();
    }
    for (int i = 0; i < 3; i++) {
        channel.unordered = i == 1;
        channel.max_retransmits = i == 2 ? 0 : -1;
        if (rtc_channels_add(end[0], &channel, &c, now))
            abort();
    }
    run(RTC_SEC / 10, false);
}

static void send_some(int from)
{
    static uint8_t data[MESSAGE_MAX];
    struct rtc_message message = {.data = data, .len = 3000};

    for (int i = 0; i < 3; i++) {
        struct rtc_channel *c = rtc_channels_find(end[from], i);
        if (c && c->state == RTC_CHANNEL_OPEN)
            (void)rtc_channels_send(end[from], c, &message, now);
    }
}

static void feed(const uint8_t *data, size_t len)
{
    uint8_t packet[PACKET_MAX];
    struct rtc_reader r;

    rtc_reader_init(&r, data, len);
    while (rtc_reader_left(&r) > 2) {
        size_t want = rtc_read_u16(&r), left = rtc_reader_left(&r);
        size_t n = want < left ? want : left;
        if (n > sizeof packet)
            n = sizeof packet;
        memcpy(packet, rtc_read_bytes(&r, n), n);
        /* The tag of an INIT is 0 (RFC 9260 8.5.1). */
        if (n >= 12 && rtc_get_u32(packet + TAG_AT))
            memcpy(packet + TAG_AT, tag, sizeof tag);
        rtc_channels_receive(end[1], packet, n, now);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    begin();
    send_some(0);
    send_some(1);
    carry(0, false);
    feed(data, len);
    rtc_channels_tick(end[1], now);
    poll_all(end[1]);
    send_some(0);
    if (getenv("FUZZ_SCTP_DUMP"))
        rtc_channels_close(end[0], rtc_channels_find(end[0], 1), now);
    run(RTC_SEC / 2, true);
    for (int i = 0; i < 2; i++) {
        rtc_channels_end(end[i]);
        poll_all(end[i]);
        rtc_channels_free(end[i]);
    }
    return 0;
}
