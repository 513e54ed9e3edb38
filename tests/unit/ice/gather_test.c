/* SPDX-License-Identifier: MIT
 * Gathering by STUN in virtual time: pacing and resends, answers that count
 * and those that do not, redirection, bindings kept, sockets gone, the cap. */
#include "ice/gather.h"

#include "base/addr.h"
#include "base/clock.h"
#include "ice/candidate.h"
#include "tap.h"

#include <string.h>

static uint64_t seed = 1;

static void draw(void *user, void *buf, size_t len)
{
    uint64_t *state = user;
    uint8_t *p = buf;

    for (size_t i = 0; i < len; i++) {
        *state = *state * 6364136223846793005u + 1442695040888963407u;
        p[i] = (uint8_t)(*state >> 56);
    }
}

static struct rtc_addr at(const char *text)
{
    struct rtc_addr addr = {0};

    if (rtc_addr_parse(text, &addr))
        abort();
    return addr;
}

static bool is_at(const struct rtc_addr *addr, struct rtc_addr want)
{
    return rtc_addr_equal(addr, &want);
}

#define BASE at("192.0.2.1:5000")
#define BASE2 at("192.0.2.2:5000")
#define SERVER at("198.51.100.1:3478")
#define SERVER2 at("198.51.100.2:3478")
#define MAPPED at("203.0.113.1:6000")

static struct rtc_ice_gather g;

/* A request as it left. */
struct sent {
    rtc_usec when;
    struct rtc_path path;
    uint8_t id[RTC_STUN_ID_LEN];
};

static void begin(void)
{
    const struct rtc_random random = {draw, &seed};
    struct rtc_ice_gather_timing timing;

    rtc_ice_gather_timing_init(&timing);
    rtc_ice_gather_init(&g, &timing, &random);
}

/* All that is due at `now`; at most `most`. */
static unsigned drain(struct sent *sent, unsigned most, rtc_usec now)
{
    uint8_t buf[64];
    unsigned count = 0;
    struct rtc_path path;
    int len;

    while ((len = rtc_ice_gather_transmit(&g, buf, sizeof buf, &path, now)) >
           0) {
        if (len != RTC_STUN_HEADER_LEN || count == most)
            abort(); /* a plain request is its header */
        sent[count].when = now;
        sent[count].path = path;
        memcpy(sent[count++].id, buf + 8, RTC_STUN_ID_LEN);
    }
    return count;
}

/* As a driver does, up to `end`, which is where it stops. */
static unsigned run(struct sent *sent, unsigned most, rtc_usec *now,
                    rtc_usec end)
{
    unsigned count = drain(sent, most, *now);

    while (rtc_ice_gather_deadline(&g) <= end) {
        if (rtc_ice_gather_deadline(&g) <= *now) {
            ok(false, "a deadline lies ahead");
            break;
        }
        *now = rtc_ice_gather_deadline(&g);
        rtc_ice_gather_tick(&g, *now);
        count += drain(sent + count, most - count, *now);
    }
    *now = end;
    return count;
}

struct answer {
    unsigned error; /* 0: success */
    struct rtc_addr mapped, alternate;
    bool unknown; /* with an attribute that must be understood */
};

static enum rtc_ice_gather_result reply(const struct sent *to,
                                        const struct answer *answer,
                                        struct rtc_candidate *ret_candidate,
                                        rtc_usec now)
{
    uint8_t buf[256];
    struct rtc_writer w;

    rtc_writer_init(&w, buf, sizeof buf);
    rtc_stun_write_begin(&w, answer->error ? RTC_STUN_ERROR : RTC_STUN_SUCCESS,
                         RTC_STUN_BINDING, to->id);
    if (answer->mapped.family)
        rtc_stun_write_xor_addr(&w, RTC_STUN_XOR_MAPPED_ADDRESS,
                                &answer->mapped);
    if (answer->error)
        rtc_stun_write_error(&w, answer->error, "no");
    if (answer->alternate.family)
        rtc_stun_write_addr(&w, RTC_STUN_ALTERNATE_SERVER, &answer->alternate);
    if (answer->unknown)
        rtc_stun_write(&w, (enum rtc_stun_attribute)0x7777, "", 0);
    return rtc_ice_gather_receive(&g, &to->path, buf, w.len, ret_candidate,
                                  now);
}

