/* SPDX-License-Identifier: MIT
 *
 * Reads what servers send, and a bit more than RFC 9110 lets them.
 */
#include "cmd/field.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

bool field_is_text(const char *text)
{
    for (; *text; text++)
        if (((unsigned char)*text < ' ' && *text != '\t') || *text == 127)
            return false;
    return true;
}

bool field_has_name(const char *line, const char *name)
{
    size_t len = strlen(name);

    return !strncasecmp(line, name, len) &&
           line[len + strspn(line + len, " \t")] == ':';
}

/* ---- media types --------------------------------------------------------- */

char *field_media_type(const char *value, char buf[FIELD_TYPE_LEN])
{
    size_t len = 0;

    if (value)
        value += strspn(value, " \t");
    for (; value && *value && !strchr(" \t;,", *value); value++) {
        if (len + 1 == FIELD_TYPE_LEN)
            break;
        buf[len++] =
            (char)(*value >= 'A' && *value <= 'Z' ? *value | 32 : *value);
    }
    buf[len] = '\0';
    return buf;
}

/* The value at `at`, with or without quotes, into `buf`; how far it goes. */
static size_t take_value(const char *at, char *buf, size_t cap)
{
    const char *start = at;
    bool quoted = *at == '"';
    size_t len = 0;

    for (at += quoted; *at && (quoted ? *at != '"' : !strchr("; \t", *at));
         at++) {
        if (quoted && *at == '\\' && at[1])
            at++;
        if (len + 1 < cap)
            buf[len++] = *at;
    }
    buf[len] = '\0';
    return (size_t)(at - start) + (quoted && *at);
}

bool field_parameter(const char *value, const char *name, char *buf, size_t cap)
{
    char ignored[2];
    const char *at = strchr(value, ';');

    while (at && *at == ';') {
        size_t len;
        bool found;

        at += 1 + strspn(at + 1, " \t");
        len = strcspn(at, "=; \t");
        found = len == strlen(name) && !strncasecmp(at, name, len);
        at += len;
        at += strspn(at, " \t");
        if (*at == '=') {
            at += 1 + strspn(at + 1, " \t");
            at += found ? take_value(at, buf, cap)
                        : take_value(at, ignored, sizeof ignored);
            if (found)
                return true;
        }
        at = strchr(at, ';');
    }
    return false;
}

/* ---- entity tags --------------------------------------------------------- */

static bool is_standard(const char *tag, size_t len)
{
    const char *quote = strncmp(tag, "W/", 2) ? tag : tag + 2;
    size_t rest = len - (size_t)(quote - tag);

    return rest >= 2 && quote[0] == '"' &&
           memchr(quote + 1, '"', rest - 1) == quote + rest - 1;
}

bool field_etag(const char *value, char buf[FIELD_ETAG_LEN], bool *ret_odd)
{
    size_t len;

    if (!value)
        return false;
    value += strspn(value, " \t");
    len = strlen(value);
    while (len > 0 && strchr(" \t", value[len - 1]))
        len--;
    if (len == 0 || len >= FIELD_ETAG_LEN)
        return false;
    if (!field_is_text(value))
        return false;
    memcpy(buf, value, len);
    buf[len] = '\0';
    *ret_odd = !is_standard(buf, len) || !strncmp(buf, "W/", 2);
    return true;
}

/* ---- dates --------------------------------------------------------------- */

static int month_of(const char *name)
{
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

    for (int i = 0; i < 12; i++)
        if (!strncmp(names + 3 * i, name, 3))
            return i;
    return -1;
}

/* RFC 9110 5.6.7: the form of today and the two of old. */
bool field_date(const char *text, time_t *ret_time)
{
    struct tm tm = {0};
    char month[4] = "";
    int end = 0;

    if (sscanf(text, "%*3[A-Za-z], %2d %3s %4d %2d:%2d:%2d GMT%n", &tm.tm_mday,
               month, &tm.tm_year, &tm.tm_hour, &tm.tm_min, &tm.tm_sec,
               &end) == 6 &&
        end) {
        tm.tm_year -= 1900;
    } else if (sscanf(text, "%*9[A-Za-z], %2d-%3[A-Za-z]-%2d %2d:%2d:%2d GMT%n",
                      &tm.tm_mday, month, &tm.tm_year, &tm.tm_hour, &tm.tm_min,
                      &tm.tm_sec, &end) == 6 &&
               end) {
        tm.tm_year += tm.tm_year < 70 ? 100 : 0;
    } else if (sscanf(text, "%*3[A-Za-z] %3s %2d %2d:%2d:%2d %4d%n", month,
                      &tm.tm_mday, &tm.tm_hour, &tm.tm_min, &tm.tm_sec,
                      &tm.tm_year, &end) == 6 &&
               end) {
        tm.tm_year -= 1900;
    } else {
        return false;
    }
    tm.tm_mon = month_of(month);
    if (tm.tm_mon < 0)
        return false;
    *ret_time = timegm(&tm);
    return true;
}

rtc_usec field_retry_after(const char *value, time_t clock)
{
    rtc_usec wait = 0;
    time_t date;
    size_t digits;

    if (!value)
        return -1;
    value += strspn(value, " \t");
    digits = strspn(value, "0123456789");
    if (digits > 0 && value[digits + strspn(value + digits, " \t")] == '\0') {
        for (size_t i = 0; i < digits && wait < FIELD_WAIT_MOST_S; i++)
            wait = wait * 10 + (value[i] - '0');
    } else if (digits == 0 && field_date(value, &date)) {
        wait = date > clock ? date - clock : 0;
    } else {
        return -1;
    }
    if (wait > FIELD_WAIT_MOST_S)
        wait = FIELD_WAIT_MOST_S;
    return wait * 1000000;
}
