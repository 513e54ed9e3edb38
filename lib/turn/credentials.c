/* SPDX-License-Identifier: MIT
 * TURN REST credentials (draft-uberti-behave-turn-rest 2.2), which coturn knows
 * as use-auth-secret. */
#include "base/bytes.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/text.h"
#include "rtc.h"

#include <inttypes.h>
#include <string.h>

#define USERNAME_MOST 512

int rtc_turn_credentials(const char *secret, const char *user,
                         uint64_t expires_unix_s, char *ret_username,
                         size_t username_cap, char *ret_password,
                         size_t password_cap)
{
    char username[USERNAME_MOST + 1];
    uint8_t mac[RTC_SHA1_LEN];
    struct rtc_writer w;
    int result;

    rtc_writer_init(&w, username, sizeof username);
    rtc_write_text(&w, "%" PRIu64, expires_unix_s);
    if (user)
        rtc_write_text(&w, ":%s", user);
    if (w.failed || w.len >= username_cap)
        return RTC_ERR_NOBUF;
    result = rtc_hmac_sha1(secret, strlen(secret), username, w.len, mac);
    if (result == 0)
        result = rtc_base64_write(mac, sizeof mac, ret_password, password_cap);
    rtc_wipe(mac, sizeof mac);
    if (result < 0)
        return result;
    rtc_text_copy((struct rtc_text){username, w.len}, ret_username,
                  username_cap);
    return 0;
}
