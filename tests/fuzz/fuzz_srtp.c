/* SPDX-License-Identifier: MIT
 * SRTP and SRTCP from the network. The first byte chooses: bits 0-1 the
 * profile, bit 2 RTCP, bit 3 to protect the rest first, so that what is behind
 * the authentication is reached, too. */
#include <stdlib.h>
#include <string.h>

#include "srtp/context.h"

#define CAP 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct rtc_srtp *make(unsigned choice)
{
    static const unsigned profiles[4] = {7, 8, 1, 7};
    static const uint8_t key[RTC_SRTP_KEY_MAX] = {1, 2, 3};
    struct rtc_srtp *s;

    if (rtc_srtp_new(&s, profiles[choice], key, key))
        abort();
    return s;
}

static int protect_and_back(struct rtc_srtp *s, uint8_t *buf, size_t len,
                            bool is_rtcp)
{
    int n = is_rtcp ? rtc_srtcp_protect(s, buf, len, CAP)
                    : rtc_srtp_protect(s, buf, len, CAP);

    if (n < 0)
        return n;
    return is_rtcp ? rtc_srtcp_unprotect(s, buf, (size_t)n)
                   : rtc_srtp_unprotect(s, buf, (size_t)n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct rtc_srtp *s;
    uint8_t *buf;
    int n;

    if (len < 1 || len > CAP - RTC_SRTCP_OVERHEAD_MAX)
        return 0;
    s = make(data[0] & 3);
    len--;
    buf = malloc(data[0] & 8 ? CAP : len + 1);
    if (!buf)
        abort();
    memcpy(buf, data + 1, len);
    if (data[0] & 8) {
        n = protect_and_back(s, buf, len, data[0] & 4);
        if (n >= 0 && ((size_t)n != len || memcmp(buf, data + 1, len) != 0))
            abort();
    } else {
        n = data[0] & 4 ? rtc_srtcp_unprotect(s, buf, len)
                        : rtc_srtp_unprotect(s, buf, len);
        if (n > (int)len)
            abort();
    }
    free(buf);
    rtc_srtp_free(s);
    return 0;
}
