/* SPDX-License-Identifier: MIT
 *
 * SDP fragments (RFC 8840 9; as WHIP uses them, RFC 9725 4.3). First every line
 * is looked at, then they are read, which cannot fail: what is not known or
 * cannot be used is skipped. Whether credentials are new is the peer's matter.
 */
#include "sdp/fragment.h"

#include <stdio.h>

#include "base/bytes.h"
#include "sdp/candidate.h"

static int fail(struct rtc_sdp_error *ret_error, int error, unsigned line,
                const char *what)
{
    ret_error->line = line;
    (void)snprintf(ret_error->text, sizeof ret_error->text, "%s", what);
    return error;
}

/* ---- reading ------------------------------------------------------------- */

static bool has_control_character(struct rtc_text line)
{
    for (size_t i = 0; i < line.len; i++) {
        unsigned char c = (unsigned char)line.at[i];

        if ((c < ' ' && c != '\t') || c == 0x7f)
            return true;
    }
    return false;
}

static int check_lines(struct rtc_text rest, struct rtc_sdp_error *ret_error)
{
    struct rtc_text line;

    for (unsigned n = 1; rtc_text_line(&rest, &line); n++) {
        if (has_control_character(line))
            return fail(ret_error, RTC_ERR_FORMAT, n, "control character");
        line = rtc_text_trim(line);
        if (line.len && (line.len < 2 || line.at[1] != '='))
            return fail(ret_error, RTC_ERR_FORMAT, n,
                        "not of the form `letter=value'");
    }
    return 0;
}

struct reader {
    struct rtc_sdp_fragment *fragment;
    unsigned section;       /* 0: before the first m= line */
    struct rtc_text mid;    /* of this section */
    struct rtc_text tagged; /* first mid of BUNDLE */
    struct rtc_text first;  /* first mid of all */
    bool has_candidates;    /* this section or one before it */
    bool awaits_mid;        /* the mid stands behind its candidates */
};

static void read_credential(const struct reader *r, struct rtc_text *field,
                            struct rtc_text value)
{
    if (r->section <= 1 || !field->len)
        *field = value;
}

static void read_mid(struct reader *r, struct rtc_text value)
{
    r->mid = value;
    if (!r->first.len)
        r->first = value;
    if (r->awaits_mid)
        r->fragment->mid = value;
    r->awaits_mid = false;
}

static void read_group(struct reader *r, struct rtc_text value)
{
    struct rtc_text word;

    if (rtc_text_word(&value, &word) && rtc_text_is(word, "BUNDLE") &&
        !r->tagged.len && rtc_text_word(&value, &word))
        r->tagged = word;
}

static void read_candidate(struct reader *r, struct rtc_text line)
{
    struct rtc_sdp_fragment *f = r->fragment;

    if (f->candidate_count == RTC_SDP_FRAGMENT_CANDIDATE_MOST ||
        rtc_sdp_candidate_parse(line, &f->candidates[f->candidate_count]))
        return;
    f->candidate_count++;
    if (r->has_candidates)
        return;
    r->has_candidates = true;
    f->mid = r->mid;
    r->awaits_mid = !r->mid.len;
}

static void read_attribute(struct reader *r, struct rtc_text line)
{
    struct rtc_sdp_fragment *f = r->fragment;
    struct rtc_text value = {line.at + 2, line.len - 2}, name = {"", 0};

    (void)rtc_text_split(&value, ':', &name);
    value = rtc_text_trim(value);
    if (rtc_text_is(name, "candidate"))
        read_candidate(r, line);
    else if (rtc_text_is(name, "ice-ufrag"))
        read_credential(r, &f->ice_ufrag, value);
    else if (rtc_text_is(name, "ice-pwd"))
        read_credential(r, &f->ice_pwd, value);
    else if (rtc_text_is(name, "ice-options"))
        read_credential(r, &f->ice_options, value);
    else if (rtc_text_is(name, "mid"))
        read_mid(r, value);
    else if (rtc_text_is(name, "group"))
        read_group(r, value);
    else if (rtc_text_is(name, "ice-lite"))
        f->ice_lite = true;
    else if (rtc_text_is(name, "end-of-candidates"))
        f->end_of_candidates = true;
}

