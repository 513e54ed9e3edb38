/* SPDX-License-Identifier: MIT
 * Candidates from STUN and TURN servers. */
#include "peer/peer.h"

#include "sdp/candidate.h"

int rtc_peer_add_server(struct rtc_peer *peer, const struct rtc_server *server,
                        rtc_usec now)
{
    (void)peer;
    (void)server;
    (void)now;
    return RTC_ERR_UNSUPPORTED;
}

int rtc_peer_lose_server(struct rtc_peer *peer, const struct rtc_addr *local,
                         const struct rtc_addr *addr, rtc_usec now)
{
    (void)peer;
    (void)local;
    (void)addr;
    (void)now;
    return RTC_ERR_ARG;
}

bool rtc_peer_is_gathered(const struct rtc_peer *peer)
{
    (void)peer;
    return true;
}

int rtc_peer_server(const struct rtc_peer *peer, unsigned index,
                    struct rtc_server *ret_server)
{
    (void)peer;
    (void)index;
    (void)ret_server;
    return RTC_ERR_ARG;
}

int rtc_peer_end_remote(struct rtc_peer *peer, rtc_usec now)
{
    (void)now;
    return peer ? 0 : RTC_ERR_ARG;
}

int rtc_peer_restart_ice(struct rtc_peer *peer, rtc_usec now)
{
    (void)peer;
    (void)now;
    return RTC_ERR_UNSUPPORTED;
}

int rtc_peer_cancel_restart(struct rtc_peer *peer, rtc_usec now)
{
    (void)peer;
    (void)now;
    return RTC_ERR_STATE;
}

int rtc_peer_fragment(struct rtc_peer *peer, char *buf, size_t cap,
                      rtc_usec now)
{
    (void)peer;
    (void)buf;
    (void)cap;
    (void)now;
    return RTC_ERR_UNSUPPORTED;
}

int rtc_peer_remote_fragment(struct rtc_peer *peer, const char *text,
                             size_t len, rtc_usec now)
{
    (void)peer;
    (void)text;
    (void)len;
    (void)now;
    return RTC_ERR_UNSUPPORTED;
}

int rtc_candidate_parse(const char *text, size_t len,
                        struct rtc_candidate *ret_candidate)
{
    if (!text || !ret_candidate)
        return RTC_ERR_ARG;
    return rtc_sdp_candidate_parse((struct rtc_text){text, len}, ret_candidate);
}

int rtc_candidate_write(const struct rtc_candidate *candidate, char *buf,
                        size_t cap)
{
    if (!candidate || !buf)
        return RTC_ERR_ARG;
    return rtc_sdp_candidate_write(candidate, buf, cap);
}
