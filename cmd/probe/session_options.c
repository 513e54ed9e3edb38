/* SPDX-License-Identifier: MIT
 *
 * The tables.
 */
#include "cmd/probe/session_options.h"

#include "cmd/endpoint.h"
#include "cmd/options.h"

#define OFFSET(member) offsetof(struct endpoint_options, member)

const struct rtc_option probe_options_http[] = {
    {.name = "requests", .type = OPTION_ROWS, .rows = options_requests},
    {.name = "cacert",
     .type = OPTION_FILE,
     .argument = "FILE",
     .offset = OFFSET(ice.cacert),
     .help = "whom to trust, for https and turns (PEM)"},
    {.name = "insecure",
     .letter = 'k',
     .type = OPTION_FLAG,
     .offset = OFFSET(ice.insecure),
     .help = "trust any server's certificate"},
    {.name = NULL},
};

const struct rtc_option probe_options_network[] = {
    {.heading = "Network",
     .name = "interface",
     .often = true,
     .type = OPTION_STRING,
     .argument = "NAME",
     .offset = OFFSET(interface),
     .help = "only this interface or address (default: not lo)"},
    {.name = "family",
     .type = OPTION_ROWS,
     .rows = options_family,
     .offset = OFFSET(family)},
    {.name = "port-range",
     .type = OPTION_PORTS,
     .argument = "A-B",
     .offset = OFFSET(ports),
     .help = "local ports"},
    {.name = "ice-server",
     .type = OPTION_LIST,
     .argument = "URL",
     .offset = OFFSET(ice.servers),
     .secret = true,
     .help = "STUN or TURN server (rtcpipe(7)), or FILE.json"},
    {.name = "ice-policy",
     .type = OPTION_CHOICE,
     .argument = "WHICH",
     .offset = OFFSET(ice.policy),
     .choices = options_policies,
     .help = "relay: only by TURN servers; all (default)"},
    {.name = "impair",
     .type = OPTION_STRING,
     .argument = "TERMS",
     .offset = OFFSET(impair),
     .help = "behave as on a bad network: loss=2%,delay=50ms,rate=1M,..."},
    {.name = NULL},
};

const struct rtc_option probe_options_patience[] = {
    {.name = "connect-timeout",
     .type = OPTION_DURATION,
     .argument = "TIME",
     .offset = OFFSET(connect_timeout),
     .help = "give up when no pair works after so long (20s)"},
    {.name = "max-time",
     .letter = 'm',
     .often = true,
     .type = OPTION_DURATION,
     .argument = "TIME",
     .offset = OFFSET(max_time),
     .help = "give up when not connected by then (30s)"},
    {.name = NULL},
};
