/* SPDX-License-Identifier: MIT
 *
 * Clips of three seconds inside the program, for sending without an encoder;
 * synthetic/README.md says how they were made.
 */
#pragma once

#include "cmd/input.h"

/* The clip of a codec as an input. False: there is none. */
bool synthetic_clip(enum rtc_codec codec, struct input_options *ret_input);
