/* SPDX-License-Identifier: MIT
 * Datagrams to a DTLS session, in virtual time and with fixed randomness. The
 * first byte's bit 0 says client or server, bit 1 to start only after the
 * datagrams; each datagram then has two bytes of length before it. */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "dtls/session.h"
#include "tests/sim/clock.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void drain(struct rtc_dtls *d)
{
    uint8_t buf[1200];
    int n;

    while ((n = rtc_dtls_transmit(d, buf, sizeof buf)) > 0)
        ;
    if (n < 0 || rtc_dtls_deadline(d) <= sim_clock_now())
        abort();
    while ((n = rtc_dtls_read(d, buf, sizeof buf)) > 0)
        ;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct rtc_identity *identity;
    struct rtc_dtls_config config = {.mtu = 1200, .skip_fingerprint = true};
    struct rtc_dtls *d;
    struct rtc_reader r;
    enum rtc_dtls_role role;

    if (len < 1)
        return 0;
    if (!identity && rtc_identity_new(&identity))
        abort();
    config.identity = identity;
    if (rtc_dtls_new(&d, &config))
        abort();
    role = data[0] & 1 ? RTC_DTLS_SERVER : RTC_DTLS_CLIENT;
    if (!(data[0] & 2) && rtc_dtls_start(d, role, sim_clock_now()))
        abort();
    rtc_reader_init(&r, data + 1, len - 1);
    while (rtc_reader_left(&r) > 2 && !r.failed) {
        size_t part = rtc_read_u16(&r);
        const uint8_t *bytes = rtc_read_bytes(&r, part);

        if (bytes)
            rtc_dtls_receive(d, bytes, part, sim_clock_now());
        drain(d);
        sim_clock_advance(40 * RTC_MS);
        rtc_dtls_tick(d, sim_clock_now());
        drain(d);
    }
    if ((data[0] & 2) && rtc_dtls_start(d, role, sim_clock_now()))
        abort();
    drain(d);
    rtc_dtls_close(d);
    drain(d);
    rtc_dtls_free(d);
    return 0;
}
