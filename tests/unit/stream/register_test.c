/* SPDX-License-Identifier: MIT
 * Acceptance 66: what is missing and what was received, in every situation, a
 * row each. A word of a script is a packet's number, `-5` one that lies before
 * the first, `+10` lets 10 ms pass. */
#include "base/clock.h"
#include "stream/loss.h"
#include "stream/receiver.h"
#include "stream/script.h"

#define RTT (40 * RTC_MS)

/* ---- what is asked for --------------------------------------------------- */

#define FIRST ((UINT64_C(1) << 32) + 65530) /* 6: the first behind a wrap */

/* `{3,4}`: a NACK of 3 and 4. A run of numbers is a range. */
static void ask(struct rtc_loss *loss, unsigned most, struct script_text *got,
                rtc_usec now)
{
    uint16_t list[RTC_LOSS_NACK_MOST];
    unsigned count = rtc_loss_nack(loss, list, most, RTT, now);

    for (unsigned i = 0; i < count; i++) {
        unsigned end = i;

        while (end + 1 < count && list[end + 1] == (uint16_t)(list[end] + 1))
            end++;
        script_add(got, i ? ",%u" : "{%u", (uint16_t)(list[i] - 65530));
        if (end > i)
            script_add(got, "-%u", (uint16_t)(list[end] - 65530));
        i = end;
    }
    if (count)
        script_add(got, "}");
}

static void check_asked(const struct script_row *row)
{
    const char *at = row->script;
    struct script_text got = {.len = 0};
    struct script_word w;
    struct rtc_loss loss;
    rtc_usec now = 0;

    rtc_loss_init(&loss, 500 * RTC_MS);
    while (script_next(&at, &w)) {
        if (w.head == '+')
            now += w.first * RTC_MS;
        else if (w.head == '-')
            rtc_loss_receive(&loss, FIRST - w.first, now);
        else if (w.head == '<')
            rtc_loss_forget(&loss, FIRST + w.first);
        else
            for (unsigned n = w.first; n <= w.last; n++)
                rtc_loss_receive(&loss, FIRST + n, now);
        ask(&loss, row->most, &got, now);
    }
    script_check(row, &got);
    rtc_loss_done(&loss);
}

static const struct script_row asked[] = {
    {"nothing is missing", 250, "0-100 +100", ""},
    {"one packet, and no more", 250, "5 +500", ""},
    {"a hole of one", 250, "0 2 3", "{1}"},
    {"a hole of one, nothing behind it", 250, "0 2 +7 +1", "{1}"},
    {"a hole of several", 250, "0 5 6", "{1-4}"},
    {"two holes", 250, "0 2 4 5", "{1}{3}"},
    {"two holes at once", 250, "0 2 4 +8", "{1}{3}"},
    {"a hole of 17", 250, "0 18 19", "{1-17}"},
    {"a hole of 18", 250, "0 19 20", "{1-18}"},
    {"a hole across the wrap", 250, "3 9 10", "{4-8}"},
    {"a hole right before the wrap", 250, "4 6 7", "{5}"},
    {"a hole right behind the wrap", 250, "5 7 8", "{6}"},
    {"reordered in time", 250, "0 2 1 3 +100", ""},
    {"reordered, then nothing", 250, "0 3 2 1 +500", ""},
    {"filled before it is asked for again", 250, "0 2 3 +20 1 +500", "{1}"},
    {"asked for again a round trip later", 250, "0 2 3 +49 +1", "{1}{1}"},
    {"part of a hole is filled", 250, "0 5 6 +20 2 3 +30", "{1-4}{1,4}"},
    {"the same packet many times", 250, "0 2 2 2 2 3", "{1}"},
    {"one older than all", 250, "5 -3 4 6 7 +100", ""},
    {"more than a NACK holds", 3, "0 6 7 +1", "{1-3}{4-5}"},
    {"not for longer than half a second", 250, "0 2 3 +499 +1 +500", "{1}{1}"},
    {"not what is not wanted any more", 250, "0 5 6 <3 +50", "{1-4}{3-4}"},
    {"a jump too wide to ask for", 250, "0 5000 5001 +100", ""},
    {"a huge jump, then a hole", 250, "0 400000000 400000001 400000003 +8",
     "{33794}"},
    {"a jump across the wrap, then a hole", 250, "0 70000 70001 70003 +8",
     "{4466}"},
};

/* ---- what was received
 * ------------------------------------------------------- */

/* Packets 20 ms apart, at 8 kHz, from number 65530; letters as in `5d20`: it is
 * 20 ms late. What comes: packets, lost, fraction, highest number without
 * cycles, jitter in ticks. */
static void check_received(const struct script_row *row)
{
    const char *at = row->script;
    struct script_text got = {.len = 0};
    struct rtc_receiver receiver;
    struct rtc_rtcp_block block;
    struct rtc_packet packet;
    struct script_word w;

    rtc_receiver_init(&receiver, 1, 8000);
    while (script_next(&at, &w)) {
        rtc_usec late = w.letters[0] == 'd' ? atoi(w.letters + 1) * RTC_MS : 0;

        for (unsigned n = w.first; n <= w.last; n++) {
            struct rtc_rtp_header header = {.sequence = (uint16_t)(65530 + n),
                                            .timestamp = 160 * n};
            rtc_receiver_receive(&receiver, &header, &packet,
                                 (rtc_usec)n * 20 * RTC_MS + late);
        }
    }
    if (rtc_receiver_report(&receiver, &block, 0))
        script_add(&got, "%u packets, %d lost, %u/256, highest %u, jitter %u",
                   (unsigned)receiver.packets, (int)block.lost,
                   block.fraction_lost, block.highest_sequence & 0xffff,
                   block.jitter);
    script_check(row, &got);
}

static const struct script_row received[] = {
    {"nothing", 0, "", ""},
    {"one packet", 0, "0", "1 packets, 0 lost, 0/256, highest 65530, jitter 0"},
    {"a hundred in time", 0, "0-99",
     "100 packets, 0 lost, 0/256, highest 93, jitter 0"},
    {"a hundred, all as late", 0, "0-99d20",
     "100 packets, 0 lost, 0/256, highest 93, jitter 0"},
    {"one of two lost", 0, "0 2 4 6 8 10 11",
     "7 packets, 5 lost, 106/256, highest 5, jitter 0"},
    {"lost at the wrap", 0, "0-4 7-9",
     "8 packets, 2 lost, 51/256, highest 3, jitter 0"},
    {"out of order", 0, "0 2 1 3",
     "4 packets, 0 lost, 0/256, highest 65533, jitter 0"},
    {"one twice", 0, "0-3 3",
     "5 packets, -1 lost, 0/256, highest 65533, jitter 0"},
    {"one late by 20 ms: 160 ticks, a 16th of it", 0, "0-3 4d20",
     "5 packets, 0 lost, 0/256, highest 65534, jitter 10"},
    {"and back", 0, "0-3 4d20 5",
     "6 packets, 0 lost, 0/256, highest 65535, jitter 19"},
    {"two rounds of numbers", 0, "0-131100",
     "131101 packets, 0 lost, 0/256, highest 22, jitter 0"},
    {"a stray far ahead is not believed", 0, "0-3 30000 4",
     "5 packets, 0 lost, 0/256, highest 65534, jitter 0"},
};

int main(void)
{
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++)
        check_asked(&asked[i]);
    for (size_t i = 0; i < sizeof received / sizeof *received; i++)
        check_received(&received[i]);
    return tap_done();
}
