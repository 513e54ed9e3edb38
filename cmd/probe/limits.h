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
