/* SPDX-License-Identifier: MIT
 *
 * Descriptions in: what browsers and other stacks wrote (tests/vectors/sdp),
 * what they might write, and what must be refused with a sentence. Out: what is
 * written reads back the same.
 */
#include "sdp/sdp.h"

#include "sdp/vectors.h"
#include "sdp/vectors_table.h"
#include "tap.h"

static char label[200];

static const char *name_of(const char *file, unsigned index, const char *what)
{
    snprintf(label, sizeof label, "%s section %u: %s", file, index, what);
    return label;
}

static void is_text(struct rtc_text got, const char *want, const char *name)
{
    char copy[300] = "";

    rtc_text_copy(got, copy, sizeof copy);
    is_str(copy, want, name);
}

static void feedback_letters(uint8_t bits, char *letters)
{
    for (unsigned i = 0; i < 5; i++)
        if (bits & 1u << i)
            *letters++ = "npftr"[i];
    *letters = '\0';
}

static void test_section(const struct section_row *row,
                         const struct rtc_sdp_media *m)
{
    static const char *const setups[] = {"", "actpass", "active", "passive",
                                         "holdconn"};
    char letters[6] = "", digest[9];
    unsigned rtx = 0;

    is_text(m->kind_name, row->kind, name_of(row->file, row->index, "kind"));
    is_int(m->port, row->port, name_of(row->file, row->index, "port"));
    is_text(m->mid, row->mid, name_of(row->file, row->index, "mid"));
    is_str(rtc_direction_name(m->direction), row->direction,
           name_of(row->file, row->index, "direction"));
    is_str(setups[m->setup], row->setup,
           name_of(row->file, row->index, "setup"));
    snprintf(digest, sizeof digest, "%02X:%02X:%02X",
             m->fingerprints[0].digest[0], m->fingerprints[0].digest[1],
             m->fingerprints[0].digest[31]);
    ok(m->fingerprint_count == 1 && m->fingerprints[0].len == 32,
       name_of(row->file, row->index, "one sha-256 fingerprint"));
    is_str(digest, row->digest, name_of(row->file, row->index, "digest"));
    is_text(m->ice_ufrag, row->ufrag, name_of(row->file, row->index, "ufrag"));
    ok(m->ice_pwd.len >= 22, name_of(row->file, row->index, "pwd"));
    is_int(m->candidate_count, row->candidates,
           name_of(row->file, row->index, "candidates"));
    is_int(m->format_count, row->formats,
           name_of(row->file, row->index, "formats"));
    for (unsigned i = 0; i < m->format_count; i++)
        rtx += rtc_text_is(m->formats[i].name, "rtx");
    is_int(rtx, row->rtx, name_of(row->file, row->index, "rtx formats"));
    if (m->format_count) {
        is_text(m->formats[0].name, row->first,
                name_of(row->file, row->index, "first codec"));
        feedback_letters(m->formats[0].feedback, letters);
        is_str(letters, row->feedback,
               name_of(row->file, row->index, "feedback"));
    }
    is_int(m->extmap_count, row->extmaps,
           name_of(row->file, row->index, "extmaps"));
    is_int(m->ssrc_count, row->ssrcs, name_of(row->file, row->index, "ssrcs"));
    is_int(m->pair_count, row->pairs, name_of(row->file, row->index, "FID"));
    is_int(m->rid_count, row->rids, name_of(row->file, row->index, "rids"));
    ok(m->rtcp_mux || m->kind == RTC_SDP_APPLICATION,
       name_of(row->file, row->index, "rtcp-mux"));
}

static void test_vectors(void)
{
    const size_t count = sizeof section_rows / sizeof *section_rows;
    struct rtc_sdp *sdp = NULL;
    unsigned sections = 0;

    for (size_t i = 0; i < count; i++) {
        const struct section_row *row = &section_rows[i];

        if (row->index == 0) {
            rtc_sdp_free(sdp);
            sdp = vector_sdp(row->file);
            sections = 0;
        }
        sections++;
        if (!ok(sdp && row->index < sdp->media_count,
                name_of(row->file, row->index, "is there")))
            continue;
        test_section(row, &sdp->media[row->index]);
        if (i + 1 == count || section_rows[i + 1].index == 0) {
            is_int(sdp->media_count, sections,
                   name_of(row->file, row->index, "is the last"));
            is_int(sdp->bundle_count, sections,
                   name_of(row->file, row->index, "all are bundled"));
        }
    }
    rtc_sdp_free(sdp);
}