static void read_lines(struct rtc_text rest, struct rtc_sdp_fragment *f)
{
    struct reader r = {.fragment = f};
    struct rtc_text line;

    while (rtc_text_line(&rest, &line)) {
        line = rtc_text_trim(line);
        if (rtc_text_starts(line, "m=")) {
            r.section++;
            r.mid = (struct rtc_text){"", 0};
            r.awaits_mid = false;
        } else if (rtc_text_starts(line, "a=")) {
            read_attribute(&r, line);
        }
    }
    if (!r.has_candidates)
        f->mid = r.tagged.len ? r.tagged : r.first;
}

int rtc_sdp_fragment_parse(const char *text, size_t len,
                           struct rtc_sdp_fragment *ret_fragment,
                           struct rtc_sdp_error *ret_error)
{
    struct rtc_text rest = {text, len};
    int error;

    if (len > RTC_SDP_TEXT_MAX)
        return fail(ret_error, RTC_ERR_UNSUPPORTED, 0,
                    "longer than a description may be");
    error = check_lines(rest, ret_error);
    if (error)
        return error;
    *ret_fragment = (struct rtc_sdp_fragment){0};
    read_lines(rest, ret_fragment);
    return 0;
}

/* ---- writing ------------------------------------------------------------- */

static void put_line(struct rtc_writer *w, const char *name,
                     struct rtc_text value)
{
    if (!value.len)
        return;
    rtc_write_text(w, "%s", name);
    rtc_write_bytes(w, value.at, value.len);
    rtc_write_text(w, "\r\n");
}

/* Both levels may have them (RFC 8839 5.4), and each has readers that look
 * nowhere else. */
static void put_credentials(struct rtc_writer *w,
                            const struct rtc_sdp_fragment *f)
{
    put_line(w, "a=ice-ufrag:", f->ice_ufrag);
    put_line(w, "a=ice-pwd:", f->ice_pwd);
}

static void put_session(struct rtc_writer *w, const struct rtc_sdp_fragment *f,
                        const struct rtc_sdp_fragment_media *media)
{
    if (media->bundle_count) {
        rtc_write_text(w, "a=group:BUNDLE");
        for (unsigned i = 0; i < media->bundle_count; i++) {
            rtc_write_text(w, " ");
            rtc_write_bytes(w, media->bundle[i].at, media->bundle[i].len);
        }
        rtc_write_text(w, "\r\n");
    }
    if (f->ice_lite)
        rtc_write_text(w, "a=ice-lite\r\n");
    put_credentials(w, f);
    put_line(w, "a=ice-options:", f->ice_options);
}

static void put_media_line(struct rtc_writer *w,
                           const struct rtc_sdp_fragment_media *media)
{
    rtc_write_text(w, "m=");
    rtc_write_bytes(w, media->kind.at, media->kind.len);
    rtc_write_text(w, " 9 "); /* the discard port, as with trickle in SDP */
    rtc_write_bytes(w, media->protocol.at, media->protocol.len);
    put_line(w, " ", media->format);
}

int rtc_sdp_fragment_write(const struct rtc_sdp_fragment *fragment,
                           const struct rtc_sdp_fragment_media *media,
                           char *buf, size_t cap)
{
    char line[RTC_SDP_CANDIDATE_TEXT];
    struct rtc_writer w;

    rtc_writer_init(&w, buf, cap);
    put_session(&w, fragment, media);
    put_media_line(&w, media);
    put_line(&w, "a=mid:", fragment->mid);
    put_credentials(&w, fragment);
    for (unsigned i = 0; i < fragment->candidate_count; i++)
        if (rtc_sdp_candidate_write(&fragment->candidates[i], line,
                                    sizeof line) > 0)
            rtc_write_text(&w, "a=%s\r\n", line);
    if (fragment->end_of_candidates)
        rtc_write_text(&w, "a=end-of-candidates\r\n");
    return w.failed ? RTC_ERR_NOBUF : (int)w.len;
}