static void start(struct rtc_addr base, struct rtc_addr server, rtc_usec now)
{
    is_int(rtc_ice_gather_start(&g, &base, &server, 10, now), 0, "started");
}

/* ---- times --------------------------------------------------------------- */

static void test_silence(void)
{
    static const rtc_usec ms[] = {0, 250, 750, 1750, 3750, 5750, 7750};
    struct rtc_addr server = {0};
    struct sent sent[16];
    rtc_usec now = RTC_SEC;
    unsigned code = 99, count;

    begin();
    is_int(rtc_ice_gather_deadline(&g), RTC_NEVER, "nothing to do");
    ok(rtc_ice_gather_is_done(&g), "which is done");
    start(BASE, SERVER, now);
    start(BASE, SERVER, now);
    is_int(g.count, 1, "the same again is no other");
    ok(!rtc_ice_gather_is_done(&g), "under way");
    count = run(sent, 16, &now, 10750 * RTC_MS - 1);
    is_int(count, 7, "sent seven times");
    for (unsigned i = 0; i < count && i < 7; i++)
        is_int(sent[i].when, RTC_SEC + ms[i] * RTC_MS, "at its time");
    ok(!memcmp(sent[0].id, sent[6].id, RTC_STUN_ID_LEN), "with one id");
    ok(!rtc_ice_gather_poll_failure(&g, &server, &code), "not failed yet");
    is_int(run(sent, 16, &now, 10750 * RTC_MS), 0, "9.75 s later");
    ok(rtc_ice_gather_is_done(&g), "it is done");
    ok(rtc_ice_gather_poll_failure(&g, &server, &code), "it has failed");
    ok(is_at(&server, SERVER), "which");
    is_int(code, 0, "without an answer");
    ok(!rtc_ice_gather_poll_failure(&g, &server, &code), "told once");
    is_int(rtc_ice_gather_deadline(&g), RTC_NEVER, "no deadline is left");
    start(BASE, SERVER, now);
    ok(rtc_ice_gather_is_done(&g), "what failed is not asked again");
}

static void test_limit(void)
{
    struct sent sent[16];
    struct rtc_addr server;
    rtc_usec now = 0;
    unsigned code;

    begin();
    g.timing.limit_us = 60 * RTC_MS;
    start(BASE, SERVER, now);
    start(BASE2, SERVER, now);
    start(BASE, SERVER2, now);
    is_int(run(sent, 16, &now, 59 * RTC_MS), 2, "two had their turn");
    ok(!rtc_ice_gather_is_done(&g), "before the limit");
    is_int(run(sent, 16, &now, 60 * RTC_MS), 0, "the third has not");
    ok(rtc_ice_gather_is_done(&g), "and all have failed at the limit");
    ok(rtc_ice_gather_poll_failure(&g, &server, &code) &&
           is_at(&server, SERVER),
       "a server is told of once for all sockets");
    ok(rtc_ice_gather_poll_failure(&g, &server, &code) &&
           is_at(&server, SERVER2),
       "and the other");
    ok(!rtc_ice_gather_poll_failure(&g, &server, &code), "no more");
}

static void test_pacing(void)
{
    struct sent sent[RTC_ICE_GATHER_MOST];
    struct rtc_addr base = BASE, server = SERVER;
    rtc_usec now = 0;

    begin();
    g.timing.retry.rto_us = RTC_SEC;
    for (unsigned i = 0; i < 16; i++)
        start(at("192.0.2.1:5000"), (server.port++, server), now);
    is_int(run(sent, RTC_ICE_GATHER_MOST, &now, 15 * 50 * RTC_MS), 16,
           "sixteen within 750 ms");
    for (unsigned i = 0; i < 16; i++)
        is_int(sent[i].when, i * 50 * RTC_MS, "50 ms apart");
    for (unsigned i = 16; i < RTC_ICE_GATHER_MOST; i++) {
        base.port++;
        rtc_ice_gather_start(&g, &base, &server, 0, now);
    }
    is_int(g.count, RTC_ICE_GATHER_MOST, "up to the cap");
    base.port++;
    is_int(rtc_ice_gather_start(&g, &base, &server, 0, now), RTC_ERR_NOMEM,
           "not beyond");
}

