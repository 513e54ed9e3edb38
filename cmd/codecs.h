/* SPDX-License-Identifier: MIT
 *
 * Codec lists on the command line: `vp8,h264`.
 */
#pragma once

#include "rtc.h"

/* Reads a list of codecs of `kind` into `config` (kind and codecs; empty text:
 * all of them). Ends the process with a usage error that names `option`. */
void codecs_parse(const char *option, const char *text, enum rtc_kind kind,
                  struct rtc_track_config *config);
