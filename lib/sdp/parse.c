/* SPDX-License-Identifier: MIT
 *
 * Text -> struct rtc_sdp: the lines v=, o=, c= and m= (RFC 8866 5), what
 * sections take over from the session, and what is known without being written
 * (RFC 3551 6 payload types). Lenient where others are sloppy (LF, blank lines,
 * a byte order mark, unknown lines), exact where a guess would be wrong. The
 * a= lines are in attribute.c.
 */
#include "sdp/parse.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/addr.h"

int rtc_sdp_fail(struct rtc_sdp_parser *p, int error, const char *format, ...)
{
    va_list args;

    p->error->line = p->line;
    va_start(args, format);
    (void)vsnprintf(p->error->text, sizeof p->error->text, format, args);
    va_end(args);
    return error;
}

static int parse_version(struct rtc_sdp_parser *p, struct rtc_text value)
{
    if (rtc_text_is(value, "0"))
        return 0;
    return rtc_sdp_fail(p, RTC_ERR_UNSUPPORTED, "v=: only version 0 is known");
}

static int parse_origin(struct rtc_sdp_parser *p, struct rtc_text value)
{
    struct rtc_sdp *sdp = p->sdp;
    struct rtc_text version;

    if (!rtc_text_word(&value, &sdp->username) ||
        !rtc_text_word(&value, &sdp->session_id) ||
        !rtc_text_word(&value, &version))
        return rtc_sdp_fail(p, RTC_ERR_FORMAT,
                            "o=: needs a name, a session id and a version");
    if (!rtc_text_u64(version, UINT64_MAX, &sdp->version))
        return rtc_sdp_fail(p, RTC_ERR_FORMAT,
                            "o=: the version is not a number");
    return 0;
}

/* A name instead of an address, and what is not of the Internet, leave it
 * unset: ICE says where to send. */
static int parse_connection(struct rtc_sdp_parser *p, struct rtc_text value)
{
    struct rtc_text network, type, address, ip;

    if (!rtc_text_word(&value, &network) || !rtc_text_word(&value, &type) ||
        !rtc_text_word(&value, &address))
        return rtc_sdp_fail(p, RTC_ERR_FORMAT,
                            "c=: needs three words such as IN IP4 192.0.2.1");
    p->media->connection = (struct rtc_addr){0};
    if (rtc_text_split(&address, '/', &ip)) /* TTL of multicast */
        (void)rtc_addr_parse_ip(ip, p->media->port, &p->media->connection);
    return 0;
}

static enum rtc_sdp_kind kind_of(struct rtc_text name)
{
    static const char *const names[] = {"audio", "video", "application"};

    for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
        if (rtc_text_is_nocase(name, names[i]))
            return (enum rtc_sdp_kind)i;
    return RTC_SDP_OTHER;
}

static enum rtc_sdp_protocol protocol_of(struct rtc_text name)
{
    static const struct {
        const char *name;
        enum rtc_sdp_protocol protocol;
    } known[] = {
        {"UDP/TLS/RTP/SAVPF", RTC_SDP_RTP}, {"TCP/TLS/RTP/SAVPF", RTC_SDP_RTP},
        {"UDP/TLS/RTP/SAVP", RTC_SDP_RTP},  {"TCP/TLS/RTP/SAVP", RTC_SDP_RTP},
        {"RTP/SAVPF", RTC_SDP_RTP},         {"RTP/SAVP", RTC_SDP_RTP},
        {"UDP/DTLS/SCTP", RTC_SDP_SCTP},    {"TCP/DTLS/SCTP", RTC_SDP_SCTP},
        {"DTLS/SCTP", RTC_SDP_SCTP_OLD},
    };

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (rtc_text_is_nocase(name, known[i].name))
            return known[i].protocol;
    return RTC_SDP_NO_PROTOCOL;
}

static int parse_payload_types(struct rtc_sdp_parser *p, struct rtc_text list)
{
    struct rtc_text word;
    uint32_t number;

    while (rtc_text_word(&list, &word)) {
        struct rtc_sdp_format *format;

        if (!rtc_text_u32(word, 127, &number))
            return rtc_sdp_fail(p, RTC_ERR_FORMAT,
                                "m=: `%.*s' is not a payload type (0..127)",
                                word.len < 20 ? (int)word.len : 20, word.at);
        if (rtc_sdp_find_format(p->media, number))
            continue;
        format = rtc_sdp_add_format(p->sdp, p->media);
        if (!format)
            return RTC_ERR_NOMEM;
        format->payload_type = (uint8_t)number;
        format->channels = 1;
    }
    return 0;
}

