/* SPDX-License-Identifier: MIT
 * The heap: setting up survives the failure of any allocation, and then the
 * packet path allocates nothing. Linked with --wrap for the two functions that
 * all of the library allocates by; GnuTLS has an allocator of its own. */
#include "tests/sim/check.h"

#include "base/mem.h"

#define MS 1000
#define SEC 1000000

void *__real_rtc_calloc(size_t count, size_t size);
void *__real_rtc_realloc(void *old, size_t size);
void *__wrap_rtc_calloc(size_t count, size_t size);
void *__wrap_rtc_realloc(void *old, size_t size);

static unsigned allocations; /* so far */
static unsigned fail_at;     /* this one fails, counted from 1; 0: none */
static bool layered;         /* simulcast */

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

static const struct sim_link wire = {.delay_us = 25 * MS};

/* ---- any one fails ------------------------------------------------------- */

/* How far a scenario came. */
enum outcome {
    REFUSED,  /* a call said NOMEM */
    ENDED,    /* the session ended by it */
    GARBLED,  /* frames are missing */
    COMPLETE, /* nothing was noticed */
    WRONG,    /* anything else */
};

/* How a call that returned `error` counts. */
static enum outcome refused(const char *call, int error)
{
    if (error == RTC_ERR_NOMEM)
        return REFUSED;
    printf("# allocation %u: %s gave %d\n", fail_at, call, error);
    return WRONG;
}

static bool is_waiting(struct sim_pair *pair)
{
    return (pair->side[0].connected_at == RTC_NEVER ||
            pair->side[1].connected_at == RTC_NEVER) &&
           pair->side[0].closed_at == RTC_NEVER &&
           pair->side[1].closed_at == RTC_NEVER;
}

static enum outcome ended(struct sim_pair *pair)
{
    for (int i = 0; i < 2; i++)
        if (pair->side[i].closed_at != RTC_NEVER &&
            (pair->side[i].reason == RTC_CLOSE_ERROR ||
             pair->side[i].reason == RTC_CLOSE_DTLS))
            return ENDED;
    printf("# allocation %u: L ended by %d, R by %d\n", fail_at,
           (int)pair->side[0].reason, (int)pair->side[1].reason);
    return WRONG;
}

static enum outcome talk_through(struct sim_talk *talk)
{
    static const char *const rids[] = {"q", "h", "f"};
    struct sim_pair *pair = talk->pair;
    int error;

    for (int i = 0; i < 2; i++) {
        struct sim_side *side = &pair->side[i];
        error = rtc_peer_new(&side->peer, &side->config);
        if (error)
            return refused("rtc_peer_new", error);
    }
    for (int i = 0; i < 2; i++) {
        error = rtc_peer_add_local(pair->side[i].peer, &pair->side[i].addrs[0],
                                   RTC_UDP, pair->now);
        if (error)
            return refused("rtc_peer_add_local", error);
    }
    if (layered)
        sim_talk_add_layers(talk, SIM_L, RTC_CODEC_VP8, rids, 3);
    else
        sim_talk_add(talk, SIM_L, RTC_CODEC_VP8);
    sim_talk_add(talk, SIM_R, RTC_CODEC_OPUS);
    for (unsigned i = 0; i < talk->flow_count; i++)
        if (talk->flows[i].track[talk->flows[i].from] < 0)
            return refused("rtc_peer_add_track",
                           talk->flows[i].track[talk->flows[i].from]);
    error = sim_pair_negotiate(pair, SIM_L);
    if (error)
        return refused("offer and answer", error);
    sim_pair_run_while(pair, pair->now + 60 * SEC, is_waiting);
    if (pair->side[0].connected_at == RTC_NEVER ||
        pair->side[1].connected_at == RTC_NEVER)
        return ended(pair);
    for (unsigned i = 0; i < talk->flow_count; i++)
        talk->flows[i].frame_count = 25;
    sim_talk_begin(talk);
    sim_talk_run(talk, 5 * SEC);
    rtc_peer_close(pair->side[SIM_L].peer, pair->now);
    sim_talk_run(talk, SEC);
    for (unsigned i = 0; i < talk->flow_count; i++)
        if (talk->flows[i].received != 25)
            return GARBLED;
    return COMPLETE;
}

static enum outcome try(unsigned n)
{
    struct sim_talk *talk = sim_talk_new(1, &wire);
    enum outcome outcome;

    allocations = 0;
    fail_at = n;
    outcome = talk_through(talk);
    fail_at = 0;
    for (unsigned i = 0; i < talk->flow_count; i++)
        if (!sim_flow_is_sound(&talk->flows[i])) {
            printf("# allocation %u: a frame came wrong\n", n);
            outcome = WRONG;
        }
    sim_talk_free(talk);
    return outcome;
}

static void test_failing(void)
{
    unsigned counts[WRONG + 1] = {0}, all;

    is_int(try(0), COMPLETE, "with memory all goes well");
    all = allocations;
    ok(all > 20 && all < 5000, "a number of allocations that can be tried");
    for (unsigned n = 1; n <= all; n++)
        counts[try(n)]++;
    printf("# of %u: %u refused, %u ended, %u garbled, %u unnoticed\n", all,
           counts[REFUSED], counts[ENDED], counts[GARBLED], counts[COMPLETE]);
    is_int(counts[WRONG], 0, "each failure is told rightly");
    ok(counts[REFUSED] > 20, "most by a call");
}

