/* SPDX-License-Identifier: MIT
 * What is seen on the way to a connection and over bad lines: credentials on
 * the wire, no media before its time, no address in a log, and the rows of
 * latency, loss, outage and asymmetry. */
#include "base/addr.h"
#include "stun/auth.h"
#include "tests/sim/check.h"
#include "tests/sim/edit.h"

#define MS 1000
#define SEC 1000000

static const struct sim_link wire = {.delay_us = 25 * MS};
static const struct sim_link dead = {.dead = true};

/* ---- credentials --------------------------------------------------------- */

#define UFRAG "MyUfrag"
#define PWD "MyPasswordOf22Letters+"

/* Binding requests that R received, and of L those that R's peer signed. */
static struct {
    unsigned to_l, right_to_l, to_r, right_to_r;
} checks;

static bool is_named(const struct rtc_stun *m, bool first)
{
    static const char name[] = UFRAG;
    size_t len = sizeof name - 1;
    const char *at = m->username.at;

    if (!at || m->username.len < len + 1)
        return false;
    return first ? !memcmp(at, UFRAG ":", len + 1)
                 : !memcmp(at + m->username.len - len - 1, ":" UFRAG, len + 1);
}

static bool look_at_checks(struct sim_side *side,
                           const struct sim_packet *packet)
{
    struct rtc_stun m;

    if (!rtc_stun_is_message(packet->data, packet->len) ||
        rtc_stun_parse(&m, packet->data, packet->len) ||
        m.class != RTC_STUN_REQUEST)
        return true;
    if (side->which == SIM_L) {
        checks.to_l++;
        checks.right_to_l += is_named(&m, true) &&
                             rtc_stun_check_integrity(&m, PWD, strlen(PWD));
    } else {
        checks.to_r++;
        checks.right_to_r += is_named(&m, false);
    }
    return true;
}

static void test_credentials(void)
{
    struct sim_talk *talk = sim_talk_new(1, &wire);
    struct sim_pair *pair = talk->pair;
    const char *offer = pair->side[SIM_L].description;

    pair->side[SIM_L].config.ice_ufrag = UFRAG;
    pair->side[SIM_L].config.ice_pwd = PWD;
    for (int i = 0; i < 2; i++)
        pair->side[i].on_arrival = look_at_checks;
    sim_pair_start(pair);
    sim_talk_add(talk, SIM_L, RTC_CODEC_VP8);
    within(pair, sim_pair_connect(pair, 5 * SEC), 125 * MS, 220 * MS,
           "credentials of one's own");
    sim_talk_run(talk, 20 * SEC);
    ok(strstr(offer, "a=ice-ufrag:" UFRAG "\r\n") &&
           strstr(offer, "a=ice-pwd:" PWD "\r\n"),
       "acceptance 3: ufrag and pwd of one's own are in the offer");
    within(pair, checks.to_l, 3, 20, "checks come");
    within(pair, checks.right_to_l, checks.to_l, checks.to_l,
           "acceptance 3: every check that comes uses both");
    within(pair, checks.to_r, 3, 20, "checks go");
    within(pair, checks.right_to_r, checks.to_r, checks.to_r,
           "acceptance 3: every check that goes names it");
    sound(talk, "soundly");
    sim_talk_free(talk);
}

/* ---- nothing before its time --------------------------------------------- */

static bool is_cut;
static struct {
    unsigned before, early, rtcp, rtp; /* rtcp, rtp: in the first second */
} media;

/* RFC 7983 7, RFC 5761 4. */
static bool look_at_media(struct sim_side *side,
                          const struct sim_packet *packet)
{
    bool is_media = packet->data[0] >= 128 && packet->data[0] <= 191;
    bool is_rtcp = packet->data[1] >= 192 && packet->data[1] <= 223;
    rtc_usec since = side->connected_at == RTC_NEVER
                         ? 0
                         : side->pair->now - side->connected_at;

    if (is_cut) {
        media.before += !rtc_stun_is_message(packet->data, packet->len);
        return false;
    }
    if (is_media && since < SEC) {
        media.early += side->connected_at == RTC_NEVER;
        media.rtcp += is_rtcp;
        media.rtp += !is_rtcp;
    }
    return true;
}

/* Five seconds of checks in vain, during which frames are refused and nothing
 * is stored to be sent. */
