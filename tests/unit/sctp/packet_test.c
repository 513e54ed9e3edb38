/* SPDX-License-Identifier: MIT
 * SCTP packets from outside: acknowledgements, resets and where a packet can be
 * cut; and a reset that has to wait. */
#include "sctp/packet.h"

#include "base/mem.h"
#include "sctp/early.h"
#include "tap.h"

#define HEADER 0x13, 0x88, 0x13, 0x88, 1, 2, 3, 4, 0, 0, 0, 0
#define ACK(tsn) 3, 0, 0, 16, 0, 0, 1, tsn, 0, 0, 255, 255, 0, 0, 0, 0
#define DATA 0, 3, 0, 18, 0, 0, 0, 9, 0, 1, 0, 0, 0, 0, 0, 51, 'h', 'i', 0, 0
#define RESET(tsn)                                                             \
    130, 0, 0, 22, 0, 13, 0, 18, 0, 0, 0, 5, 0, 0, 0, 6, 0, 0, 1, tsn, 0, 2,   \
        0, 0
#define ANSWER 130, 0, 0, 16, 0, 16, 0, 12, 0, 0, 0, 5, 0, 0, 0, 1
#define ANSWER_AND_RESET                                                       \
    130, 0, 0, 34, 0, 16, 0, 12, 0, 0, 0, 5, 0, 0, 0, 1, 0, 13, 0, 18, 0, 0,   \
        0, 5, 0, 0, 0, 6, 0, 0, 1, 77, 0, 2, 0, 0

static const uint8_t ack[] = {HEADER, ACK(7)};
static const uint8_t ack_and_data[] = {HEADER, ACK(7), DATA};
static const uint8_t data_only[] = {HEADER, DATA, DATA};
static const uint8_t reset[] = {HEADER, DATA, RESET(9)};
static const uint8_t answer[] = {HEADER, ANSWER};
static const uint8_t two[] = {HEADER, ANSWER, RESET(9)};
static const uint8_t both[] = {HEADER, ANSWER_AND_RESET};

static void test_acks(void)
{
    uint32_t tsn = 0;

    ok(rtc_sctp_is_mere_ack(ack, sizeof ack), "an acknowledgement");
    ok(!rtc_sctp_is_mere_ack(ack_and_data, sizeof ack_and_data), "and data");
    ok(!rtc_sctp_is_mere_ack(ack, sizeof ack - 4), "cut short");
    ok(rtc_sctp_find_ack(ack_and_data, sizeof ack_and_data, &tsn), "is found");
    is_int(tsn, 0x107, "with its number");
    ok(!rtc_sctp_find_ack(data_only, sizeof data_only, &tsn), "there is none");
    for (size_t len = 0; len < sizeof ack; len++)
        if (rtc_sctp_find_ack(ack, len, &tsn))
            ok(false, "cut short");
}

static void test_resets(void)
{
    uint32_t tsn = 0;

    ok(rtc_sctp_find_reset(reset, sizeof reset, &tsn), "a reset behind data");
    is_int(tsn, 0x109, "with its number");
    ok(rtc_sctp_find_reset(both, sizeof both, &tsn), "one behind an answer");
    is_int(tsn, 0x100 + 77, "with its number");
    ok(rtc_sctp_find_reset(two, sizeof two, &tsn), "one in a second chunk");
    is_int(tsn, 0x109, "with its number");
    ok(!rtc_sctp_find_reset(answer, sizeof answer, &tsn), "an answer is none");
    for (size_t len = 0; len < sizeof both - 4; len++)
        if (rtc_sctp_find_reset(both, len, &tsn))
            ok(false, "cut short");
}

static void test_cuts(void)
{
    const size_t len = sizeof ack_and_data;

    is_int(rtc_sctp_first_chunks(ack_and_data, len, len - 1), 28, "in two");
    is_int(rtc_sctp_first_chunks(ack_and_data, len, 28), 28, "just so");
    is_int(rtc_sctp_first_chunks(ack_and_data, len, 27), 0, "not at all");
    is_int(rtc_sctp_first_chunks(ack_and_data, len, len), 28,
           "not behind the last");
    is_int(rtc_sctp_first_chunks(ack, sizeof ack, 20), 0, "one chunk");
}

static void test_early(void)
{
    struct rtc_sctp_early e = {.packet = NULL};
    uint8_t later[sizeof ack];
    uint8_t *packet;
    size_t len = 0;

    ok(!rtc_sctp_early_keep(&e, reset, sizeof reset), "nothing is known yet");
    rtc_sctp_early_note(&e, ack, sizeof ack);
    ok(!rtc_sctp_early_keep(&e, data_only, sizeof data_only), "data passes");
    ok(rtc_sctp_early_keep(&e, reset, sizeof reset), "an early reset waits");
    ok(rtc_sctp_early_keep(&e, reset, sizeof reset), "so does its resend");
    ok(!rtc_sctp_early_take(&e, &len), "until");
    memcpy(later, ack, sizeof ack);
    later[19] = 9;
    rtc_sctp_early_note(&e, later, sizeof later);
    packet = rtc_sctp_early_take(&e, &len);
    ok(packet && len == sizeof reset, "nothing is missing");
    rtc_free(packet);
    ok(!rtc_sctp_early_take(&e, &len), "once");
    ok(!rtc_sctp_early_keep(&e, reset, sizeof reset), "then it passes");
    rtc_sctp_early_done(&e);
}

int main(void)
{
    test_acks();
    test_resets();
    test_cuts();
    test_early();
    return tap_done();
}
