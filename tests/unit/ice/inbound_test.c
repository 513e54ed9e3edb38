/* SPDX-License-Identifier: MIT
 * Single messages to one agent: what is answered and how, what is dropped,
 * what a remote can make it keep. */
#include "ice/check.h"
#include "ice/checklist.h"
#include "ice/link.h"
#include "stun/auth.h"

#define A "192.0.2.1:1000"
#define B "192.0.2.2:2000"

static const struct rtc_ice_credentials remote = {"remo",
                                                  "remote-password-remote"};
static const struct rtc_ice_credentials local = {"loca",
                                                 "local-password-local-p"};

struct one {
    struct rtc_ice_agent *agent;
    uint64_t seed;
    rtc_usec now;
    struct rtc_path path; /* as the agent sees it */
    uint8_t out[RTC_ICE_MESSAGE_MOST];
    struct rtc_path out_path;
    struct rtc_stun m; /* the last thing it sent */
};

static void one_init(struct one *one, bool controlling)
{
    struct rtc_candidate c = link_host(A);
    struct rtc_ice_config config = {.controlling = controlling};

    *one = (struct one){.seed = 77, .now = RTC_SEC};
    config.random = (struct rtc_random){.fn = link_random, .user = &one->seed};
    rtc_ice_timing_init(&config.timing);
    if (rtc_ice_new(&one->agent, &config) < 0)
        abort();
    is_int(rtc_ice_set_local_credentials(one->agent, local.ufrag, local.pwd), 0,
           "credentials of the caller");
    rtc_ice_add_local(one->agent, &c, one->now);
    one->path.local = link_addr(A);
    one->path.remote = link_addr(B);
}

static void one_meet(struct one *one)
{
    rtc_ice_set_remote(one->agent, remote.ufrag, remote.pwd, false, one->now);
}

/* The next message of the agent, parsed. */
static bool one_sends(struct one *one)
{
    int len = rtc_ice_transmit(one->agent, one->out, sizeof one->out,
                               &one->out_path, one->now);

    return len > 0 && rtc_stun_parse(&one->m, one->out, (size_t)len) == 0;
}

static struct rtc_ice_check check_of(uint64_t id, bool controlling)
{
    static uint8_t bytes[RTC_STUN_ID_LEN];

    memcpy(bytes, &id, sizeof id);
    return (struct rtc_ice_check){.id = bytes,
                                  .local = &remote,
                                  .remote = &local,
                                  .priority = 1000,
                                  .controlling = controlling,
                                  .tie_breaker = controlling ? 0 : UINT64_MAX};
}

static bool one_receives(struct one *one, const struct rtc_writer *w)
{
    return rtc_ice_receive(one->agent, &one->path, w->data, w->len, one->now);
}

static bool one_checks(struct one *one, const struct rtc_ice_check *check)
{
    uint8_t buf[RTC_ICE_MESSAGE_MOST];
    struct rtc_writer w;

    rtc_writer_init(&w, buf, sizeof buf);
    rtc_ice_check_write(&w, check);
    return one_receives(one, &w);
}

/* Answers the request in one->m. */
static bool one_answers(struct one *one, unsigned error)
{
    struct rtc_ice_answer answer = {.path.remote = one->out_path.local,
                                    .error = (uint16_t)error};
    uint8_t buf[RTC_ICE_MESSAGE_MOST];
    struct rtc_writer w;

    memcpy(answer.id, one->m.id, sizeof answer.id);
    rtc_writer_init(&w, buf, sizeof buf);
    rtc_ice_answer_write(&w, &answer, &remote);
    return one_receives(one, &w);
}

static void test_answered(void)
{
    struct one one;
    struct rtc_ice_check check = check_of(1, true);

    one_init(&one, false);
    one_meet(&one);
    ok(one_checks(&one, &check), "a right request is ours");
    ok(one_sends(&one) && one.m.class == RTC_STUN_SUCCESS, "it is answered");
    ok(rtc_addr_equal(&one.m.mapped, &one.path.remote), "with its address");
    ok(rtc_stun_check_integrity(&one.m, local.pwd, strlen(local.pwd)),
       "signed");
    ok(one.m.fingerprint_at && rtc_stun_check_fingerprint(&one.m),
       "with a fingerprint");
    ok(rtc_path_equal(&one.out_path, &one.path), "back the same way");
    ok(one_sends(&one) && one.m.class == RTC_STUN_REQUEST,
       "and checked at once");
    is_int(one.m.username.len, 9, "for remo:loca");
    is_mem(one.m.username.at, "remo:loca", 9, "in this order");
    is_int(one.m.priority >> 24, 110, "as a peer-reflexive candidate");
    ok(!one_sends(&one), "that is all");
    rtc_ice_free(one.agent);
}

