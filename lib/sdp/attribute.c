/* SPDX-License-Identifier: MIT
 *
 * The a= lines of a description, one table row and one function each: RFC 8866
 * (rtpmap, fmtp, direction), 8839 (ICE), 8122 (fingerprint), 4145 (setup), 4585
 * and 5104 (rtcp-fb), 5576 (ssrc), 5761/8858 (mux), 8285 (extmap), 8830 (msid),
 * 8841 (SCTP), 8851/8853 (rid, simulcast), 9143 (BUNDLE). What stands for a
 * payload type outside the m= line is skipped.
 */
#include "sdp/parse.h"

#include "sdp/candidate.h"

/* For "%.*s" of remote text in a diagnosis. */
#define SHOWN(t) ((t).len < 40 ? (int)(t).len : 40), (t).at

static struct rtc_sdp_format *find_format(struct rtc_sdp_parser *p,
                                          struct rtc_text payload_type)
{
    uint32_t number;

    if (!rtc_text_u32(payload_type, 127, &number))
        return NULL;
    for (unsigned i = 0; i < p->media->format_count; i++)
        if (p->media->formats[i].payload_type == number)
            return &p->media->formats[i];
    return NULL;
}

static bool read_direction(struct rtc_text text, enum rtc_direction *ret)
{
    for (unsigned i = RTC_INACTIVE; i <= RTC_SENDRECV; i++)
        if (rtc_text_is_nocase(text, rtc_direction_name(i))) {
            *ret = (enum rtc_direction)i;
            return true;
        }
    return false;
}

/* ---- the session -------------------------------------------------------- */

static int parse_group(struct rtc_sdp_parser *p, struct rtc_text value)
{
    struct rtc_text word;

    if (!rtc_text_word(&value, &word) || !rtc_text_is_nocase(word, "BUNDLE") ||
        p->sdp->bundle_count)
        return 0;
    while (p->sdp->bundle_count < RTC_SDP_MEDIA_MOST &&
           rtc_text_word(&value, &word))
        p->sdp->bundle[p->sdp->bundle_count++] = word;
    return 0;
}

static int parse_ice_lite(struct rtc_sdp_parser *p, struct rtc_text value)
{
    (void)value;
    p->sdp->ice_lite = true;
    return 0;
}

static int parse_msid_semantic(struct rtc_sdp_parser *p, struct rtc_text value)
{
    p->sdp->msid_semantic = value;
    return 0;
}

static int parse_allow_mixed(struct rtc_sdp_parser *p, struct rtc_text value)
{
    (void)value;
    p->media->extmap_allow_mixed = true;
    if (p->media == &p->sdp->session)
        p->sdp->extmap_allow_mixed = true;
    return 0;
}

/* ---- transport ---------------------------------------------------------- */

/* RFC 8839 5.4 allows letters, digits, + and /. We take every visible character
 * that cannot confuse a STUN username. */
static bool is_ice_text(struct rtc_text t, size_t max)
{
    for (size_t i = 0; i < t.len; i++)
        if (t.at[i] <= ' ' || t.at[i] > '~' || t.at[i] == ':')
            return false;
    return t.len > 0 && t.len <= max;
}

static int parse_ufrag(struct rtc_sdp_parser *p, struct rtc_text value)
{
    if (!is_ice_text(value, RTC_UFRAG_MAX))
        return rtc_sdp_fail(p, RTC_ERR_FORMAT, "a=ice-ufrag: malformed");
    p->media->ice_ufrag = value;
    return 0;
}

static int parse_pwd(struct rtc_sdp_parser *p, struct rtc_text value)
{
    if (!is_ice_text(value, RTC_PWD_MAX))
        return rtc_sdp_fail(p, RTC_ERR_FORMAT, "a=ice-pwd: malformed");
    p->media->ice_pwd = value;
    return 0;
}

static int parse_ice_options(struct rtc_sdp_parser *p, struct rtc_text value)
{
    p->media->ice_options = value;
    return 0;
}

/* `AB:CD:...` of exactly `len` bytes. */
static bool read_digest(struct rtc_text text, uint8_t *digest, size_t len)
{
    struct rtc_text part;
    uint64_t byte;
    size_t n = 0;

    while (rtc_text_split(&text, ':', &part)) {
        if (n == len || part.len != 2 || !rtc_text_hex(part, &byte))
            return false;
        digest[n++] = (uint8_t)byte;
    }
    return n == len;
}

