/* SPDX-License-Identifier: MIT
 * Packets shown to the caller as they pass. Who calls says which form of a
 * packet is shown; a capture changes nothing of the session. */
#include "peer/tap.h"

void rtc_peer_tap(const struct rtc_peer *peer, bool is_sent,
                  const struct rtc_path *path, const uint8_t *data, size_t len,
                  rtc_usec now)
{
    if (!peer->config.tap)
        return;
    if (!path)
        path = rtc_ice_selected(peer->ice);
    if (path)
        peer->config.tap(peer->config.tap_user,
                         &(struct rtc_tapped){.path = path,
                                              .data = data,
                                              .len = len,
                                              .is_sent = is_sent,
                                              .time = now});
}
