/* SPDX-License-Identifier: MIT
 * Any bytes as a STUN message: parse, check, and what was parsed is inside the
 * input; and as the answer to a gathering request. */
#include "base/addr.h"
#include "ice/gather.h"
#include "stun/auth.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check_inside(const struct rtc_stun *m, struct rtc_text text)
{
    const uint8_t *at = (const uint8_t *)text.at;

    if (!at)
        return;
    if (at < m->data || text.len > m->len ||
        (size_t)(at - m->data) > m->len - text.len)
        abort();
}

/* The input's own id, so that it is an answer. */
static void copy_id(void *user, void *buf, size_t len)
{
    memcpy(buf, user, len);
}

static void gather(const uint8_t *data, size_t len)
{
    const struct rtc_addr base = {4, 5000, 0, {192, 0, 2, 1}};
    const struct rtc_addr server = {4, 3478, 0, {198, 51, 100, 1}};
    uint8_t id[RTC_STUN_ID_LEN] = {0}, buf[RTC_STUN_HEADER_LEN];
    const struct rtc_random random = {copy_id, id};
    struct rtc_ice_gather_timing timing;
    struct rtc_candidate candidate;
    enum rtc_ice_gather_result result;
    struct rtc_ice_gather g;
    struct rtc_path path;

    if (len >= RTC_STUN_HEADER_LEN)
        memcpy(id, data + 8, sizeof id);
    rtc_ice_gather_timing_init(&timing);
    rtc_ice_gather_init(&g, &timing, &random);
    rtc_ice_gather_start(&g, &base, &server, 0, 0);
    if (rtc_ice_gather_transmit(&g, buf, sizeof buf, &path, 0) <= 0)
        abort();
    result = rtc_ice_gather_receive(&g, &path, data, len, &candidate, 0);
    if (result == RTC_ICE_GATHER_CANDIDATE &&
        (candidate.addr.family != 4 || !candidate.addr.port ||
         !rtc_addr_equal(&candidate.base, &base)))
        abort();
    if (rtc_ice_gather_transmit(&g, buf, sizeof buf, &path, 0) ||
        rtc_ice_gather_deadline(&g) <= 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct rtc_stun m;

    gather(data, len);
    if (rtc_stun_parse(&m, data, len) < 0)
        return 0;
    if (!rtc_stun_is_message(data, len))
        abort();
    check_inside(&m, m.username);
    check_inside(&m, m.realm);
    check_inside(&m, m.nonce);
    check_inside(&m, m.software);
    check_inside(&m, m.value);
    check_inside(&m, m.error_reason);
    if (m.mapped.family && m.mapped.family != 4 && m.mapped.family != 6)
        abort();
    if (rtc_stun_check_integrity(&m, "password", 8) && !m.integrity_at)
        abort();
    (void)rtc_stun_check_fingerprint(&m);
    return 0;
}