static const struct {
    const char *name;
    enum rtc_sdp_hash hash;
    uint8_t len;
} hashes[] = {
    {"sha-256", RTC_SDP_SHA256, 32},
    {"sha-384", RTC_SDP_SHA384, 48},
    {"sha-512", RTC_SDP_SHA512, 64},
};

static int parse_fingerprint(struct rtc_sdp_parser *p, struct rtc_text value)
{
    struct rtc_sdp_media *media = p->media;
    struct rtc_sdp_fingerprint fingerprint = {0};
    struct rtc_text name, digest;
    size_t i = 0;

    if (!rtc_text_word(&value, &name) || !rtc_text_word(&value, &digest))
        return rtc_sdp_fail(p, RTC_ERR_FORMAT,
                            "a=fingerprint: needs a hash and a digest");
    while (i < sizeof hashes / sizeof *hashes &&
           !rtc_text_is_nocase(name, hashes[i].name))
        i++;
    if (!p->own_fingerprint)
        media->fingerprint_count = 0;
    p->own_fingerprint = true;
    if (i == sizeof hashes / sizeof *hashes) {
        if (!p->unknown_hash.len) {
            p->unknown_hash = name;
            p->unknown_hash_line = p->line;
        }
        return 0;
    }
    fingerprint.hash = hashes[i].hash;
    fingerprint.len = hashes[i].len;
    if (!read_digest(digest, fingerprint.digest, fingerprint.len))
        return rtc_sdp_fail(p, RTC_ERR_FORMAT,
                            "a=fingerprint: %s needs %u bytes in hex",
                            hashes[i].name, hashes[i].len);
    if (media->fingerprint_count < RTC_SDP_FINGERPRINT_MOST)
        media->fingerprints[media->fingerprint_count++] = fingerprint;
    return 0;
}

static int parse_setup(struct rtc_sdp_parser *p, struct rtc_text value)
{
    static const char *const names[] = {
        [RTC_SDP_ACTPASS] = "actpass",
        [RTC_SDP_ACTIVE] = "active",
        [RTC_SDP_PASSIVE] = "passive",
        [RTC_SDP_HOLDCONN] = "holdconn",
    };

    for (unsigned i = RTC_SDP_ACTPASS; i <= RTC_SDP_HOLDCONN; i++)
        if (rtc_text_is_nocase(value, names[i])) {
            p->media->setup = (enum rtc_sdp_setup)i;
            return 0;
        }
    return rtc_sdp_fail(p, RTC_ERR_FORMAT, "a=setup: unknown role `%.*s'",
                        SHOWN(value));
}

static int parse_candidate(struct rtc_sdp_parser *p, struct rtc_text value)
{
    struct rtc_candidate candidate, *slot;
    int error = rtc_sdp_candidate_parse(value, &candidate);

    if (error == RTC_ERR_FORMAT)
        return rtc_sdp_fail(p, error, "a=candidate: malformed");
    if (error) /* RFC 8839 5.1: unknown kinds are ignored */
        return 0;
    slot = rtc_sdp_add_candidate(p->sdp, p->media);
    if (slot)
        *slot = candidate;
    return 0;
}

/* ---- the section -------------------------------------------------------- */

static int parse_mid(struct rtc_sdp_parser *p, struct rtc_text value)
{
    if (!value.len)
        return rtc_sdp_fail(p, RTC_ERR_FORMAT, "a=mid: empty");
    if (value.len > RTC_MID_MAX)
        return rtc_sdp_fail(p, RTC_ERR_UNSUPPORTED,
                            "a=mid: longer than %d characters", RTC_MID_MAX);
    if (rtc_sdp_find_mid(p->sdp, value) >= 0)
        return rtc_sdp_fail(p, RTC_ERR_FORMAT, "a=mid: `%.*s' occurs twice",
                            SHOWN(value));
    p->media->mid = value;
    return 0;
}

static int parse_ptime(struct rtc_sdp_parser *p, struct rtc_text value)
{
    (void)rtc_text_u32(value, UINT32_MAX, &p->media->ptime_ms);
    return 0;
}

static int parse_maxptime(struct rtc_sdp_parser *p, struct rtc_text value)
{
    (void)rtc_text_u32(value, UINT32_MAX, &p->media->maxptime_ms);
    return 0;
}

