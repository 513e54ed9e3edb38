/* SPDX-License-Identifier: MIT
 * Two associations over memory: every packet within the MTU and with the right
 * checksum, whatever is bundled in it, and all messages whole. */
#include "sctp/association.h"

#include "base/bytes.h"
#include "base/clock.h"
#include "sctp/crc32c.h"
#include "tap.h"

#define MESSAGES 200

struct pair {
    struct rtc_association *end[2];
    rtc_usec now;
    bool up[2];
    size_t largest;
    unsigned wrong_sums, packets;
    uint64_t bytes;
    unsigned messages;
};

static void begin(struct pair *p, size_t mtu)
{
    const struct rtc_association_config config = {.local_port = 5000,
                                                  .remote_port = 5000,
                                                  .mtu = mtu,
                                                  .streams = 16,
                                                  .send_buffer = 1 << 20,
                                                  .receive_buffer = 1 << 20};

    *p = (struct pair){.now = 1000 * RTC_SEC};
    for (int i = 0; i < 2; i++)
        ok(!rtc_association_new(&p->end[i], &config, p->now), "made");
}

static void check(struct pair *p, const uint8_t *packet, size_t len)
{
    uint8_t copy[2048];

    p->packets++;
    if (len > p->largest)
        p->largest = len;
    if (len > sizeof copy) {
        p->wrong_sums++;
        return;
    }
    memcpy(copy, packet, len);
    rtc_crc32c_seal(copy, len);
    p->wrong_sums += memcmp(copy, packet, len) != 0;
}

static void read_all(struct pair *p, int i)
{
    static uint8_t buf[65536];
    struct rtc_association_event event;

    while (rtc_association_read(p->end[i], buf, sizeof buf, &event)) {
        p->up[i] |= event.type == RTC_ASSOCIATION_UP;
        if (event.type != RTC_ASSOCIATION_DATA)
            continue;
        p->bytes += event.len;
        p->messages += event.is_last;
    }
}

static void step(struct pair *p)
{
    const uint8_t *packet;
    size_t len;

    for (int i = 0; i < 2; i++) {
        rtc_association_tick(p->end[i], p->now);
        while ((packet = rtc_association_peek(p->end[i], &len))) {
            check(p, packet, len);
            rtc_association_receive(p->end[!i], packet, len, p->now);
            rtc_association_pop(p->end[i]);
        }
        read_all(p, !i);
    }
    p->now += 5 * RTC_MS;
}

static void test_mtu(size_t mtu)
{
    static uint8_t data[8192];
    struct pair p;
    uint64_t sent = 0;

    begin(&p, mtu);
    for (int i = 0; i < 200 && !(p.up[0] && p.up[1]); i++)
        step(&p);
    ok(p.up[0] && p.up[1], "up");
    for (size_t i = 0; i < MESSAGES; i++) {
        struct rtc_association_message message = {.data = data,
                                                  .len = 1 + i * i % 700 +
                                                         (i % 10 ? 0 : 5000),
                                                  .stream = (uint16_t)(i % 16),
                                                  .ppid = 53,
                                                  .max_retransmits = -1,
                                                  .max_lifetime_ms = -1};
        ok(!rtc_association_send(p.end[0], &message, p.now), "taken");
        sent += message.len;
    }
    ok(rtc_association_pending(p.end[0]) >= sent, "pending");
    for (int i = 0; i < 1000 && rtc_association_pending(p.end[0]); i++)
        step(&p);
    printf("# MTU %zu: %u packets, largest %zu\n", mtu, p.packets, p.largest);
    is_int(p.messages, MESSAGES, "all messages");
    is_int((int64_t)p.bytes, (int64_t)sent, "all bytes");
    ok(p.largest <= mtu && p.largest > mtu - 40, "within the MTU");
    is_int(p.wrong_sums, 0, "checksums");
    rtc_association_free(p.end[0]);
    rtc_association_free(p.end[1]);
}

int main(void)
{
    test_mtu(488);
    test_mtu(539);
    test_mtu(1001);
    test_mtu(1163);
    test_mtu(1463);
    return tap_done();
}
