/* SPDX-License-Identifier: MIT
 *
 * The thresholds that several subjects have: their options, and whether what
 * was measured keeps them.
 */
#pragma once

#include "cmd/cli.h"
#include "cmd/probe/result.h"

/* -1: there is none. */
struct probe_limits {
    int64_t max_loss; /* parts of a billion */
    rtc_usec max_rtt, max_latency, max_jitter, max_connect;
    int64_t min_bitrate; /* bits per second */
    int64_t tls_days;
};

#define PROBE_LIMITS_NONE                                                      \
    {                                                                          \
        .max_loss = -1, .max_rtt = -1, .max_latency = -1, .max_jitter = -1,    \
        .max_connect = -1, .min_bitrate = -1, .tls_days = -1                   \
    }

/* Rows for a subject's table, under its own heading: --max-loss, --max-rtt and
 * --max-jitter; the same with --max-latency in place of round trips;
 * --max-connect; --min-bitrate; --require-tls-days. */
extern const struct rtc_option probe_limits_path[];
extern const struct rtc_option probe_limits_frames[];
extern const struct rtc_option probe_limits_connect[];
extern const struct rtc_option probe_limits_bitrate[];
extern const struct rtc_option probe_limits_tls[];

#define PROBE_WHERE_LEN 300

/* The worst of what several were measured with. Zeroed: of none. */
struct probe_worst {
    bool any;
    int64_t value;
    char whose[PROBE_WHERE_LEN - 8];
};

/* Not measured (below 0) is worse than anything, and the first one counts.
 * `is_least`: the least is the worst, not the most. */
void probe_worst_take(struct probe_worst *worst, int64_t value, bool is_least,
                      const char *whose);
/* -1: not measured. */
int64_t probe_worst_value(const struct probe_worst *worst);
/* Whose it is, behind a word such as "at", in `buf`; NULL: it is of none. */
const char *probe_worst_where(const struct probe_worst *worst,
                              const char *before, char buf[PROBE_WHERE_LEN]);

/* Each adds a threshold to the result, if there is one. `where` says what was
 * measured there, such as "at stun:192.0.2.1", or is NULL. What was not
 * measured (a value below 0) does not keep it. */
void probe_limit_loss(struct probe_result *result,
                      const struct probe_limits *limits, int64_t loss,
                      const char *where);
void probe_limit_rtt(struct probe_result *result,
                     const struct probe_limits *limits, rtc_usec rtt_us,
                     const char *where);
void probe_limit_latency(struct probe_result *result,
                         const struct probe_limits *limits, rtc_usec latency_us,
                         const char *where);
void probe_limit_jitter(struct probe_result *result,
                        const struct probe_limits *limits, rtc_usec jitter_us,
                        const char *where);
void probe_limit_connect(struct probe_result *result,
                         const struct probe_limits *limits, rtc_usec took_us,
                         const char *where);
void probe_limit_bitrate(struct probe_result *result,
                         const struct probe_limits *limits, int64_t bitrate_bps,
                         const char *where);
/* Whole days that the certificate is still valid; below 0 when it is not, or
 * when none was seen. */
void probe_limit_tls(struct probe_result *result,
                     const struct probe_limits *limits, int64_t days,
                     const char *where);