/* ---- formats and header extensions -------------------------------------- */

static int parse_rtpmap(struct rtc_sdp_parser *p, struct rtc_text value)
{
    struct rtc_text number, encoding, name, clock, channels;
    struct rtc_sdp_format *format;
    uint32_t rate, count = 1;

    if (!rtc_text_word(&value, &number) || !rtc_text_word(&value, &encoding) ||
        !rtc_text_split(&encoding, '/', &name) || !name.len ||
        !rtc_text_split(&encoding, '/', &clock) ||
        !rtc_text_u32(clock, UINT32_MAX, &rate))
        return rtc_sdp_fail(p, RTC_ERR_FORMAT,
                            "a=rtpmap: needs a number and name/clock");
    if (rtc_text_split(&encoding, '/', &channels) &&
        (!rtc_text_u32(channels, UINT8_MAX, &count) || count == 0))
        return rtc_sdp_fail(p, RTC_ERR_FORMAT,
                            "a=rtpmap: `%.*s' channels are impossible",
                            SHOWN(channels));
    format = find_format(p, number);
    if (!format)
        return 0;
    format->name = name;
    format->clock_rate = rate;
    format->channels = (uint8_t)count;
    return 0;
}

static int parse_fmtp(struct rtc_sdp_parser *p, struct rtc_text value)
{
    struct rtc_sdp_format *format;
    struct rtc_text number;

    if (!rtc_text_word(&value, &number))
        return rtc_sdp_fail(p, RTC_ERR_FORMAT, "a=fmtp: no payload type");
    format = find_format(p, number);
    if (format)
        format->fmtp = rtc_text_trim(value);
    return 0;
}

static uint8_t feedback_bit(struct rtc_text value)
{
    struct rtc_text type = {"", 0}, parameter = {"", 0};

    (void)rtc_text_word(&value, &type);
    (void)rtc_text_word(&value, &parameter);
    if (rtc_text_is_nocase(type, "nack") && !parameter.len)
        return RTC_SDP_NACK;
    if (rtc_text_is_nocase(type, "nack") &&
        rtc_text_is_nocase(parameter, "pli"))
        return RTC_SDP_PLI;
    if (rtc_text_is_nocase(type, "ccm") && rtc_text_is_nocase(parameter, "fir"))
        return RTC_SDP_FIR;
    if (rtc_text_is_nocase(type, "transport-cc"))
        return RTC_SDP_TRANSPORT_CC;
    return rtc_text_is_nocase(type, "goog-remb") ? RTC_SDP_REMB : 0;
}

static int parse_rtcp_fb(struct rtc_sdp_parser *p, struct rtc_text value)
{
    struct rtc_text number;
    struct rtc_sdp_format *format;
    uint8_t bit;

    if (!rtc_text_word(&value, &number))
        return rtc_sdp_fail(p, RTC_ERR_FORMAT, "a=rtcp-fb: no payload type");
    bit = feedback_bit(value);
    if (rtc_text_is(number, "*")) {
        for (unsigned i = 0; i < p->media->format_count; i++)
            p->media->formats[i].feedback |= bit;
        return 0;
    }
    format = find_format(p, number);
    if (format)
        format->feedback |= bit;
    return 0;
}

/* Numbers above 255 stand for "one of these, you choose" (RFC 8285 6), which
 * nobody writes: skipped. So is a number's second use. */
static int parse_extmap(struct rtc_sdp_parser *p, struct rtc_text value)
{
    enum rtc_direction direction = RTC_SENDRECV;
    struct rtc_text head, digits, uri;
    struct rtc_sdp_extmap *extmap;
    uint32_t id;

    if (!rtc_text_word(&value, &head) || !rtc_text_word(&value, &uri) ||
        !rtc_text_split(&head, '/', &digits) ||
        !rtc_text_u32(digits, UINT16_MAX, &id) || id == 0 ||
        (head.len && !read_direction(head, &direction)))
        return rtc_sdp_fail(p, RTC_ERR_FORMAT, "a=extmap: malformed");
    for (unsigned i = 0; i < p->media->extmap_count; i++)
        if (p->media->extmaps[i].id == id)
            return 0;
    extmap = id <= UINT8_MAX ? rtc_sdp_add_extmap(p->sdp, p->media) : NULL;
    if (extmap)
        *extmap = (struct rtc_sdp_extmap){uri, direction, (uint8_t)id};
    return 0;
}

