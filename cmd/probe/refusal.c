/* SPDX-License-Identifier: MIT
 *
 * The error codes of RFC 8656 18 and RFC 8489 14.8 that a user can do something
 * about.
 */
#include "cmd/probe/refusal.h"

#include <stdio.h>

#include "stun/message.h"

static const struct {
    unsigned code;
    const char *words;
} meanings[] = {
    {300, "it wants another server to be used"},
    {401, "wrong user or password"},
    {437, "an allocation of before is in the way"},
    {440, "it has no relay of an address family that we have"},
    {441, "wrong user or password for this allocation"},
    {442, "it does not relay UDP"},
    {443, "the peer's address family is not the relay's"},
    {486, "the user's quota of allocations is reached"},
    {508, "it has no capacity left, or not the address that it is to relay at"},
};

void probe_text_copy(struct rtc_text text, char *buf, size_t cap)
{
    size_t len = 0;

    while (len < text.len && len + 1 < cap && text.at[len]) {
        char c = text.at[len];

        buf[len++] = c >= ' ' && c <= '~' ? c : '?';
    }
    buf[len] = '\0';
}

char *probe_refusal(unsigned code, const char *reason, enum probe_login login,
                    char buf[PROBE_REFUSAL_LEN])
{
    const char *words = "";

    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
        if (meanings[i].code == code)
            words = meanings[i].words;
    if (code == 401 && login == PROBE_LOGIN_UNTOLD)
        words = "it does not say how to log in";
    if (code == 400 && login == PROBE_LOGIN_TRIED)
        words = "some servers say so of a wrong user or password";
    snprintf(buf, PROBE_REFUSAL_LEN, "error %u%s%s%s%s%s", code,
             *reason ? " " : "", reason, *words ? " (" : "", words,
             *words ? ")" : "");
    return buf;
}
