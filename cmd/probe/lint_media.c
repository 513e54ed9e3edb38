/* SPDX-License-Identifier: MIT
 *
 * The rules about media: payload types, what refers to them, header extensions,
 * streams, data channels.
 */
#include <string.h>

#include "cmd/probe/lint.h"
#include "sdp/fmtp.h"

#define SHOWN(t) ((t).len < 40 ? (int)(t).len : 40), (t).at

static bool is_rtp(const struct rtc_sdp *sdp, unsigned section)
{
    return sdp->media[section].protocol == RTC_SDP_RTP &&
           !rtc_sdp_is_rejected(sdp, &sdp->media[section]);
}

/* RTP/SAVPF and RTP/SAVP are taken (RFC 9429 5.1.2), and are those of keys that
 * come otherwise. */
static bool names_tls(const struct rtc_sdp_media *media)
{
    return media->protocol_name.len < 4 ||
           memcmp(media->protocol_name.at, "RTP/", 4) != 0;
}

static void check_protocol(struct lint *lint)
{
    for (unsigned i = 0; i < lint->sdp->media_count; i++) {
        const struct rtc_sdp_media *media = &lint->sdp->media[i];
        unsigned line = lint_section_line(lint, (int)i);

        if (rtc_sdp_is_rejected(lint->sdp, media))
            continue;
        if (media->protocol == RTC_SDP_NO_PROTOCOL)
            lint_error(lint, line, "`%.*s' is not WebRTC's",
                       SHOWN(media->protocol_name));
        else if (media->protocol == RTC_SDP_SCTP_OLD)
            lint_warning(lint, line, "`%.*s' is the form of before RFC 8841",
                         SHOWN(media->protocol_name));
        else if (media->protocol == RTC_SDP_RTP && !names_tls(media))
            lint_warning(lint, line,
                         "`%.*s' does not say that DTLS makes the keys",
                         SHOWN(media->protocol_name));
    }
}

static void check_mux(struct lint *lint)
{
    for (unsigned i = 0; i < lint->sdp->media_count; i++)
        if (is_rtp(lint->sdp, i) && !lint->sdp->media[i].rtcp_mux &&
            !lint->sdp->media[i].rtcp_mux_only)
            lint_error(lint, lint_section_line(lint, (int)i),
                       "a=rtcp-mux is missing");
}

static void check_direction(struct lint *lint)
{
    for (int s = 0; s < lint->section_count; s++) {
        unsigned count = 0, last = 0;

        for (int d = RTC_INACTIVE; d <= RTC_SENDRECV; d++) {
            const struct lint_line *line = NULL;

            while ((line = lint_next(lint, s,
                                     rtc_direction_name((enum rtc_direction)d),
                                     line))) {
                count++;
                last = line->number > last ? line->number : last;
            }
        }
        if (count > 1)
            lint_error(lint, last, "the section has %u directions", count);
    }
}

/* ---- payload types ------------------------------------------------------- */

static void check_rtpmap(struct lint *lint)
{
    for (unsigned i = 0; i < lint->sdp->media_count; i++)
        for (unsigned k = 0; k < lint->sdp->media[i].format_count; k++) {
            const struct rtc_sdp_format *format =
                &lint->sdp->media[i].formats[k];

            /* RFC 3551 6: from 35 on, none has a meaning of its own. */
            if (is_rtp(lint->sdp, i) && !format->name.len &&
                format->payload_type >= 35)
                lint_error(lint, lint_section_line(lint, (int)i),
                           "payload type %u has no a=rtpmap",
                           format->payload_type);
        }
}

static void check_doubles(struct lint *lint)
{
    for (unsigned i = 0; i < lint->sdp->media_count; i++) {
        struct rtc_text rest, word;
        bool seen[128] = {false};
        uint32_t number;

        if (!is_rtp(lint->sdp, i))
            continue;
        rest = lint->lines[lint->sections[i]].value;
        for (int skip = 0; skip < 3; skip++)
            (void)rtc_text_word(&rest, &word);
        while (rtc_text_word(&rest, &word)) {
            if (!rtc_text_u32(word, 127, &number))
                continue;
            if (seen[number])
                lint_error(lint, lint_section_line(lint, (int)i),
                           "payload type %u is listed twice", number);
            seen[number] = true;
        }
    }
}

/* What is for payload types. Firefox leaves feedback of those that it takes
 * away, which readers skip. */
static const struct of_type {
    const char *name, *source;
    bool lenient;
} of_types[] = {
    {"rtpmap", "RFC 8866 6.6", false},
    {"fmtp", "RFC 8866 6.15", false},
    {"rtcp-fb", "RFC 4585 4.2", true},
};

