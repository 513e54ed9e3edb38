/* SPDX-License-Identifier: MIT
 *
 * The rules about the description as a whole and about its transports: lines,
 * mids, BUNDLE, ICE, DTLS.
 */
#include <string.h>

#include "cmd/probe/lint.h"

#define SHOWN(t) ((t).len < 40 ? (int)(t).len : 40), (t).at

/* RFC 9429 5.2.1: what stands where no candidate is known. */
#define NO_PORT 9

/* ---- lines --------------------------------------------------------------- */

static void check_ends(struct lint *lint)
{
    unsigned without = 0, first = 0;

    for (unsigned i = 0; i < lint->line_count; i++)
        if (!lint->lines[i].has_cr || !lint->lines[i].has_lf) {
            without++;
            first = first ? first : lint->lines[i].number;
        }
    if (without == 0)
        return;
    if (without == lint->line_count)
        lint_warning(lint, first, "all lines end with LF alone");
    else
        lint_warning(lint, first, "%u of %u lines do not end with CRLF",
                     without, lint->line_count);
}

static bool has_blanks(struct rtc_text text)
{
    return text.at[text.len - 1] == ' ' || (text.len > 2 && text.at[2] == ' ');
}

static void check_form(struct lint *lint)
{
    unsigned blanks = 0, first = 0;

    for (unsigned i = 0; i < lint->line_count; i++) {
        const struct lint_line *line = &lint->lines[i];

        if (line->text.len == 0) {
            lint_warning(lint, line->number, "an empty line");
        } else if (!line->type) {
            lint_error(lint, line->number, "not of the form `letter=value'");
        } else if (has_blanks(line->text)) {
            blanks++;
            first = first ? first : line->number;
        }
    }
    if (blanks > 0)
        lint_warning(lint, first, "blanks around the value, in %u line%s",
                     blanks, blanks > 1 ? "s" : "");
}

static bool has_type(const struct lint *lint, char type)
{
    for (unsigned i = 0; i < lint->line_count; i++)
        if (lint->lines[i].section < 0 && lint->lines[i].type == type)
            return true;
    return false;
}

static void check_order(struct lint *lint)
{
    static const char session[] = "vosiuepcbtrzka";
    const char *at = session;

    for (const char *type = "vost"; *type; type++)
        if (!has_type(lint, *type))
            lint_error(lint, 0, "there is no %c= line", *type);
    for (unsigned i = 0; i < lint->line_count; i++) {
        const struct lint_line *line = &lint->lines[i];
        const char *place = line->type ? strchr(session, line->type) : NULL;

        if (line->section >= 0)
            break;
        if (place && place < at && !(line->type == 't' && *at == 'r'))
            lint_error(lint, line->number, "%c= stands behind %c=", line->type,
                       *at);
        if (place && place > at)
            at = place;
    }
}

static void check_connection(struct lint *lint)
{
    if (has_type(lint, 'c'))
        return;
    for (int s = 0; s < lint->section_count; s++) {
        bool found = false;

        for (unsigned i = 0; i < lint->line_count; i++)
            found |= lint->lines[i].section == s && lint->lines[i].type == 'c';
        if (!found)
            lint_error(lint, lint_section_line(lint, s), "there is no c= line");
    }
}

/* ---- mids and BUNDLE ----------------------------------------------------- */

static void check_mid(struct lint *lint)
{
    const struct rtc_sdp *sdp = lint->sdp;

    for (unsigned i = 0; i < sdp->media_count; i++) {
        const struct lint_line *line = lint_next(lint, (int)i, "mid", NULL);

        if (!sdp->media[i].mid.len)
            lint_error(lint, lint_section_line(lint, (int)i),
                       "the section has no a=mid");
        else if (rtc_sdp_find_mid(sdp, sdp->media[i].mid) != (int)i)
            lint_error(lint, line ? line->number : 0,
                       "an earlier section has the same a=mid");
    }
}

