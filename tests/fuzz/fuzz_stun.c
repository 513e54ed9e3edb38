/* SPDX-License-Identifier: MIT
 * Any bytes as a STUN message: parse, check, and what was parsed is inside the
 * input. */
#include "base/addr.h"
#include "stun/auth.h"

#include <stdlib.h>

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct rtc_stun m;

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