/* ---- answers ------------------------------------------------------------- */

static void test_success(void)
{
    struct rtc_candidate c;
    struct sent sent[4];
    rtc_usec now = 0;

    begin();
    start(BASE, SERVER, now);
    start(BASE, SERVER2, now);
    is_int(run(sent, 4, &now, 60 * RTC_MS), 2, "two servers");
    is_int(reply(&sent[0], &(struct answer){.mapped = MAPPED}, &c, now),
           RTC_ICE_GATHER_CANDIDATE, "an answer");
    is_int(c.type, RTC_CANDIDATE_SRFLX, "server-reflexive");
    ok(is_at(&c.addr, MAPPED), "mapped");
    ok(is_at(&c.base, BASE) && is_at(&c.related, BASE), "of this socket");
    is_int(c.priority >> 12 & 0xff, 10, "its preference");
    is_int(reply(&sent[0], &(struct answer){.mapped = MAPPED}, &c, now),
           RTC_ICE_GATHER_NOT_OURS, "not a second time");
    ok(!rtc_ice_gather_is_done(&g), "one is out");
    is_int(reply(&sent[1], &(struct answer){.mapped = MAPPED}, &c, now),
           RTC_ICE_GATHER_TAKEN, "the same from the other is nothing new");
    ok(rtc_ice_gather_is_done(&g), "both answered");
}

static const struct {
    const char *name;
    struct answer answer;
    const char *mapped, *alternate;
    enum rtc_ice_gather_result result;
    int code; /* -1: no failure */
} answers[] = {
    {"not mapped", {0}, "192.0.2.1:5000", NULL, RTC_ICE_GATHER_TAKEN, -1},
    {"mapped", {0}, "203.0.113.1:6000", NULL, RTC_ICE_GATHER_CANDIDATE, -1},
    {"no address", {0}, NULL, NULL, RTC_ICE_GATHER_TAKEN, 0},
    {"port 0", {0}, "203.0.113.1:0", NULL, RTC_ICE_GATHER_TAKEN, 0},
    {"any address", {0}, "0.0.0.0:1", NULL, RTC_ICE_GATHER_TAKEN, 0},
    {"the other family", {0}, "[2001:db8::1]:1", NULL, RTC_ICE_GATHER_TAKEN, 0},
    {"not understood",
     {.unknown = true},
     "203.0.113.1:6000",
     NULL,
     RTC_ICE_GATHER_TAKEN,
     0},
    {"an error", {.error = 500}, NULL, NULL, RTC_ICE_GATHER_TAKEN, 500},
    {"401", {.error = 401}, NULL, NULL, RTC_ICE_GATHER_TAKEN, 401},
    {"300 to nowhere", {.error = 300}, NULL, NULL, RTC_ICE_GATHER_TAKEN, 300},
    {"300 to itself",
     {.error = 300},
     NULL,
     "198.51.100.1:3478",
     RTC_ICE_GATHER_TAKEN,
     300},
    {"300 to the other family",
     {.error = 300},
     NULL,
     "[2001:db8::1]:3478",
     RTC_ICE_GATHER_TAKEN,
     300},
};

static void test_answers(void)
{
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        struct answer answer = answers[i].answer;
        struct rtc_candidate c;
        struct rtc_addr server;
        struct sent sent[2];
        unsigned code = 0;

        begin();
        start(BASE, SERVER, 0);
        drain(sent, 2, 0);
        if (answers[i].mapped)
            answer.mapped = at(answers[i].mapped);
        if (answers[i].alternate)
            answer.alternate = at(answers[i].alternate);
        is_int(reply(&sent[0], &answer, &c, 0), answers[i].result,
               answers[i].name);
        ok(rtc_ice_gather_is_done(&g), "is the end of it");
        ok(rtc_ice_gather_poll_failure(&g, &server, &code) ==
               (answers[i].code >= 0),
           "failed or not");
        is_int(code, answers[i].code > 0 ? answers[i].code : 0, "its code");
    }
}