static void check_group(struct lint *lint)
{
    const struct rtc_sdp *sdp = lint->sdp;
    const struct lint_line *line = lint_next(lint, -1, "group", NULL);
    unsigned number = line ? line->number : 0;

    for (unsigned i = 0; i < sdp->bundle_count; i++)
        if (rtc_sdp_find_mid(sdp, sdp->bundle[i]) < 0)
            lint_error(lint, number, "no section has the mid `%.*s'",
                       SHOWN(sdp->bundle[i]));
    for (unsigned i = 0; i < sdp->media_count; i++)
        if (sdp->media[i].bundle_only &&
            !rtc_sdp_is_bundled(sdp, &sdp->media[i])) {
            lint_cite(lint, "RFC 9143 6");
            lint_error(lint, lint_section_line(lint, (int)i),
                       "a=bundle-only in a section that is not in the group");
        }
    if (sdp->media_count > 1 && sdp->bundle_count == 0)
        lint_warning(lint, number, "several sections, and no BUNDLE group");
}

static bool is_answer(const struct lint *lint)
{
    if (lint->type != DESCRIPTION_UNKNOWN)
        return lint->type == DESCRIPTION_ANSWER;
    for (unsigned i = 0; i < lint->sdp->media_count; i++)
        if (lint->sdp->media[i].setup == RTC_SDP_ACTIVE ||
            lint->sdp->media[i].setup == RTC_SDP_PASSIVE)
            return true;
    return false;
}

static void check_bundle_port(struct lint *lint)
{
    const struct rtc_sdp *sdp = lint->sdp;
    int tagged = sdp->bundle_count ? rtc_sdp_find_mid(sdp, sdp->bundle[0]) : -1;

    if (tagged < 0 || !is_answer(lint))
        return;
    for (unsigned i = 0; i < sdp->media_count; i++)
        if (rtc_sdp_is_bundled(sdp, &sdp->media[i]) && sdp->media[i].port &&
            sdp->media[i].port != NO_PORT &&
            sdp->media[i].port != sdp->media[tagged].port)
            lint_error(lint, lint_section_line(lint, (int)i),
                       "port %u, but the answer's group has port %u",
                       sdp->media[i].port, sdp->media[tagged].port);
}

/* ---- ICE ----------------------------------------------------------------- */

/* `least` characters of the ICE alphabet. */
static void check_ice_text(struct lint *lint, const char *name, size_t least)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                   "abcdefghijklmnopqrstuvwxyz0123456789+/";

    for (unsigned i = 0; i < lint->line_count; i++) {
        const struct lint_line *line = &lint->lines[i];

        if (line->type != 'a' || !rtc_text_is_nocase(line->name, name))
            continue;
        if (line->value.len < least || line->value.len > 256)
            lint_error(lint, line->number, "%zu characters; %zu to 256 are due",
                       line->value.len, least);
        for (size_t k = 0; k < line->value.len; k++)
            if (!memchr(alphabet, line->value.at[k], sizeof alphabet - 1)) {
                lint_error(lint, line->number,
                           "other characters than letters, digits, + and /");
                break;
            }
    }
}

static void check_ufrag(struct lint *lint)
{
    check_ice_text(lint, "ice-ufrag", 4);
    for (unsigned i = 0; lint->sdp && i < lint->sdp->media_count; i++)
        if (lint_has_transport(lint, (int)i) &&
            !lint->sdp->media[i].ice_ufrag.len)
            lint_error(lint, lint_section_line(lint, (int)i),
                       "a=ice-ufrag is missing");
}

static void check_pwd(struct lint *lint)
{
    check_ice_text(lint, "ice-pwd", 22);
    for (unsigned i = 0; lint->sdp && i < lint->sdp->media_count; i++)
        if (lint_has_transport(lint, (int)i) &&
            !lint->sdp->media[i].ice_pwd.len)
            lint_error(lint, lint_section_line(lint, (int)i),
                       "a=ice-pwd is missing");
}

static bool has_word(struct rtc_text text, const char *name)
{
    struct rtc_text word;

    while (rtc_text_word(&text, &word))
        if (rtc_text_is_nocase(word, name))
            return true;
    return false;
}

/* One that readers skip. */
static void warn_unknown(struct lint *lint, const struct lint_line *line)
{
    if (has_word(line->value, "tcp") && !has_word(line->value, "tcptype")) {
        lint_cite(lint, "RFC 6544 4.5");
        lint_warning(lint, line->number, "a TCP candidate without tcptype");
    } else {
        lint_warning(lint, line->number,
                     "of a transport or type that is not known");
    }
}