static void test_no_backlog(void)
{
    struct sim_talk *talk = sim_talk_new(2, &wire);
    struct sim_pair *pair = talk->pair;
    struct sim_flow *there, *back;

    for (int i = 0; i < 2; i++)
        pair->side[i].on_arrival = look_at_media;
    sim_pair_start(pair);
    there = sim_talk_add(talk, SIM_L, RTC_CODEC_VP8);
    back = sim_talk_add(talk, SIM_R, RTC_CODEC_OPUS);
    is_cut = true;
    is_int(sim_pair_negotiate(pair, SIM_L), 0, "ICE cannot connect yet");
    sim_talk_begin(talk);
    sim_talk_run(talk, 5 * SEC);
    within(pair, media.before, 0, 0,
           "acceptance 11: nothing but checks before ICE connects");
    within(pair, there->refused, there->sent, there->sent,
           "frames are refused");
    within(pair, back->refused, back->sent, back->sent, "at both ends");
    is_cut = false;
    sim_talk_run(talk, 5 * SEC);
    within(pair, pair->side[SIM_R].connected_at, 1005 * SEC, 1008 * SEC,
           "then it does");
    /* Two of each side a second, feedback to the first frames, and arrivals
     * each 50 to 100 ms. */
    within(pair, media.rtcp, 20, 36, "acceptance 11: no burst of RTCP");
    within(pair, media.rtp, 50, 200, "acceptance 11: nor of RTP");
    within(pair, media.early, 0, 40, "what comes before is in the handshake");
    within(pair, there->received, 20, 125, "media is live");
    within(pair, there->sent - there->last, 1, 3, "from now");
    sound(talk, "soundly");
    sim_talk_free(talk);
}

/* ---- redaction ----------------------------------------------------------- */

static unsigned log_lines, log_addresses;

/* Whether `text` begins with what a dotted or colonned address begins with. */
static bool is_address(const char *text)
{
    unsigned a, b, c, d, colons = 0;
    size_t len = strspn(text, "0123456789abcdefABCDEF:");

    if (sscanf(text, "%3u.%3u.%3u.%3u", &a, &b, &c, &d) == 4)
        return true;
    for (size_t i = 0; i < len; i++)
        colons += text[i] == ':';
    return colons >= 2;
}

static void look_for_address(void *user, enum rtc_log_level level,
                             const char *line)
{
    bool found = false;

    (void)user;
    (void)level;
    log_lines++;
    for (const char *at = line; *at && !found; at++)
        found = is_address(at);
    if (found && log_addresses++ == 0)
        printf("# first address: %s\n", line);
}

static void spoil_fingerprint(char *sdp, size_t cap, bool is_answer)
{
    if (is_answer)
        sim_edit_replace(sdp, cap, "a=fingerprint:sha-256 ",
                         "a=fingerprint:sha-256 00:");
}

static void claim_lite(char *sdp, size_t cap, bool is_answer)
{
    if (!is_answer)
        sim_edit_add(sdp, cap, "t=0 0", "a=ice-lite");
}

static void spoil_answer(char *sdp, size_t cap, bool is_answer)
{
    (void)cap;
    if (is_answer)
        sim_edit_replace(sdp, cap, "a=candidate:",
                         "a=candidate:1 1 udp 1 300.0.0.1 9 typ cloud\r\n"
                         "a=candidate:");
}

static void break_answer(char *sdp, size_t cap, bool is_answer)
{
    if (is_answer)
        sim_edit_replace(sdp, cap, "a=setup:", "a=setup:192.0.2.9");
}

static void break_candidate(char *sdp, size_t cap, bool is_answer)
{
    if (is_answer)
        sim_edit_replace(sdp, cap,
                         "a=candidate:", "a=candidate:192.0.2.9 0 udp ");
}

static bool no_dtls(struct sim_side *side, const struct sim_packet *packet)
{
    (void)side;
    return packet->data[0] < 20 || packet->data[0] > 63;
}

struct told {
    const char *name;
    void (*edit)(char *sdp, size_t cap, bool is_answer);
    bool (*on_arrival)(struct sim_side *, const struct sim_packet *);
    bool dies, moves, closes, ipv6;
};

static void play(struct sim_talk *talk, const struct told *told)
{
    struct sim_pair *pair = talk->pair;

    sim_talk_begin(talk);
    sim_talk_run(talk, 3 * SEC);
    if (told->moves)
        rtc_peer_remove_local(pair->side[SIM_L].peer, &pair->side[0].addrs[0],
                              pair->now);
    if (told->dies)
        sim_pair_link(pair, &dead);
    if (told->closes)
        rtc_peer_close(pair->side[SIM_L].peer, pair->now);
    sim_talk_run(talk, 60 * SEC);
}

static void set_addresses(struct sim_pair *pair, bool ipv6)
{
    for (int i = 0; i < 2; i++) {
        struct sim_side *side = &pair->side[i];
        side->addr_count = 2;
        rtc_addr_parse(ipv6 ? "[2001:db8::1]:5001" : "198.51.100.1:5001",
                       &side->addrs[1]);
        side->addrs[1].ip[ipv6 ? 15 : 3] = (uint8_t)(1 + i);
    }
}

/* Whole sessions at debug level, good and bad. */
static void check_redaction(const struct told *told, bool redact)
{
    struct sim_talk *talk = sim_talk_new(3, NULL);
    struct sim_pair *pair = talk->pair;

    pair->edit = told->edit;
    set_addresses(pair, told->ipv6);
    for (int i = 0; i < 2; i++) {
        pair->side[i].config.log = look_for_address;
        pair->side[i].config.log_level = RTC_LOG_DEBUG;
        pair->side[i].config.log_redact = redact;
        pair->side[i].on_arrival = told->on_arrival;
    }
    sim_pair_link(pair, &wire);
    log_lines = log_addresses = 0;
    sim_pair_start(pair);
    sim_talk_add(talk, SIM_L, RTC_CODEC_VP8);
    sim_pair_connect(pair, 10 * SEC);
    play(talk, told);
    /* A frame that is refused makes one, too. */
    within(pair, log_lines, 6, 2000, told->name);
    if (redact)
        within(pair, log_addresses, 0, 0,
               "acceptance 12: with redaction no address in its log");
    else
        within(pair, log_addresses, 1, log_lines, "else there are some");
    sim_talk_free(talk);
}

