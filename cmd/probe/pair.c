/* SPDX-License-Identifier: MIT
 *
 * Names are those of rtcpipe-events(5) and webrtc-stats where they have one.
 */
#include "cmd/probe/pair.h"

#include "cmd/sockaddr.h"

const char *probe_transport_name(enum rtc_transport transport)
{
    static const char *const names[] = {
        [RTC_UDP] = "udp", [RTC_TCP] = "tcp", [RTC_TLS] = "tls"};

    return names[transport];
}

/* Where the relay that we send by sees us: with TCP our own end of that
 * connection, unless a NAT is in between. */
static struct rtc_addr seen_by_relay(const struct rtc_peer *peer,
                                     const struct rtc_addr *relayed)
{
    struct rtc_candidate candidate;

    for (unsigned i = 0; rtc_peer_local_candidate(peer, i, &candidate) == 0;
         i++)
        if (candidate.type == RTC_CANDIDATE_RELAY &&
            sockaddr_same(&candidate.addr, relayed))
            return candidate.related;
    return (struct rtc_addr){0};
}

/* Behind a NAT it is known if all servers are alike. */
int probe_relay_transport(const struct rtc_peer *peer,
                          const struct rtc_stats *stats)
{
    struct rtc_addr seen = seen_by_relay(peer, &stats->path.local);
    struct rtc_server server;
    bool differ = false;
    int all = -1;

    if (stats->local_type != RTC_CANDIDATE_RELAY)
        return -1;
    for (unsigned i = 0; rtc_peer_server(peer, i, &server) == 0; i++) {
        if (server.type != RTC_SERVER_TURN)
            continue;
        if (server.transport != RTC_UDP && seen.family &&
            sockaddr_same(&seen, &server.local))
            return (int)server.transport;
        differ = differ || (all >= 0 && all != (int)server.transport);
        all = (int)server.transport;
    }
    return differ ? -1 : all;
}

void probe_pair_measure(const struct rtc_stats *stats, int relay_transport,
                        struct probe_group *group)
{
    const struct rtc_path *path = &stats->path;
    bool any = path->remote.family != 0;

    probe_set_text(group, "localCandidate",
                   any ? rtc_candidate_type_name(stats->local_type) : NULL);
    probe_set_addr(group, "localAddress", any ? &path->local : NULL);
    probe_set_text(group, "remoteCandidate",
                   any ? rtc_candidate_type_name(stats->remote_type) : NULL);
    probe_set_addr(group, "remoteAddress", any ? &path->remote : NULL);
    probe_set_text(group, "protocol",
                   any ? probe_transport_name(path->transport) : NULL);
    probe_set_text(
        group, "relayProtocol",
        any && relay_transport >= 0
            ? probe_transport_name((enum rtc_transport)relay_transport)
            : NULL);
    probe_set_text(group, "tlsVersion", stats->dtls_version);
    probe_set_text(group, "dtlsCipher", stats->dtls_cipher);
    probe_set_text(group, "srtpCipher", stats->srtp_profile);
}
