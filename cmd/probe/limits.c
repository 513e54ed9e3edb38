/* SPDX-License-Identifier: MIT
 *
 * Each threshold is one option, one sentence, and one comparison.
 */
#include "cmd/probe/limits.h"

#include <stddef.h>
#include <stdio.h>

#define OFFSET(member) offsetof(struct probe_limits, member)

const struct rtc_option probe_limits_path[] = {
    {.name = "max-loss",
     .often = true,
     .type = OPTION_PERCENT,
     .argument = "PERCENT",
     .offset = OFFSET(max_loss),
     .help = "at most this much lost, such as 1%"},
    {.name = "max-rtt",
     .often = true,
     .type = OPTION_DURATION,
     .argument = "TIME",
     .offset = OFFSET(max_rtt),
     .help = "the mean round trip is not longer"},
    {.name = "max-jitter",
     .often = true,
     .type = OPTION_DURATION,
     .argument = "TIME",
     .offset = OFFSET(max_jitter),
     .help = "delays differ by no more, on average"},
    {.name = NULL},
};

const struct rtc_option probe_limits_frames[] = {
    {.name = "max-loss",
     .often = true,
     .type = OPTION_PERCENT,
     .argument = "PERCENT",
     .offset = OFFSET(max_loss),
     .help = "at most this much of the frames lost, such as 1%"},
    {.name = "max-latency",
     .often = true,
     .type = OPTION_DURATION,
     .argument = "TIME",
     .offset = OFFSET(max_latency),
     .help = "95 of 100 frames take no longer"},
    {.name = "max-jitter",
     .often = true,
     .type = OPTION_DURATION,
     .argument = "TIME",
     .offset = OFFSET(max_jitter),
     .help = "delays differ by no more, on average"},
    {.name = NULL},
};

const struct rtc_option probe_limits_connect[] = {
    {.name = "max-connect",
     .often = true,
     .type = OPTION_DURATION,
     .argument = "TIME",
     .offset = OFFSET(max_connect),
     .help = "connecting takes no longer"},
    {.name = NULL},
};

const struct rtc_option probe_limits_bitrate[] = {
    {.name = "min-bitrate",
     .often = true,
     .type = OPTION_RATE,
     .argument = "RATE",
     .offset = OFFSET(min_bitrate),
     .help = "at least so many bits per second, such as 2M"},
    {.name = NULL},
};

const struct rtc_option probe_limits_tls[] = {
    {.name = "require-tls-days",
     .type = OPTION_INTEGER,
     .argument = "N",
     .offset = OFFSET(tls_days),
     .most = 100000,
     .help = "the certificate is valid for N more days"},
    {.name = NULL},
};

/* ---- the worst of several ------------------------------------------------ */

void probe_worst_take(struct probe_worst *worst, int64_t value, bool is_least,
                      const char *whose)
{
    bool better = value >= 0 &&
                  (is_least ? value >= worst->value : value <= worst->value);

    if (worst->any && (worst->value < 0 || better))
        return;
    worst->any = true;
    worst->value = value;
    snprintf(worst->whose, sizeof worst->whose, "%s", whose);
}

int64_t probe_worst_value(const struct probe_worst *worst)
{
    return worst->any ? worst->value : -1;
}

const char *probe_worst_where(const struct probe_worst *worst,
                              const char *before, char buf[PROBE_WHERE_LEN])
{
    snprintf(buf, PROBE_WHERE_LEN, "%s %s", before, worst->whose);
    return worst->any ? buf : NULL;
}

/* ---- thresholds ---------------------------------------------------------- */

/* " at X", or nothing. */
static const char *place(const char *where, char buf[PROBE_WHERE_LEN + 1])
{
    snprintf(buf, PROBE_WHERE_LEN + 1, "%s%s", where ? " " : "",
             where ? where : "");
    return buf;
}

static void limit_time(struct probe_result *result, const char *name,
                       rtc_usec most, rtc_usec value, const char *where)
{
    char buf[PROBE_WHERE_LEN + 1];

    if (most < 0)
        return;
    if (value < 0 || value == RTC_NEVER)
        probe_add_threshold(result, name, false, "not measured%s",
                            place(where, buf));
    else
        probe_add_threshold(result, name, value <= most,
                            "%.3f ms%s, %.3f ms allowed", (double)value / 1e3,
                            place(where, buf), (double)most / 1e3);
}

void probe_limit_loss(struct probe_result *result,
                      const struct probe_limits *limits, int64_t loss,
                      const char *where)
{
    char buf[PROBE_WHERE_LEN + 1];

    if (limits->max_loss < 0)
        return;
    if (loss < 0)
        probe_add_threshold(result, "max-loss", false, "not measured%s",
                            place(where, buf));
    else
        probe_add_threshold(result, "max-loss", loss <= limits->max_loss,
                            "%.6g %% lost%s, %.6g %% allowed",
                            (double)loss / 1e7, place(where, buf),
                            (double)limits->max_loss / 1e7);
}

void probe_limit_rtt(struct probe_result *result,
                     const struct probe_limits *limits, rtc_usec rtt_us,
                     const char *where)
{
    limit_time(result, "max-rtt", limits->max_rtt, rtt_us, where);
}

void probe_limit_latency(struct probe_result *result,
                         const struct probe_limits *limits, rtc_usec latency_us,
                         const char *where)
{
    limit_time(result, "max-latency", limits->max_latency, latency_us, where);
}

void probe_limit_jitter(struct probe_result *result,
                        const struct probe_limits *limits, rtc_usec jitter_us,
                        const char *where)
{
    limit_time(result, "max-jitter", limits->max_jitter, jitter_us, where);
}

void probe_limit_connect(struct probe_result *result,
                         const struct probe_limits *limits, rtc_usec took_us,
                         const char *where)
{
    limit_time(result, "max-connect", limits->max_connect, took_us, where);
}

void probe_limit_bitrate(struct probe_result *result,
                         const struct probe_limits *limits, int64_t bitrate_bps,
                         const char *where)
{
    char buf[PROBE_WHERE_LEN + 1];

    if (limits->min_bitrate < 0)
        return;
    if (bitrate_bps < 0)
        probe_add_threshold(result, "min-bitrate", false, "not measured%s",
                            place(where, buf));
    else
        probe_add_threshold(
            result, "min-bitrate", bitrate_bps >= limits->min_bitrate,
            "%.6g Mbit/s%s, %.6g Mbit/s wanted", (double)bitrate_bps / 1e6,
            place(where, buf), (double)limits->min_bitrate / 1e6);
}

void probe_limit_tls(struct probe_result *result,
                     const struct probe_limits *limits, int64_t days,
                     const char *where)
{
    char buf[PROBE_WHERE_LEN + 1];

    if (limits->tls_days < 0)
        return;
    if (days < 0)
        probe_add_threshold(result, "require-tls-days", false,
                            "no valid certificate%s", place(where, buf));
    else
        probe_add_threshold(result, "require-tls-days",
                            days >= limits->tls_days,
                            "%lld days left%s, %lld wanted", (long long)days,
                            place(where, buf), (long long)limits->tls_days);
}