/* What stands before the first m= line holds for every section, unless the
 * section says otherwise. */
static int inherit(struct rtc_sdp *sdp, struct rtc_sdp_media *media)
{
    const struct rtc_sdp_media *session = &sdp->session;

    media->connection = session->connection;
    media->direction = session->direction;
    media->extmap_allow_mixed = session->extmap_allow_mixed;
    media->ice_ufrag = session->ice_ufrag;
    media->ice_pwd = session->ice_pwd;
    media->ice_options = session->ice_options;
    media->setup = session->setup;
    memcpy(media->fingerprints, session->fingerprints,
           sizeof media->fingerprints);
    media->fingerprint_count = session->fingerprint_count;
    for (unsigned i = 0; i < session->extmap_count; i++) {
        struct rtc_sdp_extmap *extmap = rtc_sdp_add_extmap(sdp, media);

        if (!extmap)
            return RTC_ERR_NOMEM;
        *extmap = session->extmaps[i];
    }
    return 0;
}

static int parse_media(struct rtc_sdp_parser *p, struct rtc_text value)
{
    struct rtc_sdp_media *media = rtc_sdp_add_media(p->sdp);
    struct rtc_text port, digits = {"", 0};
    uint32_t number;

    if (!media)
        return rtc_sdp_fail(p, RTC_ERR_UNSUPPORTED,
                            "m=: more than %d media sections",
                            RTC_SDP_MEDIA_MOST);
    p->media = media;
    p->own_fingerprint = false;
    if (!rtc_text_word(&value, &media->kind_name) ||
        !rtc_text_word(&value, &port) ||
        !rtc_text_word(&value, &media->protocol_name))
        return rtc_sdp_fail(p, RTC_ERR_FORMAT,
                            "m=: needs a kind, a port and a protocol");
    (void)rtc_text_split(&port, '/', &digits); /* a count of ports */
    if (!rtc_text_u32(digits, UINT16_MAX, &number))
        return rtc_sdp_fail(p, RTC_ERR_FORMAT, "m=: the port is not a number");
    media->port = (uint16_t)number;
    media->kind = kind_of(media->kind_name);
    media->protocol = protocol_of(media->protocol_name);
    if (inherit(p->sdp, media))
        return RTC_ERR_NOMEM;
    if (media->protocol == RTC_SDP_RTP)
        return parse_payload_types(p, value);
    media->plain_formats = rtc_text_trim(value);
    return 0;
}

static int parse_line(struct rtc_sdp_parser *p, struct rtc_text line)
{
    struct rtc_text value, name;
    char type = line.at[0];

    if (line.len < 2 || line.at[1] != '=')
        return rtc_sdp_fail(p, RTC_ERR_FORMAT,
                            "not of the form `letter=value'");
    value = rtc_text_trim((struct rtc_text){line.at + 2, line.len - 2});
    switch (type) {
    case 'v':
        return parse_version(p, value);
    case 'o':
        return parse_origin(p, value);
    case 'c':
        return parse_connection(p, value);
    case 'm':
        return parse_media(p, value);
    case 'a':
        if (!rtc_text_split(&value, ':', &name))
            return rtc_sdp_fail(p, RTC_ERR_FORMAT, "a=: no attribute name");
        return rtc_sdp_parse_attribute(p, name, rtc_text_trim(value));
    default: /* RFC 8866 5 lets readers skip what they do not know */
        return 0;
    }
}

/* Control characters have no place in a line; a tab is let through. */
static int check_characters(struct rtc_sdp_parser *p, struct rtc_text line)
{
    for (size_t i = 0; i < line.len; i++) {
        unsigned char c = (unsigned char)line.at[i];

        if ((c < ' ' && c != '\t') || c == 0x7f)
            return rtc_sdp_fail(p, RTC_ERR_FORMAT,
                                "control character 0x%02x in column %zu", c,
                                i + 1);
    }
    return 0;
}

