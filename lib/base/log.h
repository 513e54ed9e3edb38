/* SPDX-License-Identifier: MIT
 * One `key=value` line to the caller's callback, starting with its module:
 * `ice.pair state=nominated remote=198.51.100.7:9 rtt_us=1830`. */
#pragma once

#include "rtc.h"

/* Where lines go. `fn` NULL: nowhere. `redact`: addresses are written as
 * `redacted` (see rtc_log_addr), and what is quoted `so' as asterisks. */
struct rtc_log {
    rtc_log_fn fn;
    void *user;
    enum rtc_log_level level; /* nothing more detailed than this is made */
    bool redact;
};

void rtc_log_write(const struct rtc_log *log, enum rtc_log_level level,
                   const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Checks the level before any argument is evaluated. `log` may be NULL. */
#define rtc_log(log, lvl, ...)                                                 \
    do {                                                                       \
        if ((log) && (log)->fn && (lvl) <= (log)->level)                       \
            rtc_log_write((log), (lvl), __VA_ARGS__);                          \
    } while (0)

/* `addr` as text for a log line, or `redacted`. Returns `buf`. */
const char *rtc_log_addr(const struct rtc_log *log, const struct rtc_addr *addr,
                         char buf[RTC_ADDR_TEXT]);
