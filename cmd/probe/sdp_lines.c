/* SPDX-License-Identifier: MIT
 *
 * Which lines of a description its JSON does not tell whole: the library skips
 * what it has no use for also within attributes that it knows, such as the
 * feedback `ccm tmmbr`, or an id's second extension.
 */
#include <string.h>

#include "cmd/probe/sdp.h"

/* Where a line stands: `media` may be the session. */
struct place {
    const struct rtc_sdp *sdp;
    const struct rtc_sdp_media *media;
};

static bool same_nocase(struct rtc_text text, const char *const *names)
{
    for (; *names; names++)
        if (rtc_text_is_nocase(text, *names))
            return true;
    return false;
}

/* Takes the payload type off; its format, or NULL. */
static const struct rtc_sdp_format *take_format(const struct place *place,
                                                struct rtc_text *value)
{
    struct rtc_text word;
    uint32_t number;

    return rtc_text_word(value, &word) && rtc_text_u32(word, 127, &number)
               ? rtc_sdp_find_format(place->media, number)
               : NULL;
}

/* ---- transport ----------------------------------------------------------- */

static bool is_group_said(const struct place *place, struct rtc_text value)
{
    const struct rtc_sdp *sdp = place->sdp;
    struct rtc_text word = {"", 0};
    unsigned count = 0;

    (void)rtc_text_word(&value, &word);
    if (!rtc_text_is_nocase(word, "BUNDLE"))
        return false;
    while (rtc_text_word(&value, &word))
        if (count == sdp->bundle_count ||
            !rtc_sdp_same(sdp->bundle[count++], word))
            return false;
    return count == sdp->bundle_count;
}

static bool is_options_said(const struct place *place, struct rtc_text value)
{
    return rtc_sdp_same(place->media->ice_options, value);
}

static bool is_fingerprint_said(const struct place *place,
                                struct rtc_text value)
{
    static const char *const names[] = {"sha-256", "sha-384", "sha-512", NULL};
    struct rtc_text word = {"", 0};

    (void)place;
    (void)rtc_text_word(&value, &word);
    return same_nocase(word, names);
}

/* What it was of before RFC 8841, and how many streams. */
static bool is_sctpmap_said(const struct place *place, struct rtc_text value)
{
    struct rtc_text word;

    (void)place;
    return rtc_text_word(&value, &word) && !rtc_text_word(&value, &word);
}

/* ---- formats and header extensions --------------------------------------- */

static bool is_rtpmap_said(const struct place *place, struct rtc_text value)
{
    const struct rtc_sdp_format *format = take_format(place, &value);
    struct rtc_text word = {"", 0}, name = {"", 0};

    (void)rtc_text_word(&value, &word);
    (void)rtc_text_split(&word, '/', &name);
    return format && rtc_sdp_same(format->name, name);
}

static bool is_fmtp_said(const struct place *place, struct rtc_text value)
{
    const struct rtc_sdp_format *format = take_format(place, &value);

    return format && rtc_sdp_same(format->fmtp, rtc_text_trim(value));
}

static bool is_feedback_said(const struct place *place, struct rtc_text value)
{
    static const char *const kinds[] = {"nack",         "nack pli",  "ccm fir",
                                        "transport-cc", "goog-remb", NULL};
    struct rtc_text word, rest = value;

    if (rtc_text_starts(value, "*"))
        (void)rtc_text_word(&rest, &word);
    else if (!take_format(place, &rest))
        return false;
    return same_nocase(rtc_text_trim(rest), kinds);
}

static bool is_extmap_said(const struct place *place, struct rtc_text value)
{
    const struct rtc_sdp_media *media = place->media;
    struct rtc_text word, digits, uri, more;
    uint32_t id;

    if (!rtc_text_word(&value, &word) || !rtc_text_word(&value, &uri) ||
        rtc_text_word(&value, &more) || !rtc_text_split(&word, '/', &digits) ||
        !rtc_text_u32(digits, UINT8_MAX, &id))
        return false;
    for (unsigned i = 0; i < media->extmap_count; i++)
        if (media->extmaps[i].id == id &&
            rtc_sdp_same(media->extmaps[i].uri, uri))
            return true;
    return false;
}

/* ---- streams ------------------------------------------------------------- */

static bool is_msid_said(const struct place *place, struct rtc_text value)
{
    struct rtc_text stream = {"", 0}, track = {"", 0};

    (void)rtc_text_word(&value, &stream);
    (void)rtc_text_word(&value, &track);
    return rtc_sdp_same(place->media->track_id, track) &&
           (rtc_text_is(stream, "-") ||
            rtc_sdp_same(place->media->stream_id, stream));
}

