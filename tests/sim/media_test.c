/* SPDX-License-Identifier: MIT
 * x */
#include "tests/sim/check.h"

int main(void)
{
    static const struct sim_link link = {.delay_us = 25000, .loss = 0.05};
    for (uint64_t seed = 1; seed < 6; seed++)
    for (int c = RTC_CODEC_OPUS; c < RTC_CODEC_COUNT; c++) {
        struct sim_talk *talk = sim_talk_new(seed, &link);
        struct sim_flow *flow = sim_talk_connect(talk, SIM_L, (enum rtc_codec)c);
        rtc_usec t;
        if (!seeded(talk->pair, flow, "connect")) return 1;
        flow->frame_count = 1000;
        sim_talk_begin(talk);
        t = sim_talk_finish(talk, SIM_L, 5000000);
        within(talk->pair, t, 0, 2000000, "delivered");
        within(talk->pair, flow->received, 1000, 1000, "all");
        printf("# first %u keys %u late %ld gaps %u delivered %ld\n", flow->first, flow->keys, flow->late_us, talk->seen[1].events[RTC_EVENT_GAP], t);
        sound(talk, "sound");
        sim_talk_free(talk);
    }
    return tap_done();
}