static void test_not_ours(void)
{
    uint8_t request[RTC_STUN_HEADER_LEN] = {0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42};
    const struct answer mapped = {.mapped = MAPPED};
    struct rtc_candidate c;
    struct sent sent[2], other;

    begin();
    start(BASE, SERVER, 0);
    drain(sent, 2, 0);
    other = sent[0];
    other.path.remote = SERVER2;
    is_int(reply(&other, &mapped, &c, 0), RTC_ICE_GATHER_NOT_OURS,
           "from another server");
    other = sent[0];
    other.path.local = BASE2;
    is_int(reply(&other, &mapped, &c, 0), RTC_ICE_GATHER_NOT_OURS,
           "to another socket");
    other = sent[0];
    other.path.transport = RTC_TCP;
    is_int(reply(&other, &mapped, &c, 0), RTC_ICE_GATHER_NOT_OURS, "over TCP");
    other = sent[0];
    other.id[11] ^= 1;
    is_int(reply(&other, &mapped, &c, 0), RTC_ICE_GATHER_NOT_OURS,
           "another id");
    memcpy(request + 8, sent[0].id, RTC_STUN_ID_LEN);
    ok(!rtc_ice_gather_expects(&g, &sent[0].path, request, sizeof request),
       "a request");
    request[0] = request[1] = 1;
    ok(rtc_ice_gather_expects(&g, &sent[0].path, request, sizeof request),
       "an answer is expected");
    ok(!rtc_ice_gather_expects(&g, &sent[0].path, request, sizeof request - 1),
       "but not cut off");
    is_int(reply(&sent[0], &mapped, &c, 0), RTC_ICE_GATHER_CANDIDATE,
           "the right one still counts");
}

static void test_redirect(void)
{
    const struct answer to_second = {.error = 300, .alternate = SERVER2};
    struct rtc_addr server;
    struct rtc_candidate c;
    struct sent sent[4];
    rtc_usec now = 0;
    unsigned code;

    begin();
    start(BASE, SERVER, now);
    drain(sent, 4, now);
    is_int(reply(&sent[0], &to_second, &c, now), RTC_ICE_GATHER_TAKEN, "300");
    ok(!rtc_ice_gather_is_done(&g), "it goes on");
    is_int(run(sent + 1, 3, &now, 50 * RTC_MS), 1, "paced as a new one");
    ok(is_at(&sent[1].path.remote, SERVER2), "to the alternate");
    is_int(reply(&sent[1], &(struct answer){.mapped = MAPPED}, &c, now),
           RTC_ICE_GATHER_CANDIDATE, "which answers");

    begin();
    now = 0;
    start(BASE, SERVER, now);
    drain(sent, 4, now);
    reply(&sent[0], &to_second, &c, now);
    run(sent + 1, 3, &now, 50 * RTC_MS);
    reply(&sent[1], &(struct answer){.error = 300, .alternate = SERVER}, &c,
          now);
    ok(rtc_ice_gather_is_done(&g), "sent back: followed once only");
    ok(rtc_ice_gather_poll_failure(&g, &server, &code) && code == 300 &&
           is_at(&server, SERVER),
       "the server asked has failed");
}

static void test_partial_failure(void)
{
    struct rtc_addr server;
    struct rtc_candidate c;
    struct sent sent[4];
    rtc_usec now = 0;
    unsigned code;

    begin();
    start(BASE, SERVER, now);
    start(BASE2, SERVER, now);
    run(sent, 4, &now, 50 * RTC_MS);
    reply(&sent[0], &(struct answer){.error = 500}, &c, now);
    ok(!rtc_ice_gather_poll_failure(&g, &server, &code), "one is out");
    reply(&sent[1], &(struct answer){.mapped = MAPPED}, &c, now);
    ok(!rtc_ice_gather_poll_failure(&g, &server, &code),
       "a server that one socket reaches has not failed");
}

/* ---- afterwards ---------------------------------------------------------- */

