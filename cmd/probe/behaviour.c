/* SPDX-License-Identifier: MIT
 *
 * Compares what two servers saw of one port: different IP addresses tell
 * whether the mapping depends on where a packet goes, different ports of one
 * address on what (RFC 5780 4.3). Filtering is by who got through (4.4).
 */
#include "cmd/probe/behaviour.h"

#include "cmd/sockaddr.h"

/* What pairs of sights say. */
struct pairs {
    bool same_over_address, other_over_address; /* servers' IPs differ */
    bool same_over_port, other_over_port;       /* only their ports do */
};

static struct pairs compare(const struct probe_seen *seen)
{
    struct pairs pairs = {0};

    for (unsigned i = 0; i < seen->sight_count; i++)
        for (unsigned j = i + 1; j < seen->sight_count; j++) {
            const struct probe_sight *a = &seen->sights[i];
            const struct probe_sight *b = &seen->sights[j];
            bool same = sockaddr_same(&a->mapped, &b->mapped);

            if (!sockaddr_same_ip(&a->server, &b->server)) {
                pairs.same_over_address |= same;
                pairs.other_over_address |= !same;
            } else if (a->server.port != b->server.port) {
                pairs.same_over_port |= same;
                pairs.other_over_port |= !same;
            }
        }
    return pairs;
}

static bool is_untouched(const struct probe_seen *seen)
{
    for (unsigned i = 0; i < seen->sight_count; i++)
        if (!sockaddr_same(&seen->sights[i].mapped, &seen->local))
            return false;
    return seen->sight_count > 0;
}

enum probe_mapping probe_mapping_of(const struct probe_seen *seen)
{
    struct pairs pairs = compare(seen);

    if (is_untouched(seen))
        return PROBE_MAPPING_NONE;
    if (pairs.other_over_port)
        return PROBE_MAPPING_ADDRESS_PORT;
    if (pairs.other_over_address)
        return pairs.same_over_port ? PROBE_MAPPING_ADDRESS
                                    : PROBE_MAPPING_ENDPOINT;
    return pairs.same_over_address ? PROBE_MAPPING_INDEPENDENT
                                   : PROBE_MAPPING_UNKNOWN;
}

enum probe_filtering probe_filtering_of(const struct probe_seen *seen)
{
    if (seen->from_address == PROBE_YES)
        return PROBE_FILTERING_INDEPENDENT;
    if (seen->from_address == PROBE_UNTRIED || seen->from_port == PROBE_UNTRIED)
        return PROBE_FILTERING_UNKNOWN;
    return seen->from_port == PROBE_YES ? PROBE_FILTERING_ADDRESS
                                        : PROBE_FILTERING_ADDRESS_PORT;
}

const char *probe_mapping_name(enum probe_mapping mapping)
{
    static const char *const names[] = {
        [PROBE_MAPPING_UNKNOWN] = NULL,
        [PROBE_MAPPING_NONE] = "none",
        [PROBE_MAPPING_INDEPENDENT] = "endpoint-independent",
        [PROBE_MAPPING_ADDRESS] = "address-dependent",
        [PROBE_MAPPING_ENDPOINT] = "endpoint-dependent",
        [PROBE_MAPPING_ADDRESS_PORT] = "address-and-port-dependent",
    };

    return names[mapping];
}

const char *probe_filtering_name(enum probe_filtering filtering)
{
    static const char *const names[] = {
        [PROBE_FILTERING_UNKNOWN] = NULL,
        [PROBE_FILTERING_INDEPENDENT] = "endpoint-independent",
        [PROBE_FILTERING_ADDRESS] = "address-dependent",
        [PROBE_FILTERING_ADDRESS_PORT] = "address-and-port-dependent",
    };

    return names[filtering];
}

const char *probe_mapping_meaning(enum probe_mapping mapping,
                                  enum probe_filtering filtering)
{
    switch (mapping) {
    case PROBE_MAPPING_NONE:
        return filtering == PROBE_FILTERING_INDEPENDENT
                   ? "No NAT, and everybody gets through: any peer can reach "
                     "this host directly."
                   : "No NAT: this host's address is its own, and direct calls "
                     "work with any peer that ICE can check; a firewall may "
                     "still want this side to send first.";
    case PROBE_MAPPING_INDEPENDENT:
        return filtering == PROBE_FILTERING_INDEPENDENT
                   ? "The NAT keeps one public port and lets everybody in: "
                     "direct calls work with nearly any peer, with a STUN "
                     "server."
                   : "The NAT keeps one public port for all peers: with a STUN "
                     "server direct calls work, but for peers whose own NAT "
                     "is of the dependent kind.";
    case PROBE_MAPPING_ADDRESS:
    case PROBE_MAPPING_ENDPOINT:
    case PROBE_MAPPING_ADDRESS_PORT:
        return "The NAT takes another public port for each peer, so what a "
               "STUN server sees is of no use to others: direct calls work "
               "only with peers that have no such NAT; have a TURN server.";
    case PROBE_MAPPING_UNKNOWN:
        break;
    }
    return "There is a NAT; one address of a server does not tell what it does "
           "for others. Name a second server.";
}
