/* SPDX-License-Identifier: MIT
 *
 * The options of --data, and which of them go together.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "cmd/data_pipe.h"
#include "cmd/splitter.h"

const struct rtc_option data_rows[] = {
    {.heading = "Data",
     .name = "data",
     .often = true,
     .type = OPTION_FLAG,
     .offset = offsetof(struct data_options, data),
     .help = "bytes of a data channel in place of media"},
    {.name = "message",
     .type = OPTION_STRING,
     .argument = "HOW",
     .offset = offsetof(struct data_options, message),
     .help = "they are messages: line, nul, or a length in bytes"},
    {.name = "label",
     .type = OPTION_STRING,
     .argument = "TEXT",
     .offset = offsetof(struct data_options, label),
     .help = "what the channel is called (rtcpipe)"},
    {.name = "protocol",
     .type = OPTION_STRING,
     .argument = "TEXT",
     .offset = offsetof(struct data_options, protocol),
     .help = "what is spoken on it"},
    {.name = "unordered",
     .type = OPTION_FLAG,
     .offset = offsetof(struct data_options, unordered),
     .help = "messages may overtake each other"},
    {.name = "max-retransmits",
     .type = OPTION_INTEGER,
     .argument = "N",
     .offset = offsetof(struct data_options, max_retransmits),
     .most = UINT16_MAX,
     .help = "send a lost message so often again, then give it up"},
    {.name = "max-lifetime",
     .type = OPTION_DURATION,
     .argument = "TIME",
     .offset = offsetof(struct data_options, max_lifetime),
     .help = "give a message up after so long"},
    {.name = "negotiated",
     .type = OPTION_INTEGER,
     .argument = "ID",
     .offset = offsetof(struct data_options, negotiated),
     .most = UINT16_MAX - 1,
     .help = "both ends make the channel, with this number"},
    {.name = NULL},
};

/* Every option but --data itself says how the channel is. */
static bool says_how(const struct data_options *options)
{
    return options->message || options->label || options->protocol ||
           options->unordered || options->max_retransmits >= 0 ||
           options->max_lifetime >= 0 || options->negotiated >= 0;
}

void data_check(const struct data_options *options, bool is_http)
{
    struct splitter_options splitter;

    if (!options->data && says_how(options))
        die_usage("--message, --label and the like go with --data");
    if (options->data && is_http)
        die_usage("--data goes with --session or --signal: servers of WHIP and "
                  "WHEP have no data channels");
    if (options->message && !splitter_parse(options->message, &splitter))
        die_usage("--message %s: not line, nul or a length such as 1200 or 16k",
                  options->message);
    if (!options->message &&
        (options->unordered || options->max_retransmits >= 0 ||
         options->max_lifetime >= 0))
        die_usage("--unordered, --max-retransmits and --max-lifetime go with "
                  "--message: a stream of bytes has to be whole and in order");
    if (options->max_retransmits >= 0 && options->max_lifetime >= 0)
        die_usage("give --max-retransmits or --max-lifetime, not both");
    if (options->max_lifetime > INT64_C(1000) * UINT16_MAX)
        die_usage("--max-lifetime is 65535 ms at most");
    if ((options->label && strlen(options->label) > RTC_LABEL_MAX) ||
        (options->protocol && strlen(options->protocol) > RTC_LABEL_MAX))
        die_usage("--label and --protocol have %d bytes at most",
                  RTC_LABEL_MAX);
}