static void test_keepalive(void)
{
    struct rtc_candidate c;
    struct sent sent[32];
    rtc_usec now = 0;

    begin();
    start(BASE, SERVER, now);
    drain(sent, 32, now);
    reply(&sent[0], &(struct answer){.mapped = MAPPED}, &c, now);
    is_int(run(sent + 1, 31, &now, 15 * RTC_SEC), 1, "asked again after 15 s");
    ok(memcmp(sent[0].id, sent[1].id, RTC_STUN_ID_LEN) != 0, "anew");
    ok(rtc_ice_gather_is_done(&g), "gathering is done all the same");
    is_int(reply(&sent[1], &(struct answer){.mapped = MAPPED}, &c, now),
           RTC_ICE_GATHER_TAKEN, "nothing new");
    is_int(run(sent, 32, &now, 30 * RTC_SEC), 1, "and again");
    is_int(reply(&sent[0], &(struct answer){.mapped = at("203.0.113.1:7")}, &c,
                 now),
           RTC_ICE_GATHER_CANDIDATE, "another address is a new candidate");
    is_int(run(sent, 32, &now, 80 * RTC_SEC), 14,
           "no answer: seven sends, and 15 s later seven more");
    ok(rtc_ice_gather_is_done(&g), "which is no failure");
    rtc_ice_gather_stop(&g);
    is_int(rtc_ice_gather_deadline(&g), RTC_NEVER, "stopped");
    is_int(run(sent, 32, &now, 200 * RTC_SEC), 0, "for good");
    start(BASE2, SERVER, now);
    is_int(drain(sent, 32, now), 1, "a new socket is asked about");
    reply(&sent[0], &(struct answer){.mapped = BASE2}, &c, now);
    is_int(rtc_ice_gather_deadline(&g), RTC_NEVER,
           "without a NAT there is nothing to keep");
}

static void test_remove(void)
{
    const struct answer mapped = {.mapped = MAPPED};
    struct rtc_addr base = BASE;
    struct rtc_candidate c;
    struct sent sent[4];
    rtc_usec now = 0;

    begin();
    start(BASE, SERVER, now);
    start(BASE2, SERVER, now);
    run(sent, 4, &now, 50 * RTC_MS);
    rtc_ice_gather_remove_base(&g, &base);
    is_int(reply(&sent[0], &mapped, &c, now), RTC_ICE_GATHER_NOT_OURS,
           "a socket that is gone");
    is_int(reply(&sent[1], &mapped, &c, now), RTC_ICE_GATHER_CANDIDATE,
           "the other stays");
    start(BASE, SERVER, now);
    ok(!rtc_ice_gather_is_done(&g), "one that came back is asked anew");
    rtc_ice_gather_done(&g);
    is_int(rtc_ice_gather_deadline(&g), RTC_NEVER, "all forgotten");
    rtc_ice_gather_done(NULL);
}

static void test_arguments(void)
{
    struct rtc_addr four = BASE, six = at("[2001:db8::1]:3478"), none = {0};
    struct rtc_path path = {.transport = RTC_TCP};
    uint8_t small[RTC_STUN_HEADER_LEN - 1];

    begin();
    is_int(rtc_ice_gather_start(&g, &four, &six, 0, 0), RTC_ERR_UNSUPPORTED,
           "families differ");
    is_int(rtc_ice_gather_start(&g, &none, &six, 0, 0), RTC_ERR_ARG,
           "no address");
    six.port = 0;
    is_int(rtc_ice_gather_start(&g, &six, &six, 0, 0), RTC_ERR_ARG, "no port");
    start(BASE, SERVER, 0);
    is_int(rtc_ice_gather_transmit(&g, small, sizeof small, &path, 0),
           RTC_ERR_NOBUF, "no room");
    is_int(path.transport, RTC_TCP, "untouched");
}

int main(void)
{
    test_silence();
    test_limit();
    test_pacing();
    test_success();
    test_answers();
    test_not_ours();
    test_redirect();
    test_partial_failure();
    test_keepalive();
    test_remove();
    test_arguments();
    return tap_done();
}