static void check_candidates(struct lint *lint)
{
    for (int s = 0; s < lint->section_count; s++) {
        const struct lint_line *line = NULL;

        while ((line = lint_next(lint, s, "candidate", line))) {
            struct rtc_candidate candidate;
            int error = rtc_candidate_parse(line->text.at + 2,
                                            line->text.len - 2, &candidate);

            if (error == RTC_ERR_FORMAT)
                lint_error(lint, line->number, "the candidate is malformed");
            else if (error == RTC_ERR_UNSUPPORTED)
                warn_unknown(lint, line);
            else if (candidate.type != RTC_CANDIDATE_HOST &&
                     !has_word(line->value, "raddr"))
                lint_warning(lint, line->number,
                             "raddr is missing, which all but host candidates "
                             "have");
        }
    }
}

/* ---- DTLS ---------------------------------------------------------------- */

static void check_crypto(struct lint *lint)
{
    const struct lint_line *line = NULL;

    for (int s = -1; s < lint->section_count; s++)
        while ((line = lint_next(lint, s, "crypto", line)))
            lint_error(lint, line->number,
                       "a=crypto is not for WebRTC: DTLS makes the keys");
}

static void check_fingerprint(struct lint *lint)
{
    for (unsigned i = 0; i < lint->sdp->media_count; i++)
        if (lint_has_transport(lint, (int)i) &&
            lint->sdp->media[i].fingerprint_count == 0)
            lint_error(lint, lint_section_line(lint, (int)i),
                       "a=fingerprint is missing");
}

static void check_setup(struct lint *lint)
{
    const struct rtc_sdp *sdp = lint->sdp;

    for (unsigned i = 0; i < sdp->media_count; i++) {
        const struct lint_line *line = lint_next(lint, (int)i, "setup", NULL);
        enum rtc_sdp_setup setup = sdp->media[i].setup;
        unsigned number = line ? line->number : lint_section_line(lint, (int)i);

        if (!lint_has_transport(lint, (int)i))
            continue;
        if (setup == RTC_SDP_SETUP_NONE)
            lint_error(lint, number, "a=setup is missing");
        else if (setup == RTC_SDP_HOLDCONN)
            lint_error(lint, number, "a=setup:holdconn is not for DTLS");
        else if (lint->type == DESCRIPTION_OFFER && setup != RTC_SDP_ACTPASS)
            lint_warning(lint, number, "an offer should say actpass");
        else if (lint->type == DESCRIPTION_ANSWER && setup == RTC_SDP_ACTPASS) {
            lint_cite(lint, "RFC 8842 5.3");
            lint_error(lint, number, "an answer has to say active or passive");
        }
    }
}

const struct lint_rule lint_session_rules[] = {
    {"line-ends", "lines end with CRLF", "RFC 8866 5", false, check_ends},
    {"line-form", "lines are of the form letter=value", "RFC 8866 5", false,
     check_form},
    {"line-order", "v=, o=, s= and t= are there, in this order", "RFC 8866 5",
     false, check_order},
    {"connection", "each section has a c= line, or all", "RFC 8866 5.7", false,
     check_connection},
    {"mid", "each section has a mid of its own", "RFC 9429 5.2.1", true,
     check_mid},
    {"bundle-group", "the BUNDLE group names sections", "RFC 9143 7.2", true,
     check_group},
    {"bundle-port", "an answer's bundled sections share a port", "RFC 9143 7.3",
     true, check_bundle_port},
    {"ice-ufrag", "each transport has an a=ice-ufrag", "RFC 8839 5.4", false,
     check_ufrag},
    {"ice-pwd", "each transport has an a=ice-pwd", "RFC 8839 5.4", false,
     check_pwd},
    {"candidate", "candidates are well-formed", "RFC 8839 5.1", false,
     check_candidates},
    {"crypto", "no keys of SRTP are in the description", "RFC 8827 6.5", false,
     check_crypto},
    {"fingerprint", "each transport has an a=fingerprint", "RFC 8842 5.1", true,
     check_fingerprint},
    {"setup", "each transport has an a=setup that fits", "RFC 8842 5.2", true,
     check_setup},
    {NULL, NULL, NULL, false, NULL},
};
