/* SPDX-License-Identifier: MIT
 *
 * A saved peer's text: a peer that can be made of it works, and what that peer
 * saves gives the same peer again. The identity is fake_dtls.c's, so that its
 * PEM need not be right.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "rtc.h"
#include "tests/fuzz/fake_dtls.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define START_US (1000 * RTC_SEC)
#define TEXT_MAX (1 << 18)

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void draw(void *user, void *buf, size_t len)
{
    (void)user;
    memset(buf, 7, len);
}

static int load(struct rtc_peer **ret_peer, const char *text, size_t len)
{
    struct rtc_config config;
    const char *why = NULL;
    int error;

    rtc_config_init(&config);
    config.random = draw;
    error = rtc_peer_load(ret_peer, &config, text, len, 0, &why, START_US);
    must(!error || (why && *why));
    return error;
}

static void drain(struct rtc_peer *peer, rtc_usec now)
{
    uint8_t buf[1200];
    struct rtc_datagrams datagrams;
    struct rtc_event event;

    while (rtc_peer_transmit(peer, buf, sizeof buf, &datagrams, now) > 0)
        ;
    while (rtc_peer_poll(peer, &event))
        ;
    must(rtc_peer_deadline(peer) >= now);
}

/* What can be saved is loaded as the same. */
static void check_again(const struct rtc_peer *peer)
{
    static char once[TEXT_MAX], twice[TEXT_MAX];
    struct rtc_peer *again;
    int len = rtc_peer_save(peer, once, sizeof once, START_US);

    if (len == RTC_ERR_STATE)
        return;
    must(len > 0);
    must(!load(&again, once, (size_t)len));
    must(rtc_peer_save(again, twice, sizeof twice, START_US) == len);
    must(!memcmp(once, twice, (size_t)len));
    rtc_peer_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct rtc_peer *peer;
    struct rtc_track_info info;
    rtc_usec now = START_US;

    if (load(&peer, (const char *)data, len))
        return 0;
    check_again(peer);
    for (int i = 0; i < (int)rtc_peer_track_count(peer); i++)
        must(!rtc_peer_track_info(peer, i, &info));
    for (int i = 0; i < 10; i++, now += 100 * RTC_MS) {
        rtc_peer_tick(peer, now);
        drain(peer, now);
    }
    rtc_peer_close(peer, now);
    drain(peer, now);
    rtc_peer_free(peer);
    return 0;
}