/* ---- streams ------------------------------------------------------------ */

/* `stream [track]`; a stream of `-` is none (RFC 8830 2). */
static void read_msid(struct rtc_text value, struct rtc_text *ret_stream,
                      struct rtc_text *ret_track)
{
    (void)rtc_text_word(&value, ret_stream);
    (void)rtc_text_word(&value, ret_track);
    if (rtc_text_is(*ret_stream, "-"))
        ret_stream->len = 0;
}

static int parse_msid(struct rtc_sdp_parser *p, struct rtc_text value)
{
    if (!p->media->has_msid && value.len) {
        p->media->has_msid = true;
        read_msid(value, &p->media->stream_id, &p->media->track_id);
    }
    return 0;
}

static struct rtc_sdp_ssrc *ssrc_entry(struct rtc_sdp_parser *p, uint32_t ssrc)
{
    struct rtc_sdp_ssrc *entry;

    for (unsigned i = 0; i < p->media->ssrc_count; i++)
        if (p->media->ssrcs[i].ssrc == ssrc)
            return &p->media->ssrcs[i];
    entry = rtc_sdp_add_ssrc(p->sdp, p->media);
    if (entry)
        entry->ssrc = ssrc;
    return entry;
}

static int parse_ssrc(struct rtc_sdp_parser *p, struct rtc_text value)
{
    struct rtc_text number, name;
    struct rtc_sdp_ssrc *entry;
    uint32_t ssrc;

    if (!rtc_text_word(&value, &number) ||
        !rtc_text_u32(number, UINT32_MAX, &ssrc))
        return rtc_sdp_fail(p, RTC_ERR_FORMAT, "a=ssrc: not a number");
    entry = ssrc_entry(p, ssrc);
    value = rtc_text_trim(value);
    if (!entry || !rtc_text_split(&value, ':', &name))
        return 0;
    if (rtc_text_is_nocase(name, "cname"))
        entry->cname = rtc_text_trim(value);
    else if (rtc_text_is_nocase(name, "msid"))
        read_msid(value, &entry->stream_id, &entry->track_id);
    return 0;
}

static int parse_ssrc_group(struct rtc_sdp_parser *p, struct rtc_text value)
{
    struct rtc_text semantics, first, second;
    struct rtc_sdp_pair pair, *slot;

    if (!rtc_text_word(&value, &semantics) ||
        !rtc_text_is_nocase(semantics, "FID"))
        return 0;
    if (!rtc_text_word(&value, &first) || !rtc_text_word(&value, &second) ||
        !rtc_text_u32(first, UINT32_MAX, &pair.ssrc) ||
        !rtc_text_u32(second, UINT32_MAX, &pair.rtx_ssrc))
        return rtc_sdp_fail(p, RTC_ERR_FORMAT,
                            "a=ssrc-group: FID needs two numbers");
    slot = rtc_sdp_add_pair(p->sdp, p->media);
    if (slot)
        *slot = pair;
    return 0;
}

static int parse_rid(struct rtc_sdp_parser *p, struct rtc_text value)
{
    struct rtc_text id, direction;
    struct rtc_sdp_rid *rid;
    bool send;

    if (!rtc_text_word(&value, &id) || !rtc_text_word(&value, &direction))
        return rtc_sdp_fail(p, RTC_ERR_FORMAT, "a=rid: malformed");
    send = rtc_text_is_nocase(direction, "send");
    /* RFC 8851 10: what is not understood is left out. */
    if ((!send && !rtc_text_is_nocase(direction, "recv")) ||
        id.len > RTC_RID_MAX)
        return 0;
    rid = rtc_sdp_add_rid(p->sdp, p->media);
    if (rid)
        *rid = (struct rtc_sdp_rid){id, rtc_text_trim(value), send};
    return 0;
}

static int parse_simulcast(struct rtc_sdp_parser *p, struct rtc_text value)
{
    struct rtc_text direction, list;

    while (rtc_text_word(&value, &direction) && rtc_text_word(&value, &list))
        if (rtc_text_is_nocase(direction, "send"))
            p->media->simulcast_send = list;
        else if (rtc_text_is_nocase(direction, "recv"))
            p->media->simulcast_recv = list;
    return 0;
}

/* ---- data channels ------------------------------------------------------ */