/* Writing what was read and reading that gives the same text, for every
 * captured file; and less room than needed is NOBUF at every size. */
static void test_identity(void)
{
    static char first[65536], second[65536];
    struct rtc_sdp_error why;

    for (size_t i = 0; i < sizeof section_rows / sizeof *section_rows; i++) {
        struct rtc_sdp *sdp, *again = NULL;
        int len;

        if (section_rows[i].index != 0)
            continue;
        sdp = vector_sdp(section_rows[i].file);
        len = rtc_sdp_write(sdp, first, sizeof first);
        ok(len > 0 && rtc_sdp_parse(first, (size_t)len, &again, &why) == 0,
           name_of(section_rows[i].file, 0, "what we write can be read"));
        if (again)
            rtc_sdp_write(again, second, sizeof second);
        is_str(second, first, name_of(section_rows[i].file, 0, "identity"));
        ok(again &&
               again->media[0].candidate_count == sdp->media[0].candidate_count,
           name_of(section_rows[i].file, 0, "candidates survive"));
        is_int(rtc_sdp_write(sdp, second, (size_t)len), RTC_ERR_NOBUF,
               name_of(section_rows[i].file, 0, "no room for the NUL"));
        rtc_sdp_free(sdp);
        rtc_sdp_free(again);
    }
}

#define HEAD "v=0\r\no=- 1 2 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"
#define AUDIO "m=audio 9 UDP/TLS/RTP/SAVPF "

/* The first section of a description that can be read; free `*ret_sdp`. */
static const struct rtc_sdp_media *read_one(const char *text,
                                            struct rtc_sdp **ret_sdp)
{
    static const struct rtc_sdp_media none;
    struct rtc_sdp_error why = {0, ""};

    *ret_sdp = NULL;
    if (rtc_sdp_parse(text, strlen(text), ret_sdp, &why)) {
        printf("# line %u: %s\n", why.line, why.text);
        return &none;
    }
    return &(*ret_sdp)->media[0];
}