static void test_redaction(void)
{
    static const struct told rows[] = {
        {.name = "a session that closes", .closes = true},
        {.name = "over IPv6", .closes = true, .ipv6 = true},
        {.name = "an address removed", .moves = true, .closes = true},
        {.name = "a line that is cut", .dies = true},
        {.name = "DTLS that does not come through", .on_arrival = no_dtls},
        {.name = "a wrong fingerprint", .edit = spoil_fingerprint},
        {.name = "a role conflict", .edit = claim_lite},
        {.name = "an odd candidate", .edit = spoil_answer},
        {.name = "a broken candidate", .edit = break_candidate},
        {.name = "a broken answer", .edit = break_answer},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (int redact = 0; redact < 2; redact++)
            check_redaction(&rows[i], redact);
}

/* ---- bad lines ----------------------------------------------------------- */

struct line {
    const char *name;
    struct sim_link there, back;
    rtc_usec least, most; /* what connecting may take */
    rtc_usec outage;      /* after 5 s of media */
    unsigned frames;      /* the fewest of 250 sent in 10 s, or after it */
};

static void check_line(const struct line *line, enum rtc_codec codec,
                       uint64_t seed)
{
    struct sim_talk *talk = sim_talk_new(seed, NULL);
    struct sim_pair *pair = talk->pair;
    struct sim_flow *flow;
    unsigned before = 0;

    sim_net_link(pair->net, &pair->side[SIM_L].addrs[0], &line->there);
    sim_net_link(pair->net, &pair->side[SIM_R].addrs[0], &line->back);
    sim_pair_start(pair);
    flow = sim_talk_add(talk, SIM_L, codec);
    within(pair, sim_pair_connect(pair, 30 * SEC), line->least, line->most,
           line->name);
    sim_talk_begin(talk);
    if (line->outage) {
        sim_talk_run(talk, 5 * SEC);
        sim_pair_link(pair, &dead);
        sim_talk_run(talk, line->outage);
        sim_pair_link(pair, &line->there);
        before = flow->received;
    }
    sim_talk_run(talk, 10 * SEC);
    within(pair, flow->received - before, line->frames, 251, "frames come");
    within(pair, pair->side[SIM_L].closed_at == RTC_NEVER, 1, 1, "no end");
    sound(talk, "soundly");
    sim_talk_free(talk);
}

static void test_lines(void)
{
    static const struct line rows[] = {
        {.name = "acceptance 64: 500 ms latency",
         .there = {.delay_us = 500 * MS},
         .back = {.delay_us = 500 * MS},
         .least = 3 * SEC,
         .most = 8 * SEC,
         .frames = 235},
        {.name = "acceptance 64: 10 % loss",
         .there = {.delay_us = 25 * MS, .loss = 0.1},
         .back = {.delay_us = 25 * MS, .loss = 0.1},
         .least = 125 * MS,
         .most = 5 * SEC,
         .frames = 200},
        {.name = "acceptance 64: an outage of 5 s",
         .there = {.delay_us = 25 * MS},
         .back = {.delay_us = 25 * MS},
         .least = 125 * MS,
         .most = 220 * MS,
         .outage = 5 * SEC,
         .frames = 225},
        {.name = "acceptance 64: asymmetric, 50 and 200 ms",
         .there = {.delay_us = 50 * MS},
         .back = {.delay_us = 200 * MS},
         .least = 600 * MS,
         .most = 1200 * MS,
         .frames = 245},
        {.name = "acceptance 64: asymmetric, 200 and 50 ms",
         .there = {.delay_us = 200 * MS},
         .back = {.delay_us = 50 * MS},
         .least = 600 * MS,
         .most = 1200 * MS,
         .frames = 240},
        {.name = "acceptance 64: 100 ms and 2 % loss",
         .there = {.delay_us = 100 * MS, .loss = 0.02},
         .back = {.delay_us = 100 * MS, .loss = 0.02},
         .least = 500 * MS,
         .most = 3 * SEC,
         .frames = 225},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bool random = rows[i].there.loss > 0;
        for (uint64_t seed = 1; seed <= (random ? 8 : 1); seed++)
            check_line(&rows[i], RTC_CODEC_VP8, 100 * (i + 1) + seed);
        for (const enum rtc_codec *c = sim_flow_codecs; *c; c++)
            if (*c != RTC_CODEC_VP8 && rtc_codec_kind(*c) == RTC_VIDEO)
                check_line(&rows[i], *c, 100 * (i + 1) + (uint64_t)*c);
    }
}

int main(void)
{
    test_credentials();
    test_no_backlog();
    test_redaction();
    test_lines();
    return tap_done();
}
