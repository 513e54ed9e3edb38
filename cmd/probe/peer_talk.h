/* SPDX-License-Identifier: MIT
 *
 * The control channel of `rtc-probe peer`: messages out and in.
 */
#pragma once

#include "cmd/probe/peer_run.h"

/* Adds parameters and what was counted, as far as its type has them. */
void peer_talk_tell(struct peer_run *run, struct peer_message *message);
/* A message that is but a type. */
void peer_talk_say(struct peer_run *run, enum peer_message_type type);
/* It cannot go on, and both ends say why. */
void peer_talk_give_up(struct peer_run *run, enum rtc_exit status,
                       const char *why);
/* Reads what came. False: it makes no sense, so that was the end. */
bool peer_talk_hear(struct peer_run *run, const struct rtc_message *packed,
                    struct peer_message *ret_message);