static void test_lenient(void)
{
    static const struct {
        const char *name, *text;
    } rows[] = {
        {"LF only", "v=0\no=- 1 2 IN IP4 0.0.0.0\ns=-\nt=0 0\n"
                    "m=audio 9 UDP/TLS/RTP/SAVPF 111\n"
                    "a=rtpmap:111 opus/48000/2\na=fmtp:111 x=1\n"},
        {"no end of the last line",
         HEAD AUDIO "111\r\na=rtpmap:111 opus/48000/2\r\na=fmtp:111 x=1"},
        {"byte order mark and blank lines",
         "\xef\xbb\xbf\r\n\r\n" HEAD AUDIO
         "111\r\n\r\na=rtpmap:111 opus/48000/2\r\na=fmtp:111 x=1\r\n\r\n"},
        {"unknown lines and attributes",
         HEAD "b=AS:128\r\nz=what\r\n" AUDIO
              "111\r\ni=title\r\na=frob\r\na=frob:nicate\r\n"
              "a=rtpmap:111 opus/48000/2\r\na=fmtp:111 x=1\r\n"},
        {"fmtp before rtpmap, case",
         HEAD "m=AUDIO 9 udp/tls/rtp/savpf 111\r\nA=\r\na=FMTP:111 x=1\r\n"
              "a=rtpmap:111 OPUS/48000/2\r\n"},
        {"attributes of numbers that are not in the m= line",
         HEAD AUDIO "111\r\na=rtpmap:112 foo/1\r\na=fmtp:112 y=1\r\n"
                    "a=rtcp-fb:112 nack\r\na=rtpmap:111 opus/48000/2\r\n"
                    "a=fmtp:111 x=1\r\n"},
        {"a number twice, a count of ports",
         HEAD "m=audio 9/2 RTP/SAVPF 111 111\r\na=rtpmap:111 opus/48000/2\r\n"
              "a=fmtp:111 x=1 \r\n"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct rtc_sdp *sdp;
        const struct rtc_sdp_media *m = read_one(rows[i].text, &sdp);

        ok(sdp && m->kind == RTC_SDP_AUDIO && m->port == 9 &&
               m->protocol == RTC_SDP_RTP && m->format_count == 1 &&
               rtc_text_is_nocase(m->formats[0].name, "opus") &&
               m->formats[0].clock_rate == 48000 &&
               m->formats[0].channels == 2 &&
               rtc_text_is(m->formats[0].fmtp, "x=1") &&
               m->formats[0].feedback == 0 && m->direction == RTC_SENDRECV,
           rows[i].name);
        rtc_sdp_free(sdp);
    }
}

#define SHA256                                                                 \
    "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:"                         \
    "00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff"

static void test_details(void)
{
    struct rtc_sdp *sdp;
    const struct rtc_sdp_media *m = read_one(
        HEAD "a=ice-lite\r\na=recvonly\r\na=setup:passive\r\n"
             "a=ice-ufrag:sess\r\na=ice-pwd:sessionsessionsession99\r\n"
             "a=fingerprint:sha-256 " SHA256 "\r\n"
             "a=extmap:3 urn:ietf:params:rtp-hdrext:sdes:mid\r\n"
             "c=IN IP6 2001:db8::1\r\n"
             "m=audio 9 UDP/TLS/RTP/SAVPF 0 8 9 13 120\r\n"
             "a=rtcp-fb:* nack\r\na=ptime:20\r\na=maxptime:60\r\n"
             "a=msid:- t\r\na=mid:left\r\na=setup:active\r\n"
             "a=fingerprint:sha-3 00\r\na=fingerprint:sha-256 " SHA256 "\r\n"
             "a=rid:hi send pt=120;max-width=640\r\n"
             "a=rid:lo recv\r\na=rid:odd up\r\n"
             "a=simulcast:recv lo send hi,~hi2;x\r\n"
             "a=extmap:3 urn:twice\r\na=extmap:5/sendonly urn:x attr\r\n"
             "a=extmap:4096 urn:later\r\n"
             "m=application 9 TCP/DTLS/SCTP webrtc-datachannel\r\n"
             "a=sctp-port:5001\r\na=max-message-size:0\r\n",
        &sdp);
    static const char *const names[] = {"PCMU", "PCMA", "G722", "CN", ""};

    ok(sdp && sdp->ice_lite, "a=ice-lite");
    is_int(sdp->version, 2, "version of o=");
    for (unsigned i = 0; i < 5; i++) {
        is_text(m->formats[i].name, names[i], "static payload type");
        is_int(m->formats[i].feedback, RTC_SDP_NACK, "rtcp-fb of all");
    }
    is_int(m->formats[0].clock_rate, 8000, "static clock");
    is_int(m->direction, RTC_RECVONLY, "direction of the session");
    is_int(m->setup, RTC_SDP_ACTIVE, "the section's setup wins");
    is_text(m->ice_ufrag, "sess", "ufrag of the session");
    is_int(m->fingerprint_count, 1, "own fingerprints instead of inherited");
    is_int(m->fingerprints[0].digest[31], 0xff, "digest, either case");
    is_int(m->connection.family, 6, "c= of the session");
    is_int(m->extmap_count, 2, "a number's second use and 4096 are left out");
    is_text(m->extmaps[0].uri, "urn:ietf:params:rtp-hdrext:sdes:mid",
            "inherited extension");
    is_int(m->extmaps[1].direction, RTC_SENDONLY, "extension direction");
    is_int(m->ptime_ms, 20, "ptime");
    is_int(m->maxptime_ms, 60, "maxptime");
    ok(m->has_msid && m->stream_id.len == 0, "msid without a stream");
    is_int(m->rid_count, 2, "rids");
    is_text(m->rids[0].restrictions, "pt=120;max-width=640", "restrictions");
    is_text(m->simulcast_send, "hi,~hi2;x", "simulcast send");
    is_text(m->simulcast_recv, "lo", "simulcast recv");
    is_int(rtc_sdp_find_mid(sdp, rtc_text_of("left")), 0, "find by mid");
    is_int(rtc_sdp_find_mid(sdp, rtc_text_of("")), -1, "no mid is no mid");
    is_int(m[1].protocol, RTC_SDP_SCTP, "SCTP over TCP");
    is_int(m[1].sctp_port, 5001, "sctp-port");
    ok(m[1].has_max_message_size && m[1].max_message_size == 0,
       "max-message-size 0 is not an absent one");
    is_int(m[1].setup, RTC_SDP_PASSIVE, "setup of the session");
    rtc_sdp_free(sdp);
}

/* What none of the captured files has is written as it was read. */
static void test_rare_identity(void)
{
    static const char text[] =
        HEAD "a=group:BUNDLE left\r\na=ice-lite\r\n"
             "a=msid-semantic:WMS *\r\n"
             "m=audio 9 UDP/TLS/RTP/SAVPF 0 120\r\nc=IN IP6 2001:db8::1\r\n"
             "a=mid:left\r\na=setup:holdconn\r\na=bundle-only\r\n"
             "a=extmap-allow-mixed\r\na=extmap:5/inactive urn:x\r\n"
             "a=inactive\r\na=msid:- t\r\na=rtpmap:0 PCMU/8000\r\n"
             "a=ptime:20\r\na=maxptime:60\r\na=ssrc:1\r\n"
             "a=ssrc:2 msid:s t\r\na=ssrc:3 cname:c\r\n"
             "a=ssrc:3 msid:- u\r\na=rid:hi send pt=0\r\n"
             "a=rid:lo recv\r\na=simulcast:send hi recv lo\r\n"
             "m=text 0 RTP/AVP 98 99\r\nc=IN IP4 0.0.0.0\r\n";
    char written[2048] = "";
    struct rtc_sdp *sdp;

    read_one(text, &sdp);
    rtc_sdp_write(sdp, written, sizeof written);
    is_str(written, text, "identity of rare lines");
    rtc_sdp_free(sdp);
}

/* A session-level unknown hash is no harm when the section has a known one. */
static void test_hashes(void)
{
    static const char sixteen[] = "00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:"
                                  "ee:ff";
    char text[1200];
    struct rtc_sdp *sdp;
    const struct rtc_sdp_media *m;

    snprintf(text, sizeof text,
             HEAD "a=fingerprint:md5 00\r\n" AUDIO
                  "0\r\na=fingerprint:sha-384 %s:%s:%s\r\n"
                  "a=fingerprint:SHA-512 %s:%s:%s:%s\r\n",
             sixteen, sixteen, sixteen, sixteen, sixteen, sixteen, sixteen);
    m = read_one(text, &sdp);
    is_int(m->fingerprint_count, 2, "two fingerprints");
    is_int(m->fingerprints[0].hash, RTC_SDP_SHA384, "sha-384");
    is_int(m->fingerprints[1].len, 64, "sha-512");
    rtc_sdp_free(sdp);
}

static const struct {
    const char *text;
    int error;
    unsigned line;
    const char *why;
} refused[] = {
    {"", RTC_ERR_FORMAT, 0, "the description is empty"},
    {"\r\n\n", RTC_ERR_FORMAT, 2, "the description is empty"},
    {"o=- 1 1 IN IP4 0.0.0.0\r\n", RTC_ERR_FORMAT, 1,
     "a description begins with v=0"},
    {"HTTP/1.1 404\r\n", RTC_ERR_FORMAT, 1, "a description begins with v=0"},
    {"v=1\r\n", RTC_ERR_UNSUPPORTED, 1, "v=: only version 0 is known"},
    {"v=0\r\ns=-\r\n", RTC_ERR_FORMAT, 0, "there is no o= line"},
    {"v=0\r\no=- 1\r\n", RTC_ERR_FORMAT, 2,
     "o=: needs a name, a session id and a version"},
    {"v=0\r\no=- 1 x IN\r\n", RTC_ERR_FORMAT, 2,
     "o=: the version is not a number"},
    {HEAD "a=sen\001drecv\r\n", RTC_ERR_FORMAT, 5,
     "control character 0x01 in column 6"},
    {HEAD "a=x\ry\r\n", RTC_ERR_FORMAT, 5,
     "control character 0x0d in column 4"},
    {HEAD "nonsense\r\n", RTC_ERR_FORMAT, 5, "not of the form `letter=value'"},
    {HEAD "a=\r\n", RTC_ERR_FORMAT, 5, "a=: no attribute name"},
    {HEAD "c=IN IP4\r\n", RTC_ERR_FORMAT, 5,
     "c=: needs three words such as IN IP4 192.0.2.1"},
    {HEAD "m=audio 9\r\n", RTC_ERR_FORMAT, 5,
     "m=: needs a kind, a port and a protocol"},
    {HEAD "m=audio x RTP/SAVPF 0\r\n", RTC_ERR_FORMAT, 5,
     "m=: the port is not a number"},
    {HEAD "m=audio 65536 RTP/SAVPF 0\r\n", RTC_ERR_FORMAT, 5,
     "m=: the port is not a number"},
    {HEAD AUDIO "128\r\n", RTC_ERR_FORMAT, 5,
     "m=: `128' is not a payload type (0..127)"},
    {HEAD AUDIO "0\r\na=mid:a\r\n" AUDIO "0\r\na=mid:a\r\n", RTC_ERR_FORMAT, 8,
     "a=mid: `a' occurs twice"},
    {HEAD AUDIO "0\r\na=mid:\r\n", RTC_ERR_FORMAT, 6, "a=mid: empty"},
    {HEAD AUDIO "0\r\na=mid:012345678901234567890123456789012\r\n",
     RTC_ERR_UNSUPPORTED, 6, "a=mid: longer than 32 characters"},
    {HEAD AUDIO "0\r\na=fingerprint:sha-3 00:11\r\na=mid:0\r\n",
     RTC_ERR_UNSUPPORTED, 6, "a=fingerprint: unknown hash `sha-3'"},
    {HEAD "a=fingerprint:sha-256 00:11\r\n", RTC_ERR_FORMAT, 5,
     "a=fingerprint: sha-256 needs 32 bytes in hex"},
    {HEAD "a=fingerprint:sha-256\r\n", RTC_ERR_FORMAT, 5,
     "a=fingerprint: needs a hash and a digest"},
    {HEAD "a=setup:both\r\n", RTC_ERR_FORMAT, 5,
     "a=setup: unknown role `both'"},
    {HEAD "a=ice-ufrag:a:b\r\n", RTC_ERR_FORMAT, 5, "a=ice-ufrag: malformed"},
    {HEAD "a=ice-pwd:\r\n", RTC_ERR_FORMAT, 5, "a=ice-pwd: malformed"},
    {HEAD AUDIO "0\r\na=candidate:1 1 udp\r\n", RTC_ERR_FORMAT, 6,
     "a=candidate: malformed"},
    {HEAD AUDIO "96\r\na=rtpmap:96 opus\r\n", RTC_ERR_FORMAT, 6,
     "a=rtpmap: needs a number and name/clock"},
    {HEAD AUDIO "96\r\na=rtpmap:96 opus/48000/0\r\n", RTC_ERR_FORMAT, 6,
     "a=rtpmap: `0' channels are impossible"},
    {HEAD AUDIO "96\r\na=extmap:0 urn:x\r\n", RTC_ERR_FORMAT, 6,
     "a=extmap: malformed"},
    {HEAD AUDIO "96\r\na=extmap:1/up urn:x\r\n", RTC_ERR_FORMAT, 6,
     "a=extmap: malformed"},
    {HEAD AUDIO "96\r\na=ssrc:x cname:y\r\n", RTC_ERR_FORMAT, 6,
     "a=ssrc: not a number"},
    {HEAD AUDIO "96\r\na=ssrc-group:FID 1\r\n", RTC_ERR_FORMAT, 6,
     "a=ssrc-group: FID needs two numbers"},
    {HEAD AUDIO "96\r\na=rid:x\r\n", RTC_ERR_FORMAT, 6, "a=rid: malformed"},
    {HEAD AUDIO "96\r\na=fmtp:\r\n", RTC_ERR_FORMAT, 6,
     "a=fmtp: no payload type"},
    {HEAD AUDIO "96\r\na=rtcp-fb:\r\n", RTC_ERR_FORMAT, 6,
     "a=rtcp-fb: no payload type"},
    {HEAD AUDIO "96\r\na=sctp-port:70000\r\n", RTC_ERR_FORMAT, 6,
     "a=sctp-port: not a port"},
    {HEAD AUDIO "96\r\na=max-message-size:big\r\n", RTC_ERR_FORMAT, 6,
     "a=max-message-size: not a number"},
};

static void test_errors(void)
{
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct rtc_sdp_error why = {99, ""};
        struct rtc_sdp *sdp = NULL;

        is_int(
            rtc_sdp_parse(refused[i].text, strlen(refused[i].text), &sdp, &why),
            refused[i].error, refused[i].why);
        is_str(why.text, refused[i].why, "sentence");
        is_int(why.line, refused[i].line, "line");
        ok(!sdp, "nothing was made");
    }
}

