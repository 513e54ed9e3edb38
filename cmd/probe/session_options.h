/* SPDX-License-Identifier: MIT
 *
 * The options of subjects that have sessions at a WHIP or WHEP server: of those
 * that rtc-send has (cmd/options.h), the ones that a measurement is helped by.
 */
#pragma once

#include "cmd/cli.h"

/* Rows for a subject's table; the offset is that of its endpoint_options. */
extern const struct rtc_option probe_options_http[];
extern const struct rtc_option probe_options_network[];
/* --connect-timeout and --max-time, without a heading. */
extern const struct rtc_option probe_options_patience[];