/* The same for a peer saved and loaded. */
static void test_failing_load(void)
{
    static char text[65536];
    struct sim_talk *talk = sim_talk_new(2, &wire);
    struct sim_pair *pair = talk->pair;
    struct sim_side *r = &pair->side[SIM_R];
    struct rtc_peer *peer = NULL;
    const char *why = NULL;
    unsigned all, wrong = 0;
    int len;

    sim_pair_start(pair);
    sim_talk_add(talk, SIM_L, RTC_CODEC_VP8);
    sim_pair_negotiate(pair, SIM_L);
    len = rtc_peer_save(r->peer, text, sizeof text, pair->now);
    ok(len > 0, "a peer is saved");
    allocations = 0;
    is_int(
        rtc_peer_load(&peer, &r->config, text, (size_t)len, 0, &why, pair->now),
        0, "and loaded");
    rtc_peer_free(peer);
    all = allocations;
    for (unsigned n = 1; n <= all; n++) {
        int error;
        allocations = 0;
        fail_at = n;
        error = rtc_peer_load(&peer, &r->config, text, (size_t)len, 0, &why,
                              pair->now);
        fail_at = 0;
        if (error == 0) {
            rtc_peer_free(peer);
        } else if (error != RTC_ERR_NOMEM) {
            printf("# allocation %u of loading: %d %s\n", n, error, why);
            wrong++;
        }
    }
    is_int(wrong, 0, "loading with any allocation failing");
    sim_talk_free(talk);
}

/* ---- none is made -------------------------------------------------------- */

static void check_steady(const struct sim_link *link, const char *name)
{
    struct sim_talk *talk = sim_talk_new(3, link);
    struct sim_pair *pair = talk->pair;
    uint64_t datagrams;
    unsigned before;

    sim_pair_start(pair);
    sim_talk_add(talk, SIM_L, RTC_CODEC_VP8);
    sim_talk_add(talk, SIM_L, RTC_CODEC_OPUS);
    sim_talk_add(talk, SIM_R, RTC_CODEC_H264);
    within(pair, sim_pair_connect(pair, 20 * SEC), 0, 10 * SEC, name);
    for (unsigned i = 0; i < 3; i++)
        talk->flows[i].key_every = 100;
    sim_talk_begin(talk);
    sim_talk_run(talk, 600 * SEC); /* buffers grow to what they need */
    before = allocations;
    datagrams = pair->datagram_count;
    sim_talk_run(talk, 60 * SEC);
    within(pair, (int64_t)(pair->datagram_count - datagrams), 10000, 40000,
           "thousands of datagrams");
    within(pair, allocations - before, 0, 0, "without one allocation");
    for (unsigned i = 0; i < 3; i++)
        ok(talk->flows[i].received > 1500, "media flows");
    sound(talk, "soundly");
    sim_talk_free(talk);
}

/* Packets with all that goes along with them, lost and resent. */
static void check_steady_packets(const struct sim_link *link)
{
    static const uint8_t payload[900] = {0x90, 0x80, 0x81, 0x23};
    static const uint32_t csrcs[RTC_CSRC_MOST];
    static const struct rtc_packet_values values = {
        .has = RTC_VALUE_ORIENTATION | RTC_VALUE_CAPTURE_TIME,
        .video_layers = {payload, 16},
        .own = {{payload, 16}}};
    struct sim_talk *talk = sim_talk_new(4, link);
    struct sim_pair *pair = talk->pair;
    struct rtc_track_config track = {.kind = RTC_VIDEO,
                                     .codecs = {RTC_CODEC_VP8},
                                     .codec_count = 1,
                                     .packets = true};
    struct rtc_packet packet = {.payload = payload,
                                .len = sizeof payload,
                                .payload_type = 96,
                                .renumber = true,
                                .csrcs = csrcs,
                                .csrc_count = RTC_CSRC_MOST,
                                .values = &values,
                                .time = RTC_NEVER};
    unsigned before = 0, refused = 0, came = 0;

    for (int i = 0; i < 2; i++)
        pair->side[i].config.extensions[0] = "urn:example:own";
    sim_pair_start(pair);
    for (int i = 0; i < 2; i++) {
        track.direction = i == SIM_L ? RTC_SENDONLY : RTC_RECVONLY;
        rtc_peer_add_track(pair->side[i].peer, &track);
    }
    within(pair, sim_pair_connect(pair, 20 * SEC), 0, 10 * SEC, "packets");
    for (unsigned i = 0; i < 20000; i++) {
        if (i == 10000) {
            before = allocations;
            came = talk->seen[SIM_R].events[RTC_EVENT_PACKET];
        }
        refused += rtc_peer_send_packet(pair->side[SIM_L].peer, 0, &packet,
                                        pair->now) != 0;
        sim_talk_run(talk, 5 * MS);
    }
    within(pair, refused, 0, 0, "are taken");
    within(pair, talk->seen[SIM_R].events[RTC_EVENT_PACKET] - came, 9950, 10050,
           "and come");
    within(pair, allocations - before, 0, 0, "without one allocation");
    sim_talk_free(talk);
}

int main(void)
{
    static const struct sim_link lossy = {
        .delay_us = 25 * MS, .loss = 0.05, .reorder = 0.05, .duplicate = 0.05};

    test_failing();
    layered = true;
    test_failing();
    layered = false;
    test_failing_load();
    check_steady(&wire, "a clean link");
    check_steady(&lossy, "a link that loses, reorders and repeats");
    check_steady_packets(&lossy);
    return tap_done();
}
