/* SPDX-License-Identifier: MIT
 *
 * The shared option tables.
 */
#include "cmd/options.h"

#include <stddef.h>

#include "cmd/description.h"
#include "cmd/endpoint.h"

const struct rtc_option options_meet[] = {
    {.heading = "Meeting the other end, one of",
     .name = "session",
     .letter = 's',
     .type = OPTION_FILE,
     .argument = "FILE",
     .offset = offsetof(struct endpoint_options, session),
     .help = "take over what rtc-offer or rtc-answer negotiated"},
    {.name = "signal",
     .type = OPTION_STRING,
     .argument = "COMMAND",
     .offset = offsetof(struct endpoint_options, signal),
     .help = "run it: our offer is its stdin, its stdout the answer; -: our "
             "own stdin and stdout"},
    {.name = "remote",
     .type = OPTION_FILE,
     .argument = "FILE",
     .offset = offsetof(struct endpoint_options, remote),
     .help = "the answer to a session's offer (-: stdin)"},
    {.name = "offer",
     .type = OPTION_SET,
     .offset = offsetof(struct endpoint_options, role),
     .least = ROLE_OFFER,
     .help = "with --signal -: make the offer"},
    {.name = "answer",
     .type = OPTION_SET,
     .offset = offsetof(struct endpoint_options, role),
     .least = ROLE_ANSWER,
     .help = "with --signal -: answer one"},
    {.name = NULL},
};

const struct rtc_option options_form[] = {
    {.name = "json",
     .type = OPTION_SET,
     .offset = offsetof(struct endpoint_options, form),
     .least = DESCRIPTION_JSON,
     .help = "offer as a JSON object instead of plain SDP"},
    {.name = "base64",
     .type = OPTION_SET,
     .offset = offsetof(struct endpoint_options, form),
     .least = DESCRIPTION_BASE64,
     .help = "offer as the base64 of that"},
    {.name = NULL},
};

const struct rtc_option options_network[] = {
    {.heading = "Network",
     .name = "interface",
     .type = OPTION_STRING,
     .argument = "NAME",
     .offset = offsetof(struct endpoint_options, interface),
     .help = "use only this interface or address (default: all but loopback)"},
    {.name = "ipv4",
     .letter = '4',
     .type = OPTION_SET,
     .offset = offsetof(struct endpoint_options, family),
     .least = 4,
     .help = "only IPv4 addresses"},
    {.name = "ipv6",
     .letter = '6',
     .type = OPTION_SET,
     .offset = offsetof(struct endpoint_options, family),
     .least = 6,
     .help = "only IPv6 addresses"},
    {.name = "port-range",
     .type = OPTION_PORTS,
     .argument = "A-B",
     .offset = offsetof(struct endpoint_options, ports),
     .help = "local UDP ports"},
    {.name = "mtu",
     .type = OPTION_INTEGER,
     .argument = "BYTES",
     .offset = offsetof(struct endpoint_options, mtu),
     .least = 576,
     .most = 1500,
     .help = "largest datagram, UDP payload (default 1200)"},
    {.name = NULL},
};

const struct rtc_option options_limits[] = {
    {.heading = "Limits and reports",
     .name = "time",
     .letter = 't',
     .type = OPTION_DURATION,
     .argument = "TIME",
     .offset = offsetof(struct endpoint_options, time),
     .help = "end this long after connecting (5s, 1m)"},
    {.name = "max-time",
     .letter = 'm',
     .type = OPTION_DURATION,
     .argument = "TIME",
     .offset = offsetof(struct endpoint_options, max_time),
     .help = "give up when not connected by then"},
    {.name = "connect-timeout",
     .type = OPTION_DURATION,
     .argument = "TIME",
     .offset = offsetof(struct endpoint_options, connect_timeout),
     .help =
         "give up when no pair works this long after both descriptions (20s)"},
    {.name = "events",
     .type = OPTION_FILE,
     .argument = "FILE",
     .offset = offsetof(struct endpoint_options, events),
     .help = "write JSON Lines of what happens (fd:N works)"},
    {.name = NULL},
};
