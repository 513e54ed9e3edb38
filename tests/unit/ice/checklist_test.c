/* SPDX-License-Identifier: MIT
 * Pairs: formed once a path, ordered by the role's priorities, bounded. */
#include "ice/checklist.h"

#include "base/addr.h"
#include "tap.h"

static struct rtc_ice_checklist list;

static struct rtc_addr addr_of(const char *text, unsigned port)
{
    struct rtc_addr addr = {0};

    if (rtc_addr_parse(text, &addr) < 0)
        abort();
    addr.port = (uint16_t)port;
    return addr;
}

static int add_local(unsigned port, uint32_t priority)
{
    struct rtc_ice_local local = {.addr = addr_of("192.0.2.1:0", port),
                                  .base = addr_of("192.0.2.1:0", port),
                                  .priority = priority};
    int index = rtc_checklist_add_local(&list, &local);

    if (index >= 0)
        rtc_checklist_pair_local(&list, (unsigned)index);
    return index;
}

static int add_remote(unsigned port, uint32_t priority)
{
    struct rtc_ice_remote remote = {.addr = addr_of("192.0.2.2:0", port),
                                    .priority = priority};
    int index = rtc_checklist_add_remote(&list, &remote, -1);

    if (index >= 0)
        rtc_checklist_pair_remote(&list, (unsigned)index);
    return index;
}

static unsigned count_pairs(void)
{
    unsigned count = 0;

    for (unsigned i = 0; i < list.pair_count; i++)
        count += list.pairs[i].state != RTC_ICE_PAIR_FREE;
    return count;
}

static void reset(bool controlling)
{
    list = (struct rtc_ice_checklist){.controlling = controlling};
}

static void test_reflexive_adds_none(void)
{
    struct rtc_ice_local srflx = {.addr = addr_of("203.0.113.1:0", 5),
                                  .base = addr_of("192.0.2.1:0", 1),
                                  .type = RTC_CANDIDATE_SRFLX,
                                  .priority = 900};
    int index;

    reset(true);
    add_remote(2, 50);
    index = rtc_checklist_add_local(&list, &srflx);
    is_int(rtc_checklist_pair_local(&list, (unsigned)index), 1,
           "without its host a reflexive candidate has the pair");
    add_local(1, 1000);
    is_int(count_pairs(), 1,
           "acceptance 19: pairs are pruned, host and reflexive of one base "
           "are one");
    is_int(list.pairs[0].local, 1, "which is the host's, as the better one");
    srflx.addr.port++;
    index = rtc_checklist_add_local(&list, &srflx);
    is_int(rtc_checklist_pair_local(&list, (unsigned)index), 0,
           "another mapping of the base makes none either");
    is_int(list.pairs[0].local, 1, "and takes none over");
    is_int(rtc_checklist_find_base(&list, &srflx.base, RTC_UDP), 1,
           "what comes in belongs to the host");
}

static void test_order(void)
{
    int pick;

    reset(true);
    add_local(1, 100);
    add_local(2, 200);
    add_remote(11, 150);
    add_remote(12, 120);
    is_int(count_pairs(), 4, "acceptance 19: pairs are formed, two by two");
    pick = rtc_checklist_pick(&list, false);
    ok(list.locals[list.pairs[pick].local].base.port == 2 &&
           list.remotes[list.pairs[pick].remote].addr.port == 11,
       "acceptance 19: the best pair is checked first");
    is_int(rtc_checklist_pick(&list, true), -1, "none is triggered");
    for (unsigned i = 0; i < list.pair_count; i++)
        list.pairs[i].triggered =
            list.pairs[i].priority < ((uint64_t)100 << 32) + 2 * 130;
    pick = rtc_checklist_pick(&list, false);
    ok(list.locals[list.pairs[pick].local].base.port == 1 &&
           list.remotes[list.pairs[pick].remote].addr.port == 12,
       "a triggered one goes before");
    ok(list.pairs[pick].priority == rtc_pair_priority(100, 120),
       "priority as the controlling side");
    rtc_checklist_set_role(&list, false);
    ok(list.pairs[pick].priority == rtc_pair_priority(120, 100),
       "and as the controlled one");
    is_int(rtc_checklist_unsettled(&list, 0), 4, "all wait");
    is_int(rtc_checklist_best_valid(&list), -1, "none is valid");
    list.pairs[pick].valid = true;
    is_int(rtc_checklist_best_valid(&list), pick, "now one is");
}

static void test_caps(void)
{
    uint64_t least = UINT64_MAX;

    reset(true);
    for (unsigned i = 0; i < RTC_ICE_REMOTE_MOST; i++)
        ok(add_remote(100 + i, 1000 + i) >= 0, "a remote candidate");
    is_int(add_remote(99, 1), RTC_ERR_NOMEM, "the cap of remote candidates");
    for (unsigned i = 0; i < RTC_ICE_LOCAL_MOST; i++)
        ok(add_local(200 + i, 2000 + i) >= 0, "a local candidate");
    is_int(add_local(99, 1), RTC_ERR_NOMEM, "the cap of local candidates");
    is_int(count_pairs(), RTC_ICE_PAIR_MOST, "the cap of pairs");
    for (unsigned i = 0; i < RTC_ICE_PAIR_MOST; i++)
        if (list.pairs[i].priority < least)
            least = list.pairs[i].priority;
    /* 20 remotes by 24 locals: the best hundred are of the best 5 remotes. */
    ok(least >= (uint64_t)(1000 + 15) << 32, "the worst ones gave way");
}

static void test_valid_ones_stay(void)
{
    reset(true);
    for (unsigned i = 0; i < RTC_ICE_REMOTE_MOST; i++)
        add_remote(100 + i, 10);
    for (unsigned i = 0; i < 5; i++)
        add_local(200 + i, 10);
    for (unsigned i = 0; i < RTC_ICE_PAIR_MOST; i++)
        list.pairs[i].valid = true;
    add_local(300, 5000);
    for (unsigned i = 0; i < RTC_ICE_PAIR_MOST; i++)
        if (!list.pairs[i].valid) {
            ok(false, "a valid pair gave way");
            return;
        }
    ok(true, "no valid pair gives way");
}

static void test_removal(void)
{
    struct rtc_addr base = addr_of("192.0.2.1:0", 1);
    struct rtc_path path = {.local = base, .remote = addr_of("192.0.2.2:0", 9)};

    reset(true);
    add_local(1, 100);
    add_local(2, 100);
    add_remote(9, 100);
    ok(rtc_checklist_find_path(&list, &path) >= 0, "a pair");
    rtc_checklist_remove_base(&list, &base);
    is_int(rtc_checklist_find_path(&list, &path), -1, "goes with its base");
    is_int(count_pairs(), 1, "the other stays");
    is_int(add_local(1, 100), 0, "the slot is used again");
    is_int(count_pairs(), 2, "and paired");
    rtc_checklist_clear_remotes(&list);
    is_int(count_pairs(), 0, "no remotes, no pairs");
    is_int(list.local_count, 2, "local candidates stay");
}

int main(void)
{
    test_reflexive_adds_none();
    test_order();
    test_caps();
    test_valid_ones_stay();
    test_removal();
    return tap_done();
}