static int parse_lines(struct rtc_sdp_parser *p, struct rtc_text rest)
{
    struct rtc_text line;
    bool begun = false;
    int error;

    if (rtc_text_starts(rest, "\xef\xbb\xbf")) {
        rest.at += 3;
        rest.len -= 3;
    }
    while (rtc_text_line(&rest, &line)) {
        p->line++;
        error = check_characters(p, line);
        if (error)
            return error;
        line = rtc_text_trim(line);
        if (!line.len)
            continue;
        if (!begun && !rtc_text_starts(line, "v="))
            return rtc_sdp_fail(p, RTC_ERR_FORMAT,
                                "a description begins with v=0");
        begun = true;
        error = parse_line(p, line);
        if (error)
            return error;
    }
    if (!begun)
        return rtc_sdp_fail(p, RTC_ERR_FORMAT, "the description is empty");
    return 0;
}

/* Numbers that mean a codec without a=rtpmap (RFC 3551 6). */
static void name_static_formats(struct rtc_sdp_media *media)
{
    static const struct {
        uint8_t payload_type;
        const char *name;
    } known[] = {{0, "PCMU"}, {8, "PCMA"}, {9, "G722"}, {13, "CN"}};

    for (unsigned i = 0; i < media->format_count; i++) {
        struct rtc_sdp_format *format = &media->formats[i];

        for (size_t k = 0; k < sizeof known / sizeof *known; k++)
            if (format->payload_type == known[k].payload_type &&
                !format->name.len) {
                format->name = rtc_text_of(known[k].name);
                format->clock_rate = 8000;
            }
    }
}

/* The form of before a=msid: the ids stand with the SSRC. */
static void take_ssrc_msid(struct rtc_sdp_media *media)
{
    for (unsigned i = 0; i < media->ssrc_count && !media->has_msid; i++)
        if (media->ssrcs[i].stream_id.len || media->ssrcs[i].track_id.len) {
            media->has_msid = true;
            media->stream_id = media->ssrcs[i].stream_id;
            media->track_id = media->ssrcs[i].track_id;
        }
}

static int finish(struct rtc_sdp_parser *p)
{
    struct rtc_sdp *sdp = p->sdp;

    p->line = 0;
    if (!sdp->session_id.len)
        return rtc_sdp_fail(p, RTC_ERR_FORMAT, "there is no o= line");
    for (unsigned i = 0; i < sdp->media_count; i++) {
        name_static_formats(&sdp->media[i]);
        take_ssrc_msid(&sdp->media[i]);
        /* RFC 8122 5: an unknown hash is skipped if a known one is there. */
        if (sdp->media[i].fingerprint_count || !p->unknown_hash.len)
            continue;
        p->line = p->unknown_hash_line;
        return rtc_sdp_fail(
            p, RTC_ERR_UNSUPPORTED, "a=fingerprint: unknown hash `%.*s'",
            p->unknown_hash.len < 40 ? (int)p->unknown_hash.len : 40,
            p->unknown_hash.at);
    }
    return 0;
}

int rtc_sdp_parse(const char *text, size_t len, struct rtc_sdp **ret_sdp,
                  struct rtc_sdp_error *ret_error)
{
    struct rtc_sdp_parser p = {.sdp = rtc_sdp_new(), .error = ret_error};
    struct rtc_text copy = {"", 0};
    int error;

    if (p.sdp && len <= RTC_SDP_TEXT_MAX)
        copy = rtc_sdp_copy(p.sdp, (struct rtc_text){text, len});
    if (len > RTC_SDP_TEXT_MAX) {
        error = rtc_sdp_fail(&p, RTC_ERR_UNSUPPORTED, "longer than %d bytes",
                             RTC_SDP_TEXT_MAX);
    } else if (!p.sdp || p.sdp->failed) {
        error = RTC_ERR_NOMEM;
    } else {
        p.media = &p.sdp->session;
        p.media->direction = RTC_SENDRECV; /* RFC 8866 6.7 */
        error = parse_lines(&p, copy);
        if (!error)
            error = finish(&p);
        if (p.sdp->failed)
            error = RTC_ERR_NOMEM;
    }
    if (error == RTC_ERR_NOMEM)
        (void)rtc_sdp_fail(&p, error, "out of memory");
    if (error)
        rtc_sdp_free(p.sdp);
    else
        *ret_sdp = p.sdp;
    return error;
}
