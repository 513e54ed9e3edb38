/* SPDX-License-Identifier: MIT
 * Which stream a packet of the remote belongs to (RFC 9143 9.2): by an SSRC
 * described or learnt, by the MID it carries, or by a payload type only one
 * receiving track uses; of simulcast layers by the RID (RFC 8852). Called with
 * authenticated packets only. */
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

static bool is_receiving(const struct rtc_track *track)
{
    for (unsigned i = 0; i < track->layer_count; i++)
        if (track->layers[i]->receiving)
            return true;
    return false;
}

/* What the packet's header says, in the track's numbers. */
static void read_names(const struct rtc_track *track,
                       const struct rtc_rtp_header *header,
                       struct rtc_extensions *ret_extensions)
{
    struct rtc_extension_bytes block = {header->extension,
                                        header->extension_len};

    ret_extensions->has = 0;
    if (header->has_extension &&
        rtc_extensions_parse(&track->agreed.extmap, header->extension_profile,
                             block, ret_extensions))
        ret_extensions->has = 0;
}

static struct rtc_track *by_mid(const struct rtc_peer *peer,
                                const struct rtc_rtp_header *header)
{
    for (unsigned i = 0; i < peer->track_count; i++) {
        struct rtc_track *track = peer->tracks[i];
        struct rtc_extensions e;
        if (!is_receiving(track))
            continue;
        read_names(track, header, &e);
        if (rtc_extensions_has(&e, RTC_EXTENSION_MID) &&
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
        if (!is_receiving(track) || !receives(track, payload_type, &rtx))
            continue;
        if (found)
            return NULL; /* two would do */
        found = track;
    }
    return found;
}

/* RFC 8852 3: a repairing stream says whose it is; some only give the rid. */
static struct rtc_layer *by_rid(struct rtc_track *track,
                                const struct rtc_rtp_header *header, bool rtx)
{
    struct rtc_extensions e;
    const char *rid = "";

    if (!track->agreed.received_layer_count)
        return &track->plain;
    read_names(track, header, &e);
    if (rtx && rtc_extensions_has(&e, RTC_EXTENSION_REPAIRED_RID))
        rid = e.repaired_rid;
    else if (rtc_extensions_has(&e, RTC_EXTENSION_RID))
        rid = e.rid;
    for (unsigned i = 0; rid[0] && i < track->layer_count; i++)
        if (track->layers[i]->receiving && !strcmp(track->layers[i]->rid, rid))
            return track->layers[i];
    return NULL;
}

struct rtc_route *rtc_peer_route(struct rtc_peer *peer,
                                 const struct rtc_rtp_header *header)
{
    struct rtc_track *track;
    struct rtc_layer *layer;
    bool rtx = false;

    for (unsigned i = peer->route_count; i-- > 0;)
        if (peer->routes[i].ssrc == header->ssrc)
            return &peer->routes[i];
    track = by_mid(peer, header);
    if (!track)
        track = by_payload_type(peer, header->payload_type);
    if (!track || !receives(track, header->payload_type, &rtx))
        return NULL;
    layer = by_rid(track, header, rtx);
    if (!layer)
        return NULL;
    rtc_peer_add_route(peer, header->ssrc, layer, rtx);
    return &peer->routes[peer->route_count - 1];
}

struct rtc_layer *rtc_peer_layer_by_ssrc(struct rtc_peer *peer, uint32_t ssrc)
{
    for (unsigned i = 0; i < peer->route_count; i++)
        if (peer->routes[i].ssrc == ssrc && !peer->routes[i].is_rtx)
            return peer->routes[i].layer;
    return NULL;
}