/* Also of a=sctpmap:5000 webrtc-datachannel 65535. */
static int parse_sctp_port(struct rtc_sdp_parser *p, struct rtc_text value)
{
    struct rtc_text number;
    uint32_t port;

    if (!rtc_text_word(&value, &number) ||
        !rtc_text_u32(number, UINT16_MAX, &port))
        return rtc_sdp_fail(p, RTC_ERR_FORMAT, "a=sctp-port: not a port");
    p->media->sctp_port = (uint16_t)port;
    return 0;
}

static int parse_max_message_size(struct rtc_sdp_parser *p,
                                  struct rtc_text value)
{
    if (!rtc_text_u64(value, UINT64_MAX, &p->media->max_message_size))
        return rtc_sdp_fail(p, RTC_ERR_FORMAT,
                            "a=max-message-size: not a number");
    p->media->has_max_message_size = true;
    return 0;
}

/* ---- the table ---------------------------------------------------------- */

enum level { SESSION = 1, MEDIA = 2, BOTH = 3 };

static const struct {
    const char *name;
    enum level level;
    int (*parse)(struct rtc_sdp_parser *p, struct rtc_text value);
} attributes[] = {
    {"group", SESSION, parse_group},
    {"ice-lite", SESSION, parse_ice_lite},
    {"msid-semantic", SESSION, parse_msid_semantic},
    {"extmap-allow-mixed", BOTH, parse_allow_mixed},
    {"ice-ufrag", BOTH, parse_ufrag},
    {"ice-pwd", BOTH, parse_pwd},
    {"ice-options", BOTH, parse_ice_options},
    {"fingerprint", BOTH, parse_fingerprint},
    {"setup", BOTH, parse_setup},
    {"extmap", BOTH, parse_extmap},
    {"candidate", MEDIA, parse_candidate},
    {"mid", MEDIA, parse_mid},
    {"ptime", MEDIA, parse_ptime},
    {"maxptime", MEDIA, parse_maxptime},
    {"rtpmap", MEDIA, parse_rtpmap},
    {"fmtp", MEDIA, parse_fmtp},
    {"rtcp-fb", MEDIA, parse_rtcp_fb},
    {"msid", MEDIA, parse_msid},
    {"ssrc", MEDIA, parse_ssrc},
    {"ssrc-group", MEDIA, parse_ssrc_group},
    {"rid", MEDIA, parse_rid},
    {"simulcast", MEDIA, parse_simulcast},
    {"sctp-port", MEDIA, parse_sctp_port},
    {"sctpmap", MEDIA, parse_sctp_port},
    {"max-message-size", MEDIA, parse_max_message_size},
};

/* Attributes without a value: where in the section their flag is. */
static const struct {
    const char *name;
    size_t offset;
} flags[] = {
    {"bundle-only", offsetof(struct rtc_sdp_media, bundle_only)},
    {"end-of-candidates", offsetof(struct rtc_sdp_media, end_of_candidates)},
    {"rtcp-mux", offsetof(struct rtc_sdp_media, rtcp_mux)},
    {"rtcp-mux-only", offsetof(struct rtc_sdp_media, rtcp_mux_only)},
    {"rtcp-rsize", offsetof(struct rtc_sdp_media, rtcp_rsize)},
};

/* A direction or a flag; what is neither is unknown, and skipped. */
static int parse_word(struct rtc_sdp_parser *p, struct rtc_text name)
{
    if (read_direction(name, &p->media->direction))
        return 0;
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (rtc_text_is_nocase(name, flags[i].name))
            *(bool *)((char *)p->media + flags[i].offset) = true;
    return 0;
}

int rtc_sdp_parse_attribute(struct rtc_sdp_parser *p, struct rtc_text name,
                            struct rtc_text value)
{
    enum level level = p->media == &p->sdp->session ? SESSION : MEDIA;

    for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++)
        if (rtc_text_is_nocase(name, attributes[i].name))
            return (attributes[i].level & level) ? attributes[i].parse(p, value)
                                                 : 0;
    return parse_word(p, name);
}

bool rtc_sdp_is_known(struct rtc_text name)
{
    enum rtc_direction direction;

    for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++)
        if (rtc_text_is_nocase(name, attributes[i].name))
            return true;
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (rtc_text_is_nocase(name, flags[i].name))
            return true;
    return read_direction(name, &direction);
}
