/* SPDX-License-Identifier: MIT
 *
 * A better layer is taken as soon as it has a key frame, a worse one when the
 * current one has been silent.
 */
#include "cmd/layer_choice.h"

#define SILENT_US 1000000

void layer_choice_init(struct layer_choice *choice)
{
    *choice = (struct layer_choice){.current = -1};
}

bool layer_choice_take(struct layer_choice *choice,
                       const struct rtc_frame *frame, bool *ret_switched)
{
    int layer = frame->layer;
    bool is_better;

    if (layer >= RTC_LAYER_MOST)
        return false;
    choice->last_at[layer] = frame->time;
    is_better = choice->current < 0 || layer < choice->current ||
                frame->time - choice->last_at[choice->current] > SILENT_US;
    *ret_switched = layer != choice->current && frame->keyframe && is_better;
    if (*ret_switched)
        choice->current = layer;
    return layer == choice->current;
}
