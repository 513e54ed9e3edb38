/* SPDX-License-Identifier: MIT
 * Noting events for rtc_peer_poll. */
#pragma once

#include "rtc.h"

/* Queues an event that carries its values in itself; dropped (and logged) when
 * the caller has not polled for RTC_EVENT_MOST events. Copies. */
void rtc_peer_note(struct rtc_peer *peer, const struct rtc_event *event);
