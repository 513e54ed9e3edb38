/* SPDX-License-Identifier: MIT
 * Trickle fragments as others write them, and back; the cap; truncation. */
#include "sdp/fragment.h"

#include "base/addr.h"
#include "tap.h"

#define HOST "a=candidate:1 1 udp 2130706431 192.0.2.1 5000 typ host\r\n"
#define SRFLX                                                                  \
    "a=candidate:2 1 udp 1694498815 203.0.113.1 5001 typ srflx raddr "         \
    "192.0.2.1 rport 5000\r\n"
#define PWD "a=ice-pwd:0123456789012345678901\r\n"
#define AUDIO "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"
#define VIDEO "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n"

static const struct {
    const char *name, *text;
    const char *ufrag, *options, *mid;
    unsigned candidates;
    bool end, lite;
} good[] = {
    {.name = "nothing", .text = "", .ufrag = "", .options = "", .mid = ""},
    {.name = "session level, as RFC 8840 has it",
     .text = "a=ice-lite\r\n" PWD "a=ice-ufrag:abcd\r\n"
             "a=ice-options:trickle ice2\r\n" AUDIO "a=mid:0\r\n" HOST SRFLX
             "a=end-of-candidates\r\n",
     .ufrag = "abcd",
     .options = "trickle ice2",
     .mid = "0",
     .candidates = 2,
     .end = true,
     .lite = true},
    {.name = "media level, as RFC 9725 has it",
     .text = "a=group:BUNDLE 0 1\r\n" AUDIO
             "a=mid:0\r\na=ice-ufrag:abcd\r\n" PWD HOST,
     .ufrag = "abcd",
     .options = "",
     .mid = "0",
     .candidates = 1},
    {.name = "the first section's credentials go before the session's",
     .text = "a=ice-ufrag:sess\r\n" AUDIO
             "a=mid:0\r\na=ice-ufrag:frst\r\n" HOST VIDEO
             "a=mid:1\r\na=ice-ufrag:scnd\r\n" SRFLX,
     .ufrag = "frst",
     .options = "",
     .mid = "0",
     .candidates = 2},
    {.name = "later ones fill in, but do not replace",
     .text = "a=ice-ufrag:sess\r\n" AUDIO "a=mid:0\r\n" VIDEO
             "a=mid:1\r\na=ice-ufrag:scnd\r\na=ice-options:ice2\r\n" HOST,
     .ufrag = "sess",
     .options = "ice2",
     .mid = "1",
     .candidates = 1},
    {.name = "no candidates: the section that BUNDLE names first",
     .text = "a=group:LS 7\na=group:BUNDLE 1 0\n" AUDIO "a=mid:0\n" VIDEO
             "a=mid:1\n",
     .ufrag = "",
     .options = "",
     .mid = "1"},
    {.name = "neither: the first section",
     .text = AUDIO "a=mid:x\n" VIDEO "a=mid:y\n",
     .ufrag = "",
     .options = "",
     .mid = "x"},
    {.name = "the mid behind its candidates",
     .text = AUDIO HOST "a=mid:late\r\n" VIDEO SRFLX "a=mid:1",
     .ufrag = "",
     .options = "",
     .mid = "late",
     .candidates = 2},
    {.name = "LF, blank lines, unknown lines, no last line end",
     .text = "\n\nv=0\na=x-unknown\na=\nz=\n" AUDIO "\na=mid:0\n"
             "a=end-of-candidates\na=ice-ufrag: abcd ",
     .ufrag = "abcd",
     .options = "",
     .mid = "0",
     .end = true},
    {.name = "what cannot be used is dropped",
     .text = AUDIO "a=mid:0\r\na=candidate:\r\na=candidate:1 1 udp\r\n"
                   "a=candidate:1 1 sctp 1 192.0.2.1 9 typ host\r\n"
                   "a=candidate:1 1 udp 1 192.0.2.1 9 typ cloud\r\n" HOST,
     .ufrag = "",
     .options = "",
     .mid = "0",
     .candidates = 1},
};

static const struct {
    const char *text;
    unsigned line;
} bad[] = {
    {"x", 1},
    {"\xef\xbb\xbf" AUDIO, 1},
    {AUDIO "a=mid:0\r\ncandidate:1 1 udp 1 192.0.2.1 9 typ host\r\n", 3},
    {"\n\n{\"candidate\":\"\"}", 3},
    {AUDIO "a=mid:\x01\r\n", 2},
};

static bool text_is(struct rtc_text text, const char *want)
{
    return rtc_text_is(text.at ? text : rtc_text_of(""), want);
}

