/* SPDX-License-Identifier: MIT
 *
 * The way that media takes and what protects it, under the same names for every
 * subject that has sessions.
 */
#pragma once

#include "cmd/probe/result.h"

/* How our relay that media goes by is reached (enum rtc_transport); -1: by
 * none, or not known. */
int probe_relay_transport(const struct rtc_peer *peer,
                          const struct rtc_stats *stats);
/* Adds its measures. `relay_transport`: as that says. */
void probe_pair_measure(const struct rtc_stats *stats, int relay_transport,
                        struct probe_group *group);
/* "udp", "tcp", "tls". Static. */
const char *probe_transport_name(enum rtc_transport transport);
