/* SPDX-License-Identifier: MIT
 * Formats a log line and hands it to the caller's callback. */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/addr.h"

/* What is quoted of a remote's text may hold an address. */
static void blank_quoted(char *line)
{
    char *from = strchr(line, '`');
    char *to = from ? strrchr(from, '\'') : NULL;

    if (from && !to) /* the line was cut */
        to = from + strlen(from);
    while (from && ++from < to)
        *from = '*';
}

void rtc_log_write(const struct rtc_log *log, enum rtc_log_level level,
                   const char *format, ...)
{
    char line[512];
    va_list args;

    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (log->redact)
        blank_quoted(line);
    log->fn(log->user, level, line);
}

const char *rtc_log_addr(const struct rtc_log *log, const struct rtc_addr *addr,
                         char buf[RTC_ADDR_TEXT])
{
    if (log && log->redact)
        return strcpy(buf, "redacted");
    return rtc_addr_write(addr, buf);
}