static bool is_ssrc_said(const struct place *place, struct rtc_text value)
{
    static const char *const names[] = {"cname", "msid", NULL};
    const struct rtc_sdp_media *media = place->media;
    struct rtc_text word, name = {"", 0};
    bool listed = false;
    uint32_t ssrc;

    if (!rtc_text_word(&value, &word) || !rtc_text_u32(word, UINT32_MAX, &ssrc))
        return false;
    for (unsigned i = 0; i < media->ssrc_count; i++)
        listed |= media->ssrcs[i].ssrc == ssrc;
    value = rtc_text_trim(value);
    (void)rtc_text_split(&value, ':', &name);
    return listed && (name.len == 0 || same_nocase(name, names));
}

static bool is_ssrc_group_said(const struct place *place, struct rtc_text value)
{
    struct rtc_text word = {"", 0}, more;

    (void)place;
    (void)rtc_text_word(&value, &word);
    return rtc_text_is_nocase(word, "FID") && rtc_text_word(&value, &more) &&
           rtc_text_word(&value, &more) && !rtc_text_word(&value, &more);
}

static bool is_rid_said(const struct place *place, struct rtc_text value)
{
    const struct rtc_sdp_media *media = place->media;
    struct rtc_text id = {"", 0}, direction = {"", 0};

    (void)rtc_text_word(&value, &id);
    (void)rtc_text_word(&value, &direction);
    for (unsigned i = 0; i < media->rid_count; i++)
        if (rtc_sdp_same(media->rids[i].id, id) &&
            rtc_text_is_nocase(direction,
                               media->rids[i].send ? "send" : "recv"))
            return true;
    return false;
}

static bool is_simulcast_said(const struct place *place, struct rtc_text value)
{
    const struct rtc_sdp_media *media = place->media;
    struct rtc_text direction, list;

    while (rtc_text_word(&value, &direction)) {
        bool send = rtc_text_is_nocase(direction, "send");

        if ((!send && !rtc_text_is_nocase(direction, "recv")) ||
            !rtc_text_word(&value, &list) ||
            !rtc_sdp_same(send ? media->simulcast_send : media->simulcast_recv,
                          list))
            return false;
    }
    return true;
}

/* ---- all of them --------------------------------------------------------- */

/* Those that may be told in part. */
static const struct {
    const char *name;
    bool (*is_said)(const struct place *place, struct rtc_text value);
} attributes[] = {
    {"group", is_group_said},
    {"ice-options", is_options_said},
    {"fingerprint", is_fingerprint_said},
    {"sctpmap", is_sctpmap_said},
    {"rtpmap", is_rtpmap_said},
    {"fmtp", is_fmtp_said},
    {"rtcp-fb", is_feedback_said},
    {"extmap", is_extmap_said},
    {"msid", is_msid_said},
    {"ssrc", is_ssrc_said},
    {"ssrc-group", is_ssrc_group_said},
    {"rid", is_rid_said},
    {"simulcast", is_simulcast_said},
};

/* Those that say something of all sections, or of the session. */
static bool is_of_session(struct rtc_text name)
{
    static const char *const names[] = {"group",
                                        "ice-lite",
                                        "msid-semantic",
                                        "extmap-allow-mixed",
                                        "ice-ufrag",
                                        "ice-pwd",
                                        "ice-options",
                                        "fingerprint",
                                        "setup",
                                        "extmap",
                                        "inactive",
                                        "sendonly",
                                        "recvonly",
                                        "sendrecv",
                                        NULL};

    return same_nocase(name, names);
}

static bool is_attribute_said(const struct place *place, struct rtc_text value)
{
    struct rtc_text name = {"", 0};

    (void)rtc_text_split(&value, ':', &name);
    if (!rtc_sdp_is_known(name) ||
        (place->media == &place->sdp->session && !is_of_session(name)))
        return false;
    for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++)
        if (rtc_text_is_nocase(name, attributes[i].name))
            return attributes[i].is_said(place, rtc_text_trim(value));
    return true;
}

bool probe_sdp_is_said(const struct rtc_sdp *sdp,
                       const struct rtc_sdp_media *media, struct rtc_text line)
{
    const struct place place = {sdp, media};
    const struct rtc_text value = {line.at + 2, line.len - 2};

    if (line.len < 2)
        return true;
    if (line.at[0] == 'c') /* of a name, the library has no address */
        return media->connection.family != 0;
    return line.at[0] == 'a' ? is_attribute_said(&place, value)
                             : strchr("vom", line.at[0]) != NULL;
}

struct rtc_text probe_sdp_extensions(struct rtc_text value)
{
    static const char *const known[] = {"raddr", "rport", "tcptype", NULL};
    struct rtc_text rest, word;

    for (int i = 0; i < 8; i++) /* from the foundation to `typ host` */
        (void)rtc_text_word(&value, &word);
    do {
        rest = rtc_text_trim(value);
    } while (rtc_text_word(&value, &word) && same_nocase(word, known) &&
             rtc_text_word(&value, &word));
    return rest;
}
