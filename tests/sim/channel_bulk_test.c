/* SPDX-License-Identifier: MIT
 * Much data both ways at once over a link of 40 ms RTT that loses 1 %: all of
 * it arrives, each message as it was and in order, in bounded time of that
 * link. RTC_TEST_BULK is how many MiB go each way (16). */
#include <stdio.h>
#include <stdlib.h>

#include "tests/sim/chat_check.h"

#define MESSAGE ((size_t)64 << 10)
#define MIB_MOST 4096

static const struct sim_link link = {.delay_us = 20 * MS, .loss = 0.01};

/* Both sides write whenever there is room. */
static struct {
    unsigned want, sent[2];
} bulk;

static rtc_usec write_on(struct sim_side *side, rtc_usec now)
{
    unsigned *sent = &bulk.sent[side->which];

    while (*sent < bulk.want &&
           sim_chat_send(side->user, side->which, 0, MESSAGE, false) == 0)
        ++*sent;
    return *sent < bulk.want ? now + 5 * MS : RTC_NEVER;
}

static bool is_missing(struct sim_pair *pair)
{
    const struct sim_chat *chat = pair->side[0].user;

    return chat->side[SIM_L].channels[0].messages < bulk.want ||
           chat->side[SIM_R].channels[0].messages < bulk.want;
}

static unsigned mib_each_way(void)
{
    const char *text = getenv("RTC_TEST_BULK");
    long mib = text ? strtol(text, NULL, 10) : 16;

    return mib > 0 && mib <= MIB_MOST ? (unsigned)mib : 16;
}

int main(void)
{
    struct sim_chat *chat = sim_chat_new(77, &link);
    struct rtc_channel_config config;
    unsigned mib = mib_each_way();
    rtc_usec begun;

    rtc_channel_config_init(&config);
    seeded(chat, sim_chat_connect(chat, &config), "bulk: opens");
    bulk.want = mib * 16;
    begun = chat->pair->now;
    for (int i = 0; i < 2; i++) {
        chat->pair->side[i].on_timer = write_on;
        chat->pair->side[i].timer = chat->pair->now;
    }
    sim_pair_run_while(chat->pair, begun + (rtc_usec)mib * 60 * SEC,
                       is_missing);
    printf("# %u MiB each way in %.1f s of the link's time\n", mib,
           (double)(chat->pair->now - begun) / SEC);
    for (int i = 0; i < 2; i++) {
        const struct sim_channel *c = &chat->side[i].channels[0];

        is_int((int)c->messages, (int)bulk.want, "all of it arrives");
        ok(c->bytes == (uint64_t)bulk.want * MESSAGE, "every byte");
        is_int((int)c->corrupt, 0, "as it was sent");
        is_int((int)c->disordered, 0, "in order");
    }
    /* By the usual rule for such a loss (MSS / RTT * 1.22 / sqrt(p)) some
     * 3.5 Mbit/s, which is 2.4 s for a MiB. */
    within(chat, (chat->pair->now - begun) / (rtc_usec)mib, 1 * MS, 8 * SEC,
           "time for a MiB");
    seeded(chat, sim_chat_is_sound(chat), "sound");
    sim_chat_free(chat);
    return tap_done();
}
