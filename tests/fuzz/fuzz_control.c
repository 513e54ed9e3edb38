/* SPDX-License-Identifier: MIT
 * A message of the other end of rtc-probe peer: what is taken is within bounds,
 * and written again reads the same; what is not taken is told in printable
 * words. */
#include "cmd/probe/peer_control.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check_text(const char *text)
{
    if (strnlen(text, PEER_WHY_LEN) == PEER_WHY_LEN)
        abort();
    for (; *text; text++)
        if (*text < ' ' || *text > '~')
            abort();
}

static void check_parameters(const struct peer_parameters *p)
{
    if (p->streams < 1 || p->streams > PEER_STREAM_MOST ||
        p->length < PEER_LENGTH_LEAST || p->length > PEER_LENGTH_MOST ||
        p->time_us <= 0 || p->interval_us <= 0 || p->bitrate_bps < 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct peer_message message, again;
    char why[PEER_WHY_LEN], text[PEER_MESSAGE_MAX];
    int n;

    memset(&message, 0, sizeof message);
    memset(&again, 0, sizeof again);
    if (peer_message_parse((const char *)data, len, &message, why)) {
        check_text(why);
        return 0;
    }
    check_text(message.text);
    if (message.type == PEER_HELLO)
        check_parameters(&message.parameters);
    n = peer_message_write(&message, text, sizeof text);
    if (n <= 0 || peer_message_parse(text, (size_t)n, &again, why) ||
        again.type != message.type || again.index != message.index ||
        strcmp(again.text, message.text) != 0 ||
        again.tally.sent.bytes != message.tally.sent.bytes ||
        again.tally.received.steps_us != message.tally.received.steps_us)
        abort();
    return 0;
}
