/* SPDX-License-Identifier: MIT
 *
 * What reports are made of, as JSON: for report.c. Each gives a new reference,
 * or NULL when out of memory.
 */
#pragma once

#include <jansson.h>

#include "rtc.h"

/* null when it is not finite. */
json_t *json_of_number(double value);
/* `us` of -1 or RTC_NEVER is null. */
json_t *json_of_seconds(rtc_usec us);
json_t *json_of_count(uint64_t value);
/* NULL is null; bytes that are not UTF-8 become `?`. */
json_t *json_of_text(const char *text);
/* null below 0. */
json_t *json_of_track_number(int track);
/* Sets a member; takes `value`. */
void json_of_member(json_t *object, const char *name, json_t *value);

/* The address alone, without brackets and port. */
json_t *json_of_address(const struct rtc_addr *addr);
json_t *json_of_candidate(const struct rtc_candidate *candidate);
json_t *json_of_pair(const struct rtc_path *path, enum rtc_candidate_type local,
                     enum rtc_candidate_type remote);
json_t *json_of_dtls(const struct rtc_stats *stats);
json_t *json_of_track(const struct rtc_peer *peer, int track);

/* A data channel and its state. */
json_t *json_of_channel(const struct rtc_peer *peer, int channel);

/* The totals of a session. */
json_t *json_of_transport_totals(const struct rtc_peer *peer);
json_t *json_of_track_totals(const struct rtc_peer *peer);
json_t *json_of_channel_totals(const struct rtc_peer *peer);