static void test_dropped(void)
{
    struct one one;
    struct rtc_ice_check check = check_of(1, true);
    struct rtc_ice_credentials wrong = local;
    uint8_t buf[RTC_ICE_MESSAGE_MOST];
    struct rtc_writer w;
    unsigned taken = 0;

    one_init(&one, false);
    one_meet(&one);
    wrong.pwd[0]++;
    check.remote = &wrong;
    ok(!one_checks(&one, &check), "a wrong password");
    wrong = local;
    wrong.ufrag[0]++;
    ok(!one_checks(&one, &check), "a wrong ufrag");
    check.remote = &local;
    rtc_writer_init(&w, buf, sizeof buf);
    rtc_ice_check_write(&w, &check);
    buf[w.len - 1] ^= 1;
    ok(!one_receives(&one, &w), "a wrong fingerprint");
    buf[w.len - 1] ^= 1;
    for (size_t len = 0; len < w.len; len++)
        taken += rtc_ice_receive(one.agent, &one.path, buf, len, one.now);
    is_int(taken, 0, "acceptance 19: truncated STUN is dropped");
    one.path.local = link_addr("192.0.2.99:1000");
    ok(!one_receives(&one, &w),
       "acceptance 19: STUN to an unknown interface is dropped");
    one.path.local = link_addr(A);
    rtc_writer_init(&w, buf, sizeof buf);
    rtc_stun_write_begin(&w, RTC_STUN_INDICATION, RTC_STUN_BINDING, check.id);
    ok(!one_receives(&one, &w), "acceptance 19: indications are ignored");
    rtc_writer_init(&w, buf, sizeof buf);
    rtc_stun_write_begin(&w, RTC_STUN_REQUEST, RTC_STUN_ALLOCATE, check.id);
    ok(!one_receives(&one, &w), "another method");
    ok(!one_sends(&one), "none of them is answered");
    is_int(rtc_ice_state(one.agent), RTC_ICE_NEW, "nor changes anything");
    rtc_ice_free(one.agent);
}

static void test_unknown_attribute(void)
{
    struct one one;
    uint8_t buf[RTC_ICE_MESSAGE_MOST];
    struct rtc_writer w;

    one_init(&one, false);
    one_meet(&one);
    rtc_writer_init(&w, buf, sizeof buf);
    rtc_stun_write_begin(&w, RTC_STUN_REQUEST, RTC_STUN_BINDING,
                         check_of(1, true).id);
    rtc_stun_write_text(&w, RTC_STUN_USERNAME, "loca:remo");
    rtc_stun_write_u32(&w, (enum rtc_stun_attribute)0x7ABC, 0);
    rtc_stun_write_integrity(&w, local.pwd, strlen(local.pwd));
    ok(one_receives(&one, &w), "a request with an unknown attribute");
    ok(one_sends(&one) && one.m.error_code == 420, "is refused by a 420");
    ok(rtc_stun_check_integrity(&one.m, local.pwd, strlen(local.pwd)),
       "signed");
    is_mem(one.m.data + 20 + 4 + 24, "\0\x0a\0\2\x7a\xbc", 6,
           "that names the attribute");
    ok(!one_sends(&one), "and causes no check");
    rtc_ice_free(one.agent);
}

static void test_early(void)
{
    struct one one;
    struct rtc_ice_check check = check_of(1, true);

    one_init(&one, false);
    check.use_candidate = true;
    ok(one_checks(&one, &check), "a check before the remote is known");
    ok(one_sends(&one) && one.m.class == RTC_STUN_SUCCESS, "is answered");
    ok(!one_sends(&one), "no more can be done");
    is_int(rtc_ice_deadline(one.agent), RTC_NEVER, "nor is due");
    one.now += RTC_SEC;
    one_meet(&one);
    ok(one_sends(&one) && one.m.class == RTC_STUN_REQUEST,
       "acceptance 19: a check before the credentials are known is kept for "
       "them");
    ok(one_answers(&one, 0), "and answered");
    is_int(rtc_ice_state(one.agent), RTC_ICE_COMPLETED,
           "and its nomination holds");
    rtc_ice_free(one.agent);
}