static void test_nul(void)
{
    static const char text[] = HEAD "a=x\0y\r\n";
    struct rtc_sdp_error why;
    struct rtc_sdp *sdp = NULL;

    is_int(rtc_sdp_parse(text, sizeof text - 1, &sdp, &why), RTC_ERR_FORMAT,
           "a NUL byte is refused");
}

/* Appends `format` with 1, 2, ... `count` to the head. */
static void repeat(char *text, size_t cap, const char *section,
                   const char *format, unsigned count)
{
    size_t len = (size_t)snprintf(text, cap, HEAD "%s", section);

    for (unsigned i = 1; i <= count; i++) {
        char line[128];

        snprintf(line, sizeof line, format, i, i);
        len += (size_t)snprintf(text + len, cap - len, "%s", line);
    }
}

static void test_caps(void)
{
    static char text[RTC_SDP_TEXT_MAX + 2];
    struct rtc_sdp_error why;
    struct rtc_sdp *sdp;

    repeat(text, sizeof text, "", AUDIO "0\r\na=mid:%u\r\n", 32);
    is_int(read_one(text, &sdp)->port, 9, "32 sections");
    rtc_sdp_free(sdp);
    repeat(text, sizeof text, "", AUDIO "0\r\na=mid:%u\r\n", 33);
    is_int(rtc_sdp_parse(text, strlen(text), &sdp, &why), RTC_ERR_UNSUPPORTED,
           "33 sections");
    is_int(why.line, 69, "the line of the 33rd");
    is_str(why.text, "m=: more than 32 media sections", "and why");

    repeat(text, sizeof text, AUDIO "0\r\n", "a=extmap:%u urn:%u\r\n", 40);
    is_int(read_one(text, &sdp)->extmap_count, 32, "cap of extmaps");
    rtc_sdp_free(sdp);
    repeat(text, sizeof text, AUDIO "0\r\n", "a=ssrc:%u cname:c%u\r\n", 80);
    is_int(read_one(text, &sdp)->ssrc_count, 64, "cap of ssrcs");
    rtc_sdp_free(sdp);
    repeat(text, sizeof text, AUDIO "0\r\n", "a=ssrc-group:FID %u %u\r\n", 40);
    is_int(read_one(text, &sdp)->pair_count, 32, "cap of FID groups");
    rtc_sdp_free(sdp);
    repeat(text, sizeof text, AUDIO "0\r\n", "a=rid:r%u send\r\n", 20);
    is_int(read_one(text, &sdp)->rid_count, 16, "cap of rids");
    rtc_sdp_free(sdp);
    repeat(text, sizeof text, AUDIO "0\r\n",
           "a=candidate:%u 1 udp 1 192.0.2.1 %u typ host\r\n", 70);
    is_int(read_one(text, &sdp)->candidate_count, 64, "cap of candidates");
    rtc_sdp_free(sdp);
    repeat(text, sizeof text, AUDIO "0\r\n",
           "a=fingerprint:sha-256 " SHA256 "\r\n", 6);
    is_int(read_one(text, &sdp)->fingerprint_count, 4, "cap of fingerprints");
    rtc_sdp_free(sdp);
    repeat(text, sizeof text, "a=group:BUNDLE", " %u", 40);
    (void)read_one(text, &sdp);
    is_int(sdp ? (int)sdp->media_count : -1, 0, "no section");
    is_int(sdp ? sdp->bundle_count : 0, 32, "cap of the group");
    rtc_sdp_free(sdp);

    memset(text, '\n', sizeof text - 1);
    memcpy(text, HEAD, strlen(HEAD));
    is_int(rtc_sdp_parse(text, RTC_SDP_TEXT_MAX, &sdp, &why), 0, "128 KiB");
    rtc_sdp_free(sdp);
    is_int(rtc_sdp_parse(text, RTC_SDP_TEXT_MAX + 1, &sdp, &why),
           RTC_ERR_UNSUPPORTED, "one byte more");
}

/* Every truncation is read or refused, and a refusal says why. */
static void test_truncation(void)
{
    static char text[65536];
    size_t len = vector_text("firefox-offer-simulcast-vp8", text, sizeof text);
    unsigned read = 0, silent = 0;

    for (size_t cut = 0; cut <= len; cut++) {
        struct rtc_sdp_error why = {0, ""};
        struct rtc_sdp *sdp = NULL;
        char *exact = malloc(cut ? cut : 1);

        memcpy(exact, text, cut);
        if (rtc_sdp_parse(exact, cut, &sdp, &why) == 0)
            read++;
        else
            silent += why.text[0] == '\0';
        rtc_sdp_free(sdp);
        free(exact);
    }
    is_int(silent, 0, "truncated: refused with a sentence");
    ok(read > len / 2 && read < len, "truncated: some are read, some are not");
}

int main(void)
{
    test_vectors();
    test_identity();
    test_lenient();
    test_details();
    test_rare_identity();
    test_hashes();
    test_errors();
    test_nul();
    test_caps();
    test_truncation();
    return tap_done();
}
