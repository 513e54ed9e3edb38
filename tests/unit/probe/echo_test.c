/* SPDX-License-Identifier: MIT
 *
 * Datagrams that come back: all of them, twice, late, cut, changed, and what
 * others send instead.
 */
#include "cmd/probe/echo.h"

#include "tap.h"

#define LEN 64

static rtc_usec rtt;

static void test_plain(void)
{
    uint8_t sent[3][LEN];
    struct probe_echo echo;

    probe_echo_init(&echo, 3, LEN, 1000000);
    for (int i = 0; i < 3; i++) {
        probe_echo_write(&echo, sent[i], 1000000 + i * 1000);
        probe_echo_sent(&echo);
    }
    is_int(probe_echo_read(&echo, sent[0], LEN, &rtt, 1000500), PROBE_ECHO_NEW,
           "the first is back");
    is_int(rtt, 500, "after 500 us");
    is_int(probe_echo_read(&echo, sent[2], LEN, &rtt, 1003000), PROBE_ECHO_NEW,
           "the third is back");
    is_int(rtt, 1000, "after 1000 us");
    is_int(echo.above, 3, "it is the newest");
    is_int(probe_echo_read(&echo, sent[1], LEN, &rtt, 1004000), PROBE_ECHO_NEW,
           "the second is back");
    is_int(echo.overtaken, 1, "it was overtaken");
    is_int(probe_echo_read(&echo, sent[1], LEN, &rtt, 1005000),
           PROBE_ECHO_AGAIN, "it is back once more");
    is_int(echo.duplicates, 1, "as a duplicate");
    is_int(echo.series.sent, 3, "three were sent");
    is_int(echo.series.received, 3, "three came");
    is_int(probe_series_loss(&echo.series), 0, "none is lost");
    is_int(probe_series_mean(&echo.series), 1500, "the mean is right");
    probe_echo_done(&echo);
}

static void test_hostile(void)
{
    uint8_t sent[LEN], bad[LEN + 1] = {0};
    struct probe_echo echo, other;
    unsigned wrong = 0;

    probe_echo_init(&echo, 8, LEN, 0);
    probe_echo_write(&echo, sent, 100);
    is_int(probe_echo_read(&echo, sent, LEN, &rtt, 200), PROBE_ECHO_DAMAGED,
           "a number that did not leave yet");
    probe_echo_sent(&echo);
    for (size_t len = 0; len < LEN; len++)
        wrong += probe_echo_read(&echo, sent, len, &rtt, 200) !=
                 (len < 8 ? PROBE_ECHO_ALIEN : PROBE_ECHO_DAMAGED);
    is_int(wrong, 0, "cut at every length");
    memcpy(bad, sent, LEN);
    is_int(probe_echo_read(&echo, bad, LEN + 1, &rtt, 200), PROBE_ECHO_DAMAGED,
           "a byte more");
    for (size_t i = 0; i < LEN; i++) {
        memcpy(bad, sent, LEN);
        bad[i] ^= 0x80;
        wrong += probe_echo_read(&echo, bad, LEN, &rtt, 200) !=
                 (i < 8 ? PROBE_ECHO_ALIEN : PROBE_ECHO_DAMAGED);
    }
    is_int(wrong, 0, "each byte changed");
    probe_echo_init(&other, 8, LEN, 0);
    is_int(probe_echo_read(&other, sent, LEN, &rtt, 200), PROBE_ECHO_ALIEN,
           "of another echo");
    is_int(probe_echo_read(&echo, sent, LEN, &rtt, 99), PROBE_ECHO_DAMAGED,
           "before it left");
    is_int(echo.series.received, 0, "nothing of that counts");
    is_int(probe_echo_read(&echo, sent, LEN, &rtt, 200), PROBE_ECHO_NEW,
           "the real one does");
    probe_echo_done(&echo);
    probe_echo_done(&other);
}

int main(void)
{
    test_plain();
    test_hostile();
    return tap_done();
}