static void test_answers(void)
{
    struct one one;
    struct rtc_candidate c = link_host(B);

    one_init(&one, true);
    one_meet(&one);
    rtc_ice_add_remote(one.agent, &c, one.now);
    ok(one_sends(&one), "a check");
    one.m.id[0] ^= 1;
    ok(!one_answers(&one, 0),
       "acceptance 19: an unknown transaction is ignored");
    one.m.id[0] ^= 1;
    one.path.remote.port++;
    ok(!one_answers(&one, 0), "so is an answer from elsewhere");
    one.path.remote.port--;
    is_int(rtc_ice_state(one.agent), RTC_ICE_CHECKING, "still checking");
    ok(one_answers(&one, 0), "the right answer is taken");
    is_int(rtc_ice_state(one.agent), RTC_ICE_CONNECTED, "and connects");
    ok(!one_answers(&one, 0), "but only once");
    ok(one_sends(&one) && one.m.use_candidate, "the pair is nominated at once");
    ok(one_answers(&one, 0), "which is answered");
    is_int(rtc_ice_state(one.agent), RTC_ICE_COMPLETED, "and completes");
    rtc_ice_free(one.agent);
}

static void test_role_lost(void)
{
    struct one one;
    struct rtc_candidate c = link_host(B);
    struct rtc_ice_check check = check_of(2, true);
    struct rtc_stun first;
    uint64_t tie_breaker;

    one_init(&one, true);
    one_meet(&one);
    rtc_ice_add_remote(one.agent, &c, one.now);
    ok(one_sends(&one) && one.m.has_controlling, "we control");
    tie_breaker = one.m.tie_breaker;
    ok(one_answers(&one, 487), "they refuse it");
    ok(!rtc_ice_is_controlling(one.agent), "so we do not");
    ok(one_sends(&one) && one.m.has_controlled, "and check again");
    ok(one.m.tie_breaker != tie_breaker, "with another tie breaker");
    rtc_ice_free(one.agent);

    one_init(&one, true);
    one_meet(&one);
    rtc_ice_add_remote(one.agent, &c, one.now);
    ok(one_sends(&one), "a check as the controlling side");
    first = one.m;
    check.tie_breaker = UINT64_MAX;
    ok(one_checks(&one, &check), "then the remote wins the conflict");
    ok(!rtc_ice_is_controlling(one.agent), "and controls");
    ok(one_sends(&one) && one.m.class == RTC_STUN_SUCCESS, "it is answered");
    one.m = first;
    ok(one_answers(&one, 487), "the 487 to the old role comes late");
    ok(!rtc_ice_is_controlling(one.agent),
       "acceptance 19: a stale 487 is ignored");
    rtc_ice_free(one.agent);

    one_init(&one, true);
    one_meet(&one);
    check.tie_breaker = 0;
    ok(one_checks(&one, &check), "a remote that loses the conflict");
    ok(one_sends(&one) && one.m.error_code == 487, "hears so");
    ok(rtc_ice_is_controlling(one.agent), "and we stay");
    rtc_ice_free(one.agent);
}

/* A check from B's port + i, answered, then our own check is. */
static void prove_pair(struct one *one, unsigned i, bool use_candidate)
{
    struct rtc_ice_check check = check_of(100 + i, true);

    check.use_candidate = use_candidate;
    check.priority = 1000 + i;
    one->path.remote.port = (uint16_t)(2000 + i);
    ok(one_checks(one, &check), "a check from another port");
    while (one_sends(one))
        if (one->m.class == RTC_STUN_REQUEST)
            one_answers(one, 0);
}

static void selected_port_is(struct one *one, unsigned port, const char *name)
{
    const struct rtc_path *path = rtc_ice_selected(one->agent);

    is_int(path ? path->remote.port : 0, port, name);
}

static void test_nominations(void)
{
    struct one one;

    one_init(&one, false);
    one_meet(&one);
    prove_pair(&one, 1, true);
    selected_port_is(&one, 2001, "the first nominated");
    prove_pair(&one, 3, true);
    selected_port_is(&one, 2003, "aggressively: a better one wins");
    prove_pair(&one, 2, true);
    selected_port_is(&one, 2003, "a worse one does not");
    rtc_ice_free(one.agent);

    one_init(&one, false);
    one_meet(&one);
    prove_pair(&one, 1, false);
    prove_pair(&one, 3, false);
    selected_port_is(&one, 2003, "without nomination the best");
    prove_pair(&one, 3, true);
    prove_pair(&one, 1, true);
    selected_port_is(&one, 2001, "regularly: the latest nomination wins");
    rtc_ice_free(one.agent);
}

