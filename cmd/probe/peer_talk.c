/* SPDX-License-Identifier: MIT
 *
 * Packs messages, and judges who sends what is none.
 */
#include "cmd/probe/peer_talk.h"

#include <stdio.h>

void peer_talk_tell(struct peer_run *run, struct peer_message *message)
{
    char text[PEER_MESSAGE_MAX];
    struct rtc_message packed = {.data = (const uint8_t *)text,
                                 .is_text = true};
    int len, error;

    message->parameters = run->parameters;
    message->tally = run->local;
    len = peer_message_write(message, text, sizeof text);
    if (len < 0)
        die(RTC_EXIT_INTERNAL, "a message to the other end: %s",
            rtc_error_text(len));
    packed.len = (size_t)len;
    error = rtc_peer_send_message(run->end.peer, run->control, &packed,
                                  driver_now(run->end.driver));
    driver_changed(run->end.driver, run->end.peer);
    /* The buffer is full of what is measured: an interval can be left out. */
    if (error && error != RTC_ERR_CLOSED && message->type != PEER_INTERVAL &&
        message->type != PEER_REFUSAL)
        endpoint_fail(&run->end, RTC_EXIT_CHANNEL, "%s",
                      rtc_peer_why(run->end.peer));
}

void peer_talk_say(struct peer_run *run, enum peer_message_type type)
{
    struct peer_message message = {.type = type};

    if (type == PEER_HELLO || type == PEER_WELCOME)
        snprintf(message.text, sizeof message.text, "%s", rtc_version());
    peer_talk_tell(run, &message);
}

static void refuse(struct peer_run *run, const char *why)
{
    struct peer_message message = {.type = PEER_REFUSAL};

    snprintf(message.text, sizeof message.text, "%s", why);
    if (run->control >= 0)
        peer_talk_tell(run, &message);
    driver_flush(run->end.driver, run->end.peer);
}

void peer_talk_give_up(struct peer_run *run, enum rtc_exit status,
                       const char *why)
{
    if (run->end.is_ending)
        return;
    refuse(run, why);
    endpoint_fail(&run->end, status, "%s", why);
}

bool peer_talk_hear(struct peer_run *run, const struct rtc_message *packed,
                    struct peer_message *ret_message)
{
    char why[PEER_WHY_LEN];
    int error = peer_message_parse((const char *)packed->data, packed->len,
                                   ret_message, why);

    if (!error)
        return true;
    refuse(run, why);
    endpoint_fail(&run->end, RTC_EXIT_CHANNEL, "the other end is %s: %s",
                  error == RTC_ERR_FORMAT && !run->is_welcome
                      ? "no `rtc-probe peer'"
                      : "not understood",
                  why);
    return false;
}
