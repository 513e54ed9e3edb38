/* SPDX-License-Identifier: MIT
 * How data channels come about: beside media, in a later offer, at a remote
 * that made none, refused, after being saved and loaded, and in the form of
 * descriptions from before RFC 8841. */
#include "tests/sim/chat_check.h"
#include "tests/sim/edit.h"

static struct rtc_channel_config plain(void)
{
    struct rtc_channel_config config;

    rtc_channel_config_init(&config);
    return config;
}

static bool is_connecting(struct sim_pair *pair)
{
    return pair->side[0].connected_at == RTC_NEVER ||
           pair->side[1].connected_at == RTC_NEVER;
}

static void check_talk(struct sim_chat *chat, const char *name)
{
    unsigned before[2];

    for (int i = 0; i < 2; i++) {
        before[i] = chat->side[!i].channels[0].messages;
        is_int(sim_chat_send(chat, i, 0, 5000, false), 0, name);
    }
    sim_chat_run(chat, 2 * SEC);
    for (int i = 0; i < 2; i++)
        is_int(chat->side[!i].channels[0].messages, before[i] + 1, "arrives");
    seeded(chat, sim_chat_is_sound(chat), "soundly");
}

/* One transport for media and data. */
static void test_with_media(void)
{
    struct rtc_track_config track = {.kind = RTC_AUDIO,
                                     .direction = RTC_SENDRECV};
    struct rtc_channel_config config = plain();
    struct sim_chat *chat = sim_chat_new(1, NULL);
    struct sim_pair *pair = chat->pair;

    sim_pair_start(pair);
    for (int i = 0; i < 2; i++)
        rtc_peer_add_track(peer(chat, i), &track);
    rtc_peer_add_channel(peer(chat, SIM_L), &config, pair->now);
    within(chat, sim_pair_connect(pair, 10 * SEC), 0, 10 * SEC, "with audio");
    ok(strstr(pair->side[SIM_L].description, "a=group:BUNDLE 0 1\r\n") &&
           strstr(pair->side[SIM_R].description, "a=group:BUNDLE 0 1\r\n"),
       "in one BUNDLE");
    ok(strstr(pair->side[SIM_L].description,
              "UDP/DTLS/SCTP webrtc-datachannel\r\n") &&
           strstr(pair->side[SIM_L].description, "a=sctp-port:5000\r\n") &&
           strstr(pair->side[SIM_R].description,
                  "a=max-message-size:262144\r\n"),
       "as RFC 8841 says it");
    sim_chat_run(chat, SEC);
    check_talk(chat, "beside media");
    sim_chat_free(chat);
}

/* The first channel comes when the session is under way, and again from the
 * other side, whose offer keeps the section. */
static void test_later(void)
{
    struct rtc_track_config track = {.kind = RTC_AUDIO,
                                     .direction = RTC_SENDRECV};
    struct rtc_channel_config config = plain();
    struct sim_chat *chat = sim_chat_new(2, NULL);
    struct sim_pair *pair = chat->pair;

    sim_pair_start(pair);
    rtc_peer_add_track(peer(chat, SIM_L), &track);
    within(chat, sim_pair_connect(pair, 10 * SEC), 0, 10 * SEC, "media first");
    ok(!strstr(pair->side[SIM_L].description, "m=application"), "no data");
    is_int(rtc_peer_add_channel(peer(chat, SIM_L), &config, pair->now), 0,
           "a channel later");
    sim_chat_run(chat, SEC);
    is_int(info(chat, SIM_L, 0).state, RTC_CHANNEL_CONNECTING, "waits");
    is_int(sim_pair_negotiate(pair, SIM_L), 0, "for the next offer");
    sim_chat_run(chat, 2 * SEC);
    check_talk(chat, "then it is open");
    is_int(sim_pair_negotiate(pair, SIM_R), 0, "the other offers");
    ok(strstr(pair->side[SIM_R].description, "m=application"),
       "with the section");
    sim_chat_run(chat, SEC);
    check_talk(chat, "it goes on");
    is_int(chat->side[SIM_R].channels[0].opened, 1, "and was opened once");
    sim_chat_free(chat);
}

static void reject_data(char *sdp, size_t cap, bool is_answer)
{
    if (is_answer) {
        sim_edit_replace(sdp, cap, "BUNDLE 0 1", "BUNDLE 0");
        sim_edit_replace(sdp, cap, "m=application 5000", "m=application 0");
    }
}

/* The remote takes the media and not the data. */
static void test_refused(void)
{
    struct rtc_track_config track = {.kind = RTC_AUDIO,
                                     .direction = RTC_SENDRECV};
    struct rtc_channel_config config = plain();
    struct sim_chat *chat = sim_chat_new(3, NULL);
    struct sim_pair *pair = chat->pair;

    sim_pair_start(pair);
    pair->edit = reject_data;
    rtc_peer_add_track(peer(chat, SIM_L), &track);
    rtc_peer_add_channel(peer(chat, SIM_L), &config, pair->now);
    within(chat, sim_pair_connect(pair, 10 * SEC), 0, 10 * SEC, "refused");
    sim_chat_run(chat, SEC);
    is_int(chat->side[SIM_L].channels[0].closed, 1, "the channel is closed");
    is_int(chat->side[SIM_L].channels[0].opened, 0, "and never was open");
    is_int(rtc_peer_add_channel(peer(chat, SIM_L), &config, pair->now),
           RTC_ERR_STATE, "there can be no other");
    ok(rtc_peer_why(peer(chat, SIM_L))[0], "and it says why");
    ok(!chat->side[SIM_L].closed, "the session goes on");
    sim_chat_free(chat);
}

