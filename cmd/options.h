/* SPDX-License-Identifier: MIT
 *
 * Option rows that several tools have. Their offsets are in struct
 * endpoint_options: a tool includes them by a row of type OPTION_ROWS at the
 * place of that struct in its values.
 */
#pragma once

#include "cmd/cli.h"

/* How the other end is met, and the form of our description. */
extern const struct rtc_option options_meet[];
/* --whip, --whep: one of them is a row of each tool. */
extern const struct rtc_option options_whip[];
extern const struct rtc_option options_whep[];
/* What goes with every HTTP request. */
extern const struct rtc_option options_requests[];
/* That, and what goes with a session. */
extern const struct rtc_option options_http[];
/* --json, --base64. */
extern const struct rtc_option options_form[];
/* Local addresses, ports, MTU. */
extern const struct rtc_option options_network[];
/* --ipv4 and --ipv6, of an int that is 4, 6, or 0 for both. */
extern const struct rtc_option options_family[];
/* --impair. */
extern const struct rtc_option options_impair[];
/* Time limits and --events. */
extern const struct rtc_option options_limits[];

/* Choices of --ice-policy. */
extern const char *const options_policies[];
/* Choices of --format: names of media formats behind `auto'. */
extern const char *const options_formats[];
