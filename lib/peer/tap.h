/* SPDX-License-Identifier: MIT
 * Packets shown to the caller as they pass. */
#pragma once

#include "peer/peer.h"

/* Borrows. `path` NULL: the pair in use. Nothing happens without a tap. */
void rtc_peer_tap(const struct rtc_peer *peer, bool is_sent,
                  const struct rtc_path *path, const uint8_t *data, size_t len,
                  rtc_usec now);
