/* SPDX-License-Identifier: MIT
 * Data channels of the caller: handed to the association. */
#include "peer/peer.h"

const char *rtc_channel_state_name(enum rtc_channel_state state)
{
    static const char *const names[] = {
        [RTC_CHANNEL_CONNECTING] = "connecting",
        [RTC_CHANNEL_OPEN] = "open",
        [RTC_CHANNEL_CLOSING] = "closing",
        [RTC_CHANNEL_CLOSED] = "closed",
    };

    return (unsigned)state < sizeof names / sizeof *names ? names[state] : "";
}

void rtc_channel_config_init(struct rtc_channel_config *config)
{
    *config = (struct rtc_channel_config){.max_retransmits = -1,
                                          .max_lifetime_ms = -1};
}

int rtc_peer_add_channel(struct rtc_peer *peer,
                         const struct rtc_channel_config *config, rtc_usec now)
{
    (void)peer, (void)config, (void)now;
    return RTC_ERR_UNSUPPORTED;
}

int rtc_peer_channel_info(const struct rtc_peer *peer, int channel,
                          struct rtc_channel_info *ret_info)
{
    (void)peer, (void)channel, (void)ret_info;
    return RTC_ERR_ARG;
}

int rtc_peer_send_message(struct rtc_peer *peer, int channel,
                          const struct rtc_message *message, rtc_usec now)
{
    (void)peer, (void)channel, (void)message, (void)now;
    return RTC_ERR_ARG;
}

int rtc_peer_set_channel_low(struct rtc_peer *peer, int channel, size_t mark)
{
    (void)peer, (void)channel, (void)mark;
    return RTC_ERR_ARG;
}

int rtc_peer_hold_messages(struct rtc_peer *peer, bool hold, rtc_usec now)
{
    (void)peer, (void)hold, (void)now;
    return 0;
}

int rtc_peer_close_channel(struct rtc_peer *peer, int channel, rtc_usec now)
{
    (void)peer, (void)channel, (void)now;
    return RTC_ERR_ARG;
}