static void test_caps(void)
{
    struct one one;
    struct rtc_candidate c = link_host(B);
    unsigned taken = 0;

    one_init(&one, false);
    one_meet(&one);
    prove_pair(&one, 0, true);
    for (unsigned i = 1; i <= 3 * RTC_ICE_REMOTE_MOST; i++) {
        struct rtc_ice_check check = check_of(100 + i, true);

        one.path.remote.port = (uint16_t)(3000 + i);
        taken += one_checks(&one, &check);
    }
    is_int(taken, 3 * RTC_ICE_REMOTE_MOST, "a flood of right requests");
    taken = 0;
    while (one_sends(&one))
        taken += one.m.class == RTC_STUN_SUCCESS;
    is_int(taken, 16, "only so many answers wait");
    selected_port_is(&one, 2000, "the selected pair stays");
    taken = 0;
    for (unsigned i = 0; i < 2 * RTC_ICE_REMOTE_MOST; i++) {
        c.addr.port = (uint16_t)(4000 + i);
        taken += rtc_ice_add_remote(one.agent, &c, one.now) == 0;
    }
    is_int(taken, RTC_ICE_REMOTE_MOST - 1,
           "told candidates replace learnt ones, up to the cap");
    selected_port_is(&one, 2000, "the selected pair stays");
    rtc_ice_free(one.agent);
}

/* However many addresses the remote tells of, the one it checks from counts. */
static void test_useless_candidates(void)
{
    struct one one;
    struct rtc_candidate c = link_host(B);
    struct rtc_ice_check check;

    one_init(&one, false);
    one_meet(&one);
    for (unsigned i = 0; i < 2 * RTC_ICE_REMOTE_MOST; i++) {
        c.addr.port = (uint16_t)(4000 + i);
        rtc_ice_add_remote(one.agent, &c, one.now);
    }
    check = check_of(1, true);
    ok(one_checks(&one, &check), "a check from elsewhere");
    prove_pair(&one, 0, true);
    selected_port_is(&one, 2000, "its pair is found and selected");
    rtc_ice_free(one.agent);
}

static void test_ignored_candidates(void)
{
    struct one one;
    struct rtc_candidate c = link_host(B);

    one_init(&one, true);
    one_meet(&one);
    c.component = 2;
    is_int(rtc_ice_add_remote(one.agent, &c, one.now), 0, "component 2");
    c.component = 1;
    c.addr.family = 0;
    is_int(rtc_ice_add_remote(one.agent, &c, one.now), 0, "an unresolved name");
    c = link_host("[2001:db8::1]:2000");
    is_int(rtc_ice_add_remote(one.agent, &c, one.now), 0, "another family");
    ok(!one_sends(&one), "are taken, and nothing comes of them");
    is_int(rtc_ice_state(one.agent), RTC_ICE_NEW, "new as before");
    rtc_ice_free(one.agent);
}

static void test_paths(void)
{
    struct one one;
    struct rtc_ice_check check = check_of(1, true);
    uint8_t buf[RTC_ICE_MESSAGE_MOST];
    struct rtc_writer w;
    static const uint8_t media[] = {0x80, 0, 0, 0};

    one_init(&one, false);
    one_meet(&one);
    rtc_writer_init(&w, buf, sizeof buf);
    rtc_ice_check_write(&w, &check);
    ok(rtc_ice_accepts(one.agent, &one.path, buf, w.len),
       "a right request from anywhere is for us");
    ok(!rtc_ice_accepts(one.agent, &one.path, media, sizeof media),
       "media from there is not yet");
    ok(!rtc_ice_knows_path(one.agent, &one.path), "the path is not known");
    one_receives(&one, &w);
    ok(rtc_ice_accepts(one.agent, &one.path, media, sizeof media),
       "after the request it is");
    ok(rtc_ice_knows_path(one.agent, &one.path), "the path is known");
    buf[w.len - 40] ^= 1;
    ok(!rtc_ice_accepts(one.agent, &one.path, buf, w.len),
       "a request of someone else is not, though the path is known");
    rtc_ice_free(one.agent);
}

int main(void)
{
    test_answered();
    test_dropped();
    test_unknown_attribute();
    test_early();
    test_answers();
    test_role_lost();
    test_nominations();
    test_caps();
    test_useless_candidates();
    test_ignored_candidates();
    test_paths();
    return tap_done();
}
