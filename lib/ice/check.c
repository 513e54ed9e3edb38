/* SPDX-License-Identifier: MIT
 * Connectivity checks on the wire (RFC 8445 7, 16.1). Requests are signed with
 * the password of the side that answers, and so is the answer. */
#include "ice/check.h"

#include "stun/auth.h"

#include <string.h>

static bool is_ice_chars(const char *text, size_t least, size_t most)
{
    /* - _ and = are not in RFC 8839's list; some stacks use them. */
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "abcdefghijklmnopqrstuvwxyz"
                                  "0123456789+/-_=";
    size_t len = strnlen(text, most + 1);

    return len >= least && len <= most && strspn(text, allowed) == len;
}

bool rtc_ice_credentials_are_right(const char *ufrag, const char *pwd)
{
    return is_ice_chars(ufrag, 4, RTC_UFRAG_MAX) &&
           is_ice_chars(pwd, 22, RTC_PWD_MAX);
}

void rtc_ice_check_write(struct rtc_writer *w,
                         const struct rtc_ice_check *check)
{
    char username[2 * RTC_UFRAG_MAX + 2];
    struct rtc_writer text;

    rtc_writer_init(&text, username, sizeof username);
    rtc_write_text(&text, "%s:%s", check->remote->ufrag, check->local->ufrag);
    rtc_stun_write_begin(w, RTC_STUN_REQUEST, RTC_STUN_BINDING, check->id);
    rtc_stun_write(w, RTC_STUN_USERNAME, username, text.len);
    rtc_stun_write_u32(w, RTC_STUN_PRIORITY, check->priority);
    rtc_stun_write_u64(w,
                       check->controlling ? RTC_STUN_ICE_CONTROLLING
                                          : RTC_STUN_ICE_CONTROLLED,
                       check->tie_breaker);
    if (check->use_candidate)
        rtc_stun_write(w, RTC_STUN_USE_CANDIDATE, NULL, 0);
    rtc_stun_write_integrity(w, check->remote->pwd, strlen(check->remote->pwd));
    rtc_stun_write_fingerprint(w);
}

void rtc_ice_answer_write(struct rtc_writer *w,
                          const struct rtc_ice_answer *answer,
                          const struct rtc_ice_credentials *local)
{
    rtc_stun_write_begin(w, answer->error ? RTC_STUN_ERROR : RTC_STUN_SUCCESS,
                         RTC_STUN_BINDING, answer->id);
    if (answer->error == 0)
        rtc_stun_write_xor_addr(w, RTC_STUN_XOR_MAPPED_ADDRESS,
                                &answer->path.remote);
    else if (answer->error == 487)
        rtc_stun_write_error(w, 487, "Role Conflict");
    else
        rtc_stun_write_error(w, answer->error, "Unknown Attribute");
    if (answer->unknown_count)
        rtc_stun_write_unknown(w, answer->unknown, answer->unknown_count);
    rtc_stun_write_integrity(w, local->pwd, strlen(local->pwd));
    rtc_stun_write_fingerprint(w);
}

bool rtc_ice_check_is_for(const struct rtc_stun *request,
                          const struct rtc_ice_credentials *local)
{
    size_t len = strlen(local->ufrag);

    return request->username.at && request->username.len > len &&
           memcmp(request->username.at, local->ufrag, len) == 0 &&
           request->username.at[len] == ':' &&
           rtc_stun_check_integrity(request, local->pwd, strlen(local->pwd));
}

bool rtc_ice_answer_is_from(const struct rtc_stun *answer,
                            const struct rtc_ice_credentials *remote)
{
    return rtc_stun_check_integrity(answer, remote->pwd, strlen(remote->pwd));
}
