/* SPDX-License-Identifier: MIT
 * Data channels and the heap: any allocation of the library may fail, and what
 * a sender that never stops can make its receiver hold has a bound. usrsctp has
 * an allocator of its own, so the bound is measured at malloc. */
#include <malloc.h>

#include "base/mem.h"
#include "tests/sim/chat_check.h"

#define MIB ((int64_t)1 << 20)

void *__real_rtc_calloc(size_t count, size_t size);
void *__real_rtc_realloc(void *old, size_t size);
void *__wrap_rtc_calloc(size_t count, size_t size);
void *__wrap_rtc_realloc(void *old, size_t size);

static unsigned allocations; /* so far */
static unsigned fail_at;     /* this one fails, counted from 1; 0: none */

static bool is_to_fail(void)
{
    return ++allocations == fail_at;
}

void *__wrap_rtc_calloc(size_t count, size_t size)
{
    return is_to_fail() ? NULL : __real_rtc_calloc(count, size);
}

void *__wrap_rtc_realloc(void *old, size_t size)
{
    return is_to_fail() ? NULL : __real_rtc_realloc(old, size);
}

/* ---- any one fails ------------------------------------------------------- */

/* Whether a session with one allocation failing came to an end that is told:
 * by a call, by the session's or the channel's close, or not at all. */
static bool talk_through(struct sim_chat *chat, bool *ret_complete)
{
    struct sim_pair *pair = chat->pair;
    struct rtc_channel_config config;
    int error = 0;

    rtc_channel_config_init(&config);
    for (int i = 0; i < 2 && !error; i++)
        error = rtc_peer_new(&pair->side[i].peer, &pair->side[i].config);
    for (int i = 0; i < 2 && !error; i++)
        error = rtc_peer_add_local(peer(chat, i), &pair->side[i].addrs[0],
                                   RTC_UDP, pair->now);
    if (!error)
        error = rtc_peer_add_channel(peer(chat, SIM_L), &config, pair->now);
    if (!error)
        error = sim_pair_negotiate(pair, SIM_L);
    if (error)
        return error == RTC_ERR_NOMEM;
    sim_chat_run(chat, 5 * SEC);
    for (int i = 0; i < 2; i++)
        for (int k = 0; k < 3; k++) {
            error = sim_chat_send(chat, i, 0, 50000, true);
            if (error && error != RTC_ERR_NOMEM && error != RTC_ERR_STATE &&
                error != RTC_ERR_CLOSED && error != RTC_ERR_ARG)
                return false;
        }
    sim_chat_run(chat, 5 * SEC);
    *ret_complete = chat->side[SIM_L].channels[0].messages == 3 &&
                    chat->side[SIM_R].channels[0].messages == 3;
    return sim_chat_is_sound(chat);
}

static void test_failing(void)
{
    unsigned all = 1, wrong = 0, complete = 0;

    for (unsigned n = 0; n <= all; n++) {
        struct sim_chat *chat = sim_chat_new(1, NULL);
        bool is_complete = false;
        allocations = 0;
        fail_at = n;
        if (!talk_through(chat, &is_complete)) {
            printf("# allocation %u: not told rightly\n", n);
            wrong++;
        }
        fail_at = 0;
        if (n == 0) {
            ok(is_complete, "with memory all goes well");
            all = allocations;
        }
        complete += is_complete;
        sim_chat_free(chat);
    }
    printf("# of %u: %u unnoticed\n", all, complete);
    ok(all > 20 && all < 500, "a number of allocations that can be tried");
    is_int(wrong, 0, "each failure is told rightly");
}

/* ---- a bound ------------------------------------------------------------- */

static int64_t heap(void)
{
    struct mallinfo2 m = mallinfo2();

    return (int64_t)m.uordblks + (int64_t)m.hblkhd;
}

static size_t message_len;

static rtc_usec write_on(struct sim_side *side, rtc_usec now)
{
    while (sim_chat_send(side->user, side->which, 0, message_len, false) == 0)
        ;
    return now + 5 * MS;
}

/* Both peers' share: the sender's buffer and the receiver's window of 1 MiB
 * each, and what small messages cost beside their bytes. */
static void test_bound(size_t len, int64_t most_mib)
{
    struct sim_chat *chat = sim_chat_new(2, NULL);
    struct rtc_channel_config config;
    int64_t before, most = 0;

    rtc_channel_config_init(&config);
    seeded(chat, sim_chat_connect(chat, &config), "a sender that never stops");
    before = heap();
    rtc_peer_hold_messages(peer(chat, SIM_R), true, chat->pair->now);
    message_len = len;
    chat->pair->side[SIM_L].on_timer = write_on;
    chat->pair->side[SIM_L].timer = chat->pair->now;
    for (int i = 0; i < 30; i++) {
        sim_chat_run(chat, SEC);
        most = heap() - before > most ? heap() - before : most;
    }
    printf("# messages of %zu: %" PRId64 " KiB\n", len, most >> 10);
    within(chat, most, 0, most_mib * MIB, "is held to a bound");
    chat->pair->side[SIM_L].timer = RTC_NEVER;
    rtc_peer_hold_messages(peer(chat, SIM_R), false, chat->pair->now);
    sim_chat_run(chat, 60 * SEC);
    ok(rtc_peer_is_delivered(peer(chat, SIM_L), chat->pair->now),
       "and all arrives in the end");
    is_int(chat->side[SIM_R].channels[0].messages,
           (int64_t)info(chat, SIM_L, 0).messages_sent, "none is missing");
    within(chat, heap() - before, 0, 4 * MIB, "then it is given back");
    seeded(chat, sim_chat_is_sound(chat), "sound");
    sim_chat_free(chat);
}

int main(void)
{
    test_failing();
    test_bound(16384, 12);
    test_bound(262144, 12);
    test_bound(1, 32);
    return tap_done();
}