/* Of one attribute: its payload type is in the m= line. */
static void check_listed(struct lint *lint, unsigned section,
                         const struct of_type *of)
{
    const struct rtc_sdp_media *media = &lint->sdp->media[section];
    const struct lint_line *line = NULL;

    while ((line = lint_next(lint, (int)section, of->name, line))) {
        struct rtc_text rest = line->value, word = {"", 0};
        uint32_t number;

        (void)rtc_text_word(&rest, &word);
        if (rtc_text_is(word, "*") && of->lenient)
            continue;
        lint_cite(lint, of->source);
        if (!rtc_text_u32(word, 127, &number))
            lint_error(lint, line->number, "a=%s: `%.*s' is no payload type",
                       of->name, SHOWN(word));
        else if (!rtc_sdp_find_format(media, number))
            (of->lenient ? lint_warning : lint_error)(
                lint, line->number,
                "a=%s: payload type %u is not in the m= line", of->name,
                number);
    }
}

static void check_unlisted(struct lint *lint)
{
    for (unsigned i = 0; i < lint->sdp->media_count; i++)
        for (unsigned k = 0; k < 3 && is_rtp(lint->sdp, i); k++)
            check_listed(lint, i, &of_types[k]);
}

static void check_apt(struct lint *lint)
{
    for (unsigned i = 0; i < lint->sdp->media_count; i++) {
        const struct rtc_sdp_media *media = &lint->sdp->media[i];

        for (unsigned k = 0; k < media->format_count; k++) {
            const struct rtc_sdp_format *format = &media->formats[k];
            uint32_t apt = rtc_fmtp_u32(format->fmtp, "apt", 128);

            if (!rtc_text_is_nocase(format->name, "rtx"))
                continue;
            if (apt == 128)
                lint_error(lint, lint_section_line(lint, (int)i),
                           "RTX payload type %u has no apt",
                           format->payload_type);
            else if (!rtc_sdp_find_format(media, apt))
                lint_error(lint, lint_section_line(lint, (int)i),
                           "RTX payload type %u is for %u, which is not there",
                           format->payload_type, apt);
        }
    }
}

/* A payload type of a bundled section, and where it was first. */
struct first_use {
    const struct rtc_sdp_format *format;
    unsigned section;
};

static void check_bundled_types(struct lint *lint)
{
    struct first_use uses[128] = {{NULL, 0}};

    for (unsigned i = 0; i < lint->sdp->media_count; i++) {
        const struct rtc_sdp_media *media = &lint->sdp->media[i];

        if (!is_rtp(lint->sdp, i) || !rtc_sdp_is_bundled(lint->sdp, media))
            continue;
        for (unsigned k = 0; k < media->format_count; k++) {
            const struct rtc_sdp_format *format = &media->formats[k];
            struct first_use *use = &uses[format->payload_type];

            if (!use->format)
                *use = (struct first_use){format, i};
            else if (!rtc_sdp_same(use->format->name, format->name) ||
                     use->format->clock_rate != format->clock_rate)
                lint_error(lint, lint_section_line(lint, (int)i),
                           "payload type %u is %.*s here, and %.*s in an "
                           "earlier section of the group",
                           format->payload_type, SHOWN(format->name),
                           SHOWN(use->format->name));
        }
    }
}

/* ---- header extensions --------------------------------------------------- */

/* `3` or `3/sendonly`, and the extension it stands for. */
static bool read_extmap(struct rtc_text value, uint32_t *ret_id,
                        struct rtc_text *ret_uri)
{
    struct rtc_text word, id;

    return rtc_text_word(&value, &word) && rtc_text_word(&value, ret_uri) &&
           rtc_text_split(&word, '/', &id) && rtc_text_u32(id, 255, ret_id);
}

/* The parser takes the first of two, so this is about the lines. `bundled`:
 * what an id stands for in the group, to be added to; NULL: not in it. */
static void check_extmaps_of(struct lint *lint, int section,
                             struct rtc_text bundled[256])
{
    bool mixed = lint->sdp->media[section].extmap_allow_mixed;
    const struct lint_line *line = NULL;
    struct rtc_text uri, own[256] = {{NULL, 0}};
    uint32_t id;

    while ((line = lint_next(lint, section, "extmap", line))) {
        if (!read_extmap(line->value, &id, &uri))
            continue;
        if (own[id].at) {
            lint_error(lint, line->number,
                       rtc_sdp_same(own[id], uri)
                           ? "id %u is listed twice"
                           : "id %u stands for two extensions",
                       id);
        } else if (bundled && bundled[id].at &&
                   !rtc_sdp_same(bundled[id], uri)) {
            lint_cite(lint, "RFC 9143 12");
            lint_error(lint, line->number,
                       "id %u is another extension in an earlier section of "
                       "the group",
                       id);
        }
        if (id > 14 && !mixed)
            lint_warning(lint, line->number,
                         "id %u needs two-byte headers, and there is no "
                         "a=extmap-allow-mixed",
                         id);
        own[id] = uri;
        if (bundled && !bundled[id].at)
            bundled[id] = uri;
    }
}

