/* SPDX-License-Identifier: MIT
 *
 * The ranges that are not of the public Internet (RFC 6890).
 */
#include "cmd/probe/place.h"

#include <string.h>

static const struct {
    uint8_t family, bits;
    uint8_t ip[2];
    enum probe_place place;
} ranges[] = {
    {4, 8, {127, 0}, PROBE_LOOPBACK},  {4, 8, {10, 0}, PROBE_PRIVATE},
    {4, 12, {172, 16}, PROBE_PRIVATE}, {4, 16, {192, 168}, PROBE_PRIVATE},
    {4, 10, {100, 64}, PROBE_SHARED},  {4, 16, {169, 254}, PROBE_LINK_LOCAL},
    {6, 7, {0xfc, 0}, PROBE_PRIVATE},  {6, 10, {0xfe, 0x80}, PROBE_LINK_LOCAL},
};

enum probe_place probe_place_of(const struct rtc_addr *addr)
{
    static const uint8_t one[16] = {[15] = 1};
    unsigned ip = (unsigned)addr->ip[0] << 8 | addr->ip[1];

    if (addr->family == 6 && !memcmp(addr->ip, one, sizeof one))
        return PROBE_LOOPBACK;
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        unsigned range = (unsigned)ranges[i].ip[0] << 8 | ranges[i].ip[1];

        if (ranges[i].family == addr->family &&
            (ip ^ range) >> (16 - ranges[i].bits) == 0)
            return ranges[i].place;
    }
    return PROBE_PUBLIC;
}

const char *probe_place_note(const struct rtc_addr *server,
                             const struct rtc_addr *mapped)
{
    if (probe_place_of(server) == PROBE_LOOPBACK)
        return "it is on this machine, so that it sees no NAT.";
    switch (probe_place_of(mapped)) {
    case PROBE_SHARED:
        return "it sees an address that a provider shares among customers: "
               "another NAT is between it and the Internet.";
    case PROBE_PRIVATE:
    case PROBE_LINK_LOCAL:
        return "it sees a private address: it is on this side of the way to "
               "the Internet.";
    case PROBE_LOOPBACK:
        return "it sees a loopback address, which is of no use to anybody.";
    case PROBE_PUBLIC:
        break;
    }
    return NULL;
}