static void to_old_form(char *sdp, size_t cap, bool is_answer)
{
    if (is_answer)
        return;
    sim_edit_replace(sdp, cap, "UDP/DTLS/SCTP webrtc-datachannel",
                     "DTLS/SCTP 5000");
    sim_edit_replace(sdp, cap, "a=sctp-port:5000",
                     "a=sctpmap:5000 webrtc-datachannel 256");
}

static void test_old_form(void)
{
    struct rtc_channel_config config = plain();
    struct sim_chat *chat = sim_chat_new(4, NULL);

    chat->pair->edit = to_old_form;
    seeded(chat, sim_chat_connect(chat, &config), "as it was before RFC 8841");
    ok(strstr(chat->pair->side[SIM_R].description, " DTLS/SCTP 5000\r\n") &&
           strstr(chat->pair->side[SIM_R].description,
                  "a=sctpmap:5000 webrtc-datachannel"),
       "answered in the same form");
    check_talk(chat, "it is open");
    sim_chat_free(chat);
}

/* Both peers are saved before they connect, freed and loaded. */
static void reload(struct sim_chat *chat, int which)
{
    static char text[65536];
    struct sim_side *side = &chat->pair->side[which];
    rtc_usec now = chat->pair->now;
    const char *why = "";
    int len = rtc_peer_save(side->peer, text, sizeof text, now);

    ok(len > 0, "saved");
    rtc_peer_free(side->peer);
    side->peer = NULL;
    if (!ok(!rtc_peer_load(&side->peer, &side->config, text, (size_t)len, 0,
                           &why, now),
            "loaded")) {
        printf("# %s\n", why);
        abort();
    }
}

static void test_saved(void)
{
    struct rtc_channel_config config = plain();
    struct sim_chat *chat = sim_chat_new(5, NULL);
    struct sim_pair *pair = chat->pair;

    sim_pair_start(pair);
    config.label = "two\nlines";
    config.unordered = true;
    config.max_retransmits = 3;
    rtc_peer_add_channel(peer(chat, SIM_L), &config, pair->now);
    sim_pair_add_locals(pair);
    is_int(sim_pair_offer(pair, SIM_L), 0, "offer");
    reload(chat, SIM_L);
    is_int(sim_pair_answer(pair, SIM_L), 0, "answer");
    reload(chat, SIM_R);
    is_int(sim_pair_conclude(pair, SIM_L), 0, "conclude");
    sim_pair_run_while(pair, pair->now + 10 * SEC, is_connecting);
    sim_chat_run(chat, SEC);
    is_str(info(chat, SIM_R, 0).config.label, "two\nlines", "its label");
    is_int(info(chat, SIM_R, 0).config.max_retransmits, 3, "and limit");
    ok(info(chat, SIM_R, 0).config.unordered, "and order");
    check_talk(chat, "a loaded peer has its channels");
    sim_chat_free(chat);
}

/* The remote had no channel in mind, and gets ten; datagrams are handed in
 * merged, and each twice. */
static void test_by_remote(bool merged)
{
    struct rtc_channel_config config = plain();
    struct sim_chat *chat = sim_chat_new(6, NULL);

    chat->pair->side[SIM_R].merge = merged;
    chat->pair->side[SIM_L].copies = merged ? 1 : 2;
    sim_pair_start(chat->pair);
    for (int i = 0; i < 10; i++)
        rtc_peer_add_channel(peer(chat, SIM_L), &config, chat->pair->now);
    within(chat, sim_pair_connect(chat->pair, 10 * SEC), 0, 10 * SEC, "ten");
    sim_chat_run(chat, SEC);
    for (int i = 0; i < 10; i++) {
        ok(info(chat, SIM_R, i).by_remote, "made by the remote");
        is_int(sim_chat_send(chat, SIM_R, i, 100000, false), 0, "usable");
        is_int(sim_chat_send(chat, SIM_L, i, 100000, false), 0, "both ways");
    }
    sim_chat_run(chat, 5 * SEC);
    for (int i = 0; i < 10; i++) {
        is_int(chat->side[SIM_L].channels[i].messages, 1, "one here");
        is_int(chat->side[SIM_R].channels[i].messages, 1, "one there");
    }
    seeded(chat, sim_chat_is_sound(chat), "soundly");
    ok(chat->pair->side[SIM_R].longest_run > 8, "in long runs");
    sim_chat_free(chat);
}

int main(void)
{
    test_with_media();
    test_later();
    test_refused();
    test_old_form();
    test_saved();
    test_by_remote(false);
    test_by_remote(true);
    return tap_done();
}
