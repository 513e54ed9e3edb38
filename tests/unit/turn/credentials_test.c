/* SPDX-License-Identifier: MIT
 * Credentials from a shared secret; the passwords were made by OpenSSL. */
#include "rtc.h"

#include "rtc.h"
#include "tap.h"

int main(void)
{
    char username[64], password[RTC_TURN_PASSWORD], name[600];

    is_int(rtc_turn_credentials("north", "joe", 1700000000, username,
                                sizeof username, password, sizeof password),
           0, "made");
    is_str(username, "1700000000:joe", "username");
    is_str(password, "GyK2sZPb4d2oQ+jDF8SDz4kUANg=", "password");
    is_int(rtc_turn_credentials("north", NULL, 1700000000, username, 11,
                                password, sizeof password),
           0, "without a user");
    is_str(username, "1700000000", "username");
    is_str(password, "CWyHi3zCeWqXBir9thl4m+iZPRY=", "password");
    is_int(rtc_turn_credentials("north", NULL, 1700000000, username, 10,
                                password, sizeof password),
           RTC_ERR_NOBUF, "no room for the username");
    is_int(rtc_turn_credentials("north", "joe", 1, username, sizeof username,
                                password, sizeof password - 1),
           RTC_ERR_NOBUF, "no room for the password");
    memset(name, 'x', sizeof name);
    name[sizeof name - 1] = '\0';
    is_int(rtc_turn_credentials("north", name, 1, name, sizeof name, password,
                                sizeof password),
           RTC_ERR_NOBUF, "a user that is too long");
    is_str(username, "1700000000", "outputs are as they were");
    return tap_done();
}
