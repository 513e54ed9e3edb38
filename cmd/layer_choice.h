/* SPDX-License-Identifier: MIT
 *
 * Which of several simulcast layers is written: the best one that comes,
 * changing at key frames. No clock, no I/O.
 */
#pragma once

#include <stdbool.h>

#include "rtc.h"

struct layer_choice {
    int current; /* -1: none yet */
    rtc_usec last_at[RTC_LAYER_MOST];
};

void layer_choice_init(struct layer_choice *choice);
/* Whether the frame is written. `ret_switched`: it is the first of its layer.
 * Layers are numbered in order of preference. */
bool layer_choice_take(struct layer_choice *choice,
                       const struct rtc_frame *frame, bool *ret_switched);
