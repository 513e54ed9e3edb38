/* SPDX-License-Identifier: MIT
 * Which stream a packet of the remote belongs to (RFC 9143 9.2): by an SSRC
 * described or learnt, by the MID it carries, or by a payload type only one
 * receiving track uses. Called with authenticated packets only. */
#include <string.h>

#include "peer/peer.h"
#include "rtp/extension.h"

void rtc_peer_add_route(struct rtc_peer *peer, uint32_t ssrc,
                        struct rtc_layer *layer, bool is_rtx)
{
    struct rtc_route *route = NULL;

    for (unsigned i = 0; i < peer->route_count; i++)
        if (peer->routes[i].ssrc == ssrc)
            route = &peer->routes[i];
    if (!route && peer->route_count == RTC_PEER_ROUTE_MOST) {
        memmove(peer->routes, peer->routes + 1,
                (RTC_PEER_ROUTE_MOST - 1) * sizeof *peer->routes);
        peer->route_count--;
    }
    if (!route)
        route = &peer->routes[peer->route_count++];
    *route = (struct rtc_route){ssrc, layer, is_rtx};
}

void rtc_peer_remove_routes(struct rtc_peer *peer,
                            const struct rtc_layer *layer)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < peer->route_count; i++)
        if (peer->routes[i].layer != layer)
            peer->routes[kept++] = peer->routes[i];
    peer->route_count = kept;
}

/* Whether the track receives this payload type, and as RTX. */
static bool receives(const struct rtc_track *track, uint8_t payload_type,
                     bool *ret_rtx)
{
    for (unsigned i = 0; i < track->agreed.receive_count; i++) {
        const struct rtc_negotiate_codec *c = &track->agreed.receives[i];
        if (c->payload_type == payload_type ||
            (c->has_red && c->red_payload_type == payload_type)) {
            *ret_rtx = false;
            return true;
        }
        if (c->has_rtx && c->rtx_payload_type == payload_type) {
            *ret_rtx = true;
            return true;
        }
    }
    return false;
}

static struct rtc_track *by_mid(const struct rtc_peer *peer,
                                const struct rtc_rtp_header *header)
{
    struct rtc_extension_bytes block = {header->extension,
                                        header->extension_len};

    for (unsigned i = 0; i < peer->track_count; i++) {
        struct rtc_track *track = peer->tracks[i];
        struct rtc_extensions e;
        if (track->plain.receiving && header->has_extension &&
            !rtc_extensions_parse(&track->agreed.extmap,
                                  header->extension_profile, block, &e) &&
            rtc_extensions_has(&e, RTC_EXTENSION_MID) &&
            !strcmp(e.mid, track->mid))
            return track;
    }
    return NULL;
}

static struct rtc_track *by_payload_type(const struct rtc_peer *peer,
                                         uint8_t payload_type)
{
    struct rtc_track *found = NULL;
    bool rtx;

    for (unsigned i = 0; i < peer->track_count; i++) {
        struct rtc_track *track = peer->tracks[i];
        if (!track->plain.receiving || !receives(track, payload_type, &rtx))
            continue;
        if (found)
            return NULL; /* two would do */
        found = track;
    }
    return found;
}

struct rtc_route *rtc_peer_route(struct rtc_peer *peer,
                                 const struct rtc_rtp_header *header)
{
    struct rtc_track *track;
    bool rtx = false;

    for (unsigned i = peer->route_count; i-- > 0;)
        if (peer->routes[i].ssrc == header->ssrc)
            return &peer->routes[i];
    track = by_mid(peer, header);
    if (!track)
        track = by_payload_type(peer, header->payload_type);
    if (!track || !receives(track, header->payload_type, &rtx))
        return NULL;
    rtc_peer_add_route(peer, header->ssrc, &track->plain, rtx);
    return &peer->routes[peer->route_count - 1];
}

struct rtc_layer *rtc_peer_layer_by_ssrc(struct rtc_peer *peer, uint32_t ssrc)
{
    for (unsigned i = 0; i < peer->route_count; i++)
        if (peer->routes[i].ssrc == ssrc && !peer->routes[i].is_rtx)
            return peer->routes[i].layer;
    return NULL;
}
