/* SPDX-License-Identifier: MIT
 * Log lines: by level, and without addresses when they are redacted. */
#include "base/log.h"

#include "tap.h"

#include <string.h>

static char last[600];

static void keep(void *user, enum rtc_log_level level, const char *line)
{
    (void)user;
    (void)level;
    snprintf(last, sizeof last, "%s", line);
}

static void test_redaction(void)
{
    static const struct {
        const char *line, *redacted;
    } rows[] = {
        {"peer.fail why=\"no codec fits\"", "peer.fail why=\"no codec fits\""},
        {"a=setup: `192.0.2.1' is odd", "a=setup: `*********' is odd"},
        {"a `x'192.0.2.1' is odd", "a `***********' is odd"},
        {"`a' and `b'", "`*********'"},
        {"cut `192", "cut `***"},
        {"`", "`"},
        {"it's `'", "it's `'"},
    };
    struct rtc_log log = {.fn = keep, .level = RTC_LOG_INFO}, *to = &log;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        log.redact = false;
        rtc_log(to, RTC_LOG_INFO, "%s", rows[i].line);
        is_str(last, rows[i].line, "as it is");
        log.redact = true;
        rtc_log(to, RTC_LOG_INFO, "%s", rows[i].line);
        is_str(last, rows[i].redacted, "without what is quoted");
    }
}

static void test_address(void)
{
    const struct rtc_addr addr = {.family = 4, .port = 5, .ip = {192, 0, 2, 1}};
    struct rtc_log log = {.fn = keep};
    char buf[RTC_ADDR_TEXT];

    is_str(rtc_log_addr(&log, &addr, buf), "192.0.2.1:5", "an address");
    is_str(rtc_log_addr(NULL, &addr, buf), "192.0.2.1:5", "without a log");
    log.redact = true;
    is_str(rtc_log_addr(&log, &addr, buf), "redacted", "redacted");
}

static void test_levels(void)
{
    struct rtc_log log = {.fn = keep, .level = RTC_LOG_WARN}, *to = &log;
    char longer[600];

    rtc_log(to, RTC_LOG_WARN, "warned");
    rtc_log(to, RTC_LOG_INFO, "informed");
    is_str(last, "warned", "nothing below the level");
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    rtc_log(to, RTC_LOG_ERROR, "%s", longer);
    is_int((int64_t)strlen(last), 511, "a long line is cut");
    log.fn = NULL;
    rtc_log(to, RTC_LOG_ERROR, "nowhere");
    ok(strcmp(last, "nowhere") != 0, "a log of nobody");
}

int main(void)
{
    test_redaction();
    test_address();
    test_levels();
    return tap_done();
}
