/* SPDX-License-Identifier: MIT
 *
 * Messages of rtc-probe peer: written and read again they are the same; what is
 * cut off, out of bounds, of another version or no message at all is told.
 */
#include "cmd/probe/peer_control.h"

#include "tap.h"

static const struct peer_message hello = {
    .type = PEER_HELLO,
    .text = "1.2.3",
    .parameters = {.mode = PEER_DATA,
                   .up = true,
                   .time_us = 10000000,
                   .interval_us = 1000000,
                   .bitrate_bps = 2000000,
                   .streams = 4,
                   .length = 1000,
                   .run = UINT32_MAX},
};

static const struct peer_message interval = {
    .type = PEER_INTERVAL,
    .index = 7,
    .tally =
        {.sent = {.packets = 1, .bytes = 2, .held = 3, .late = 4, .time_us = 5},
         .received = {.packets = 6,
                      .bytes = 7,
                      .expected = 8,
                      .recovered = 9,
                      .reordered = 10,
                      .duplicates = 11,
                      .steps = 18,
                      .steps_us = 19,
                      .time_us = 12,
                      .streams = {4, 2, [PEER_STREAM_MOST - 1] = 17}},
         .estimate_bps = 13,
         .rtt_us = -1,
         .late_us = 14,
         .unread = 16,
         .cpu_permille = 15},
};

static int read_text(const char *text, struct peer_message *ret_message,
                     char why[PEER_WHY_LEN])
{
    memset(ret_message, 0, sizeof *ret_message);
    return peer_message_parse(text, strlen(text), ret_message, why);
}

static void test_again(void)
{
    struct peer_message message = {0};
    char text[PEER_MESSAGE_MAX], why[PEER_WHY_LEN];
    int len = peer_message_write(&hello, text, sizeof text);

    ok(len > 0 && !peer_message_parse(text, (size_t)len, &message, why),
       "hello is written and read");
    is_str(message.text, "1.2.3", "its text");
    is_mem(&message.parameters, &hello.parameters, sizeof hello.parameters,
           "its parameters");
    len = peer_message_write(&interval, text, sizeof text);
    ok(len > 0 && !peer_message_parse(text, (size_t)len, &message, why),
       "an interval is written and read");
    is_int(message.index, 7, "its number");
    is_mem(&message.tally, &interval.tally, sizeof interval.tally, "its tally");
    ok(peer_message_write(&interval, text, 50) == RTC_ERR_NOBUF,
       "a buffer too short is told");
}

/* Of every length but the whole, and with each of its bytes another. */
static void test_broken(void)
{
    struct peer_message message;
    char text[PEER_MESSAGE_MAX], why[PEER_WHY_LEN];
    int len = peer_message_write(&interval, text, sizeof text);
    unsigned taken = 0;

    for (size_t i = 0; i < (size_t)len; i++)
        taken += peer_message_parse(text, i, &message, why) == 0;
    is_int(taken, 0, "nothing that is cut off is taken");
    for (size_t i = 0; i < (size_t)len; i++) {
        char was = text[i];

        text[i] = '#';
        taken += peer_message_parse(text, (size_t)len, &message, why) == 0;
        text[i] = was;
    }
    ok(taken <= 4,
       "nor one with a byte changed, but in a name that may be missing");
}

static void test_bounds(void)
{
    static const char *const bad[][2] = {
        {"\"streams\":0", "streams"},
        {"\"streams\":17", "streams"},
        {"\"length\":63", "length"},
        {"\"length\":65537", "length"},
        {"\"time_us\":-5", "time_us"},
        {"\"bitrate\":-1", "bitrate"},
        {"\"bitrate\":1e6", "bitrate"},
        {"\"mode\":\"tape\"", "mode"},
        {"\"up\":1", "up"},
        {"\"up\":false", "up"}, /* neither way */
        {"\"run\":4294967296", "run"},
        {"\"interval_us\":1", "interval_us"},
    };
    static const char good[] =
        "{\"v\":1,\"type\":\"hello\",\"mode\":\"media\",\"up\":true,"
        "\"down\":false,\"time_us\":1000000,\"interval_us\":1000000,"
        "\"bitrate\":0,\"streams\":16,\"length\":64,\"run\":0}";
    struct peer_message message;
    char text[1024], why[PEER_WHY_LEN];

    is_int(read_text(good, &message, why), 0, "all at their bounds is taken");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char wanted[PEER_WHY_LEN];

        /* The later one of two members counts. */
        snprintf(text, sizeof text, "%.*s,%s}", (int)sizeof good - 2, good,
                 bad[i][0]);
        snprintf(wanted, sizeof wanted,
                 "`%s' of a message is missing or out of bounds", bad[i][1]);
        is_int(read_text(text, &message, why), RTC_ERR_FORMAT, bad[i][0]);
        is_str(why, wanted, "is told");
    }
}

static void test_others(void)
{
    struct peer_message message;
    char text[PEER_MESSAGE_MAX + 2], why[PEER_WHY_LEN];

    is_int(read_text("{\"v\":2,\"type\":\"hello\"}", &message, why),
           RTC_ERR_UNSUPPORTED, "another version");
    is_str(why, "version 2 of the protocol, where 1 is spoken", "is told");
    is_int(read_text("{\"type\":\"hello\"}", &message, why), RTC_ERR_FORMAT,
           "no version");
    is_int(read_text("", &message, why), RTC_ERR_FORMAT, "nothing");
    is_int(read_text("[1]", &message, why), RTC_ERR_FORMAT, "no object");
    is_int(read_text("{\"v\":1,\"type\":\"refusal\",\"text\":\"a\\u001b[2J\"}",
                     &message, why),
           0, "a refusal");
    is_str(message.text, "a?[2J", "without control characters");
    memset(text, ' ', sizeof text);
    text[0] = '{';
    text[PEER_MESSAGE_MAX] = '}';
    text[PEER_MESSAGE_MAX + 1] = '\0';
    is_int(read_text(text, &message, why), RTC_ERR_FORMAT, "one too long");
}

int main(void)
{
    test_again();
    test_broken();
    test_bounds();
    test_others();
    return tap_done();
}