static void check_extmap_ids(struct lint *lint)
{
    struct rtc_text bundled[256] = {{NULL, 0}};

    for (unsigned i = 0; i < lint->sdp->media_count; i++)
        check_extmaps_of(lint, (int)i,
                         rtc_sdp_is_bundled(lint->sdp, &lint->sdp->media[i])
                             ? bundled
                             : NULL);
}

/* ---- streams ------------------------------------------------------------- */

static void check_ssrc_groups(struct lint *lint)
{
    for (unsigned i = 0; i < lint->sdp->media_count; i++) {
        const struct rtc_sdp_media *media = &lint->sdp->media[i];
        const struct lint_line *line = NULL;

        while ((line = lint_next(lint, (int)i, "ssrc-group", line))) {
            struct rtc_text rest = line->value, word;
            uint32_t ssrc;
            bool found;

            (void)rtc_text_word(&rest, &word);
            while (rtc_text_word(&rest, &word)) {
                found = false;
                if (rtc_text_u32(word, UINT32_MAX, &ssrc))
                    for (unsigned k = 0; k < media->ssrc_count; k++)
                        found |= media->ssrcs[k].ssrc == ssrc;
                if (!found)
                    lint_warning(lint, line->number,
                                 "`%.*s' has no a=ssrc line", SHOWN(word));
            }
        }
    }
}

static void check_rids(struct lint *lint, unsigned section, bool send)
{
    const struct rtc_sdp_media *media = &lint->sdp->media[section];
    const struct lint_line *line =
        lint_next(lint, (int)section, "simulcast", NULL);
    struct rtc_text streams =
        send ? media->simulcast_send : media->simulcast_recv;
    struct rtc_text rest, id;

    while (rtc_text_split(&streams, ';', &rest))
        while (rtc_text_split(&rest, ',', &id)) {
            bool found = false;

            if (rtc_text_starts(id, "~")) { /* paused at first */
                id.at++;
                id.len--;
            }
            for (unsigned k = 0; k < media->rid_count; k++)
                found |= media->rids[k].send == send &&
                         rtc_sdp_same(media->rids[k].id, id);
            if (!found)
                lint_error(lint, line ? line->number : 0,
                           "there is no a=rid:%.*s %s", SHOWN(id),
                           send ? "send" : "recv");
        }
}

static void check_simulcast(struct lint *lint)
{
    for (unsigned i = 0; i < lint->sdp->media_count; i++) {
        check_rids(lint, i, true);
        check_rids(lint, i, false);
    }
}

static void check_sctp(struct lint *lint)
{
    for (unsigned i = 0; i < lint->sdp->media_count; i++) {
        const struct rtc_sdp_media *media = &lint->sdp->media[i];

        if (media->protocol == RTC_SDP_SCTP && !media->sctp_port &&
            !rtc_sdp_is_rejected(lint->sdp, media))
            lint_error(lint, lint_section_line(lint, (int)i),
                       "a=sctp-port is missing");
    }
}

const struct lint_rule lint_media_rules[] = {
    {"protocol", "sections are of WebRTC's protocols", "RFC 9429 5.1.2", true,
     check_protocol},
    {"rtcp-mux", "RTCP shares the port of RTP", "RFC 8834 4.5", true,
     check_mux},
    {"direction", "a section has one direction", "RFC 8866 6.7", false,
     check_direction},
    {"rtpmap", "each dynamic payload type has an a=rtpmap", "RFC 8866 6.6",
     true, check_rtpmap},
    {"payload-type", "each payload type is listed once", "RFC 8866 5.14", true,
     check_doubles},
    {"unlisted", "attributes are of payload types in the m= line",
     "RFC 8866 6.6", true, check_unlisted},
    {"rtx", "each RTX payload type repairs one that is there", "RFC 4588 8.6",
     true, check_apt},
    {"bundle-type", "a payload type means one thing in a BUNDLE group",
     "RFC 9143 9.1.1", true, check_bundled_types},
    {"extmap", "an extension's id is its own", "RFC 8285 5", true,
     check_extmap_ids},
    {"ssrc-group", "grouped SSRCs are described", "RFC 5576 4.2", true,
     check_ssrc_groups},
    {"simulcast", "simulcast streams have rids", "RFC 8853 5.2", true,
     check_simulcast},
    {"sctp-port", "data channels have a port", "RFC 8841 5.1", true,
     check_sctp},
    {NULL, NULL, NULL, false, NULL},
};