static void test_good(void)
{
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct rtc_sdp_fragment f;
        struct rtc_sdp_error why;

        is_int(rtc_sdp_fragment_parse(good[i].text, strlen(good[i].text), &f,
                                      &why),
               0, good[i].name);
        ok(text_is(f.ice_ufrag, good[i].ufrag), "ufrag");
        ok(text_is(f.ice_options, good[i].options), "options");
        ok(text_is(f.mid, good[i].mid), "mid");
        is_int(f.candidate_count, good[i].candidates, "candidates");
        ok(f.end_of_candidates == good[i].end, "their end");
        ok(f.ice_lite == good[i].lite, "lite");
    }
}

static void test_bad(void)
{
    static char big[RTC_SDP_TEXT_MAX + 1];
    struct rtc_sdp_fragment f = {.candidate_count = 7};
    struct rtc_sdp_error why;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        is_int(
            rtc_sdp_fragment_parse(bad[i].text, strlen(bad[i].text), &f, &why),
            RTC_ERR_FORMAT, "refused");
        is_int(why.line, bad[i].line, "in that line");
    }
    memset(big, '\n', sizeof big);
    is_int(rtc_sdp_fragment_parse(big, sizeof big, &f, &why),
           RTC_ERR_UNSUPPORTED, "too long");
    is_int(f.candidate_count, 7, "untouched on failure");
    is_int(rtc_sdp_fragment_parse(big, sizeof big - 1, &f, &why), 0,
           "just not too long");
}

static void test_cap(void)
{
    static char text[8192];
    struct rtc_sdp_fragment f;
    struct rtc_sdp_error why;
    size_t len = 0;

    for (int i = 0; i < RTC_SDP_FRAGMENT_CANDIDATE_MOST + 3; i++)
        len += (size_t)snprintf(text + len, sizeof text - len,
                                "a=candidate:1 1 udp 1 192.0.2.1 %d typ host\n",
                                i);
    is_int(rtc_sdp_fragment_parse(text, len, &f, &why), 0, "many candidates");
    is_int(f.candidate_count, RTC_SDP_FRAGMENT_CANDIDATE_MOST, "up to the cap");
    is_int(f.candidates[f.candidate_count - 1].addr.port,
           RTC_SDP_FRAGMENT_CANDIDATE_MOST - 1, "the first ones");
}

static const char written[] =
    "a=group:BUNDLE 0 1\r\na=ice-lite\r\na=ice-ufrag:abcd\r\n" PWD
    "a=ice-options:trickle\r\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=ice-ufrag:abcd\r\n" PWD
        HOST SRFLX "a=end-of-candidates\r\n";

static void test_write(void)
{
    const struct rtc_text mids[] = {{"0", 1}, {"1", 1}};
    struct rtc_sdp_fragment_media media = {
        .kind = {"audio", 5},
        .protocol = {"UDP/TLS/RTP/SAVPF", 17},
        .format = {"111", 3},
        .bundle = mids,
        .bundle_count = 2};
    struct rtc_sdp_fragment f, bare = {.mid = {"0", 1}};
    struct rtc_sdp_error why;
    char text[1024] = "";
    unsigned wrong = 0;

    rtc_sdp_fragment_parse(written, sizeof written - 1, &f, &why);
    is_int(rtc_sdp_fragment_write(&f, &media, text, sizeof text),
           sizeof written - 1, "its length");
    is_str(text, written, "written as it was read");
    for (size_t cap = 0; cap < sizeof written; cap++)
        wrong += rtc_sdp_fragment_write(&f, &media, text, cap) != RTC_ERR_NOBUF;
    is_int(wrong, 0, "no room");
    is_int(rtc_sdp_fragment_write(&f, &media, text, sizeof written),
           sizeof written - 1, "just enough");
    media.bundle_count = 0;
    rtc_sdp_fragment_write(&bare, &media, text, sizeof text);
    is_str(text, AUDIO "a=mid:0\r\n", "nothing to tell");
}

static void test_truncation(void)
{
    unsigned wrong = 0, last = 0;

    for (size_t cut = 0; cut < sizeof written; cut++) {
        char *copy = malloc(cut ? cut : 1);
        struct rtc_sdp_fragment f;
        struct rtc_sdp_error why;

        memcpy(copy, written, cut);
        if (rtc_sdp_fragment_parse(copy, cut, &f, &why) == 0) {
            wrong += f.candidate_count < last;
            last = f.candidate_count;
        } else {
            /* one letter of a new line */
            wrong += cut < 1 || (cut > 1 && written[cut - 2] != '\n');
        }
        free(copy);
    }
    is_int(wrong, 0, "cut off: readable but within the first two letters");
    is_int(last, 2, "all candidates at last");
}

int main(void)
{
    test_good();
    test_bad();
    test_cap();
    test_write();
    test_truncation();
    return tap_done();
}
