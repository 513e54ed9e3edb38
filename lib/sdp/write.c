/* SPDX-License-Identifier: MIT
 *
 * struct rtc_sdp -> text, in the order of RFC 8866 5 and as RFC 9429 5.2 wants
 * it: CRLF, all transport attributes in each section. What is zero or empty is
 * not written, so that reading the text again gives the same struct.
 */
#include "sdp/sdp.h"

#include "base/addr.h"
#include "base/bytes.h"
#include "sdp/candidate.h"

static void put(struct rtc_writer *w, const char *before, struct rtc_text text)
{
    rtc_write_text(w, "%s", before);
    if (text.len)
        rtc_write_bytes(w, text.at, text.len);
}

/* A line `before`text if there is a text. */
static void put_line(struct rtc_writer *w, const char *before,
                     struct rtc_text text)
{
    if (!text.len)
        return;
    put(w, before, text);
    rtc_write_text(w, "\r\n");
}

static void put_flag(struct rtc_writer *w, bool flag, const char *line)
{
    if (flag)
        rtc_write_text(w, "%s\r\n", line);
}

static void put_session(struct rtc_writer *w, const struct rtc_sdp *sdp)
{
    rtc_write_text(w, "v=0\r\n");
    put(w, "o=", sdp->username.len ? sdp->username : rtc_text_of("-"));
    put(w, " ", sdp->session_id);
    rtc_write_text(w, " %llu IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n",
                   (unsigned long long)sdp->version);
    if (sdp->bundle_count) {
        rtc_write_text(w, "a=group:BUNDLE");
        for (unsigned i = 0; i < sdp->bundle_count; i++)
            put(w, " ", sdp->bundle[i]);
        rtc_write_text(w, "\r\n");
    }
    put_flag(w, sdp->ice_lite, "a=ice-lite");
    put_flag(w, sdp->extmap_allow_mixed, "a=extmap-allow-mixed");
    put_line(w, "a=msid-semantic:", sdp->msid_semantic);
}

static void put_media_line(struct rtc_writer *w, const struct rtc_sdp_media *m)
{
    char ip[RTC_ADDR_TEXT] = "0.0.0.0";

    put(w, "m=", m->kind_name);
    rtc_write_text(w, " %u", m->port);
    put(w, " ", m->protocol_name);
    for (unsigned i = 0; i < m->format_count; i++)
        rtc_write_text(w, " %u", m->formats[i].payload_type);
    if (m->plain_formats.len)
        put(w, " ", m->plain_formats);
    if (m->connection.family)
        rtc_addr_write_ip(&m->connection, ip);
    rtc_write_text(w, "\r\nc=IN IP%d %s\r\n", m->connection.family == 6 ? 6 : 4,
                   ip);
}

static void put_fingerprint(struct rtc_writer *w,
                            const struct rtc_sdp_fingerprint *f)
{
    static const char *const names[] = {
        [RTC_SDP_SHA256] = "sha-256",
        [RTC_SDP_SHA384] = "sha-384",
        [RTC_SDP_SHA512] = "sha-512",
    };

    rtc_write_text(w, "a=fingerprint:%s", names[f->hash]);
    for (unsigned i = 0; i < f->len; i++)
        rtc_write_text(w, "%c%02X", i ? ':' : ' ', f->digest[i]);
    rtc_write_text(w, "\r\n");
}

static void put_transport(struct rtc_writer *w, const struct rtc_sdp_media *m)
{
    static const char *const setups[] = {
        [RTC_SDP_ACTPASS] = "actpass",
        [RTC_SDP_ACTIVE] = "active",
        [RTC_SDP_PASSIVE] = "passive",
        [RTC_SDP_HOLDCONN] = "holdconn",
    };

    for (unsigned i = 0; i < m->candidate_count; i++) {
        char line[RTC_SDP_CANDIDATE_TEXT];

        if (rtc_sdp_candidate_write(&m->candidates[i], line, sizeof line) > 0)
            rtc_write_text(w, "a=%s\r\n", line);
    }
    put_line(w, "a=ice-ufrag:", m->ice_ufrag);
    put_line(w, "a=ice-pwd:", m->ice_pwd);
    put_line(w, "a=ice-options:", m->ice_options);
    for (unsigned i = 0; i < m->fingerprint_count; i++)
        put_fingerprint(w, &m->fingerprints[i]);
    if (m->setup != RTC_SDP_SETUP_NONE)
        rtc_write_text(w, "a=setup:%s\r\n", setups[m->setup]);
}

static void put_extmaps(struct rtc_writer *w, const struct rtc_sdp_media *m)
{
    for (unsigned i = 0; i < m->extmap_count; i++) {
        const struct rtc_sdp_extmap *e = &m->extmaps[i];

        rtc_write_text(w, "a=extmap:%u", e->id);
        if (e->direction != RTC_SENDRECV)
            rtc_write_text(w, "/%s", rtc_direction_name(e->direction));
        put(w, " ", e->uri);
        rtc_write_text(w, "\r\n");
    }
}

static void put_format(struct rtc_writer *w, const struct rtc_sdp_format *f)
{
    static const struct {
        enum rtc_sdp_feedback bit;
        const char *name;
    } feedback[] = {
        {RTC_SDP_REMB, "goog-remb"}, {RTC_SDP_TRANSPORT_CC, "transport-cc"},
        {RTC_SDP_FIR, "ccm fir"},    {RTC_SDP_NACK, "nack"},
        {RTC_SDP_PLI, "nack pli"},
    };

    if (f->name.len) {
        rtc_write_text(w, "a=rtpmap:%u", f->payload_type);
        put(w, " ", f->name);
        rtc_write_text(w, "/%u", f->clock_rate);
        if (f->channels > 1)
            rtc_write_text(w, "/%u", f->channels);
        rtc_write_text(w, "\r\n");
    }
    for (size_t i = 0; i < sizeof feedback / sizeof *feedback; i++)
        if (f->feedback & feedback[i].bit)
            rtc_write_text(w, "a=rtcp-fb:%u %s\r\n", f->payload_type,
                           feedback[i].name);
    if (f->fmtp.len) {
        rtc_write_text(w, "a=fmtp:%u", f->payload_type);
        put_line(w, " ", f->fmtp);
    }
}

/* `stream track` with `-` for no stream. */
static void put_msid(struct rtc_writer *w, struct rtc_text stream,
                     struct rtc_text track)
{
    put(w, "msid:", stream.len ? stream : rtc_text_of("-"));
    if (track.len)
        put(w, " ", track);
    rtc_write_text(w, "\r\n");
}

static void put_ssrcs(struct rtc_writer *w, const struct rtc_sdp_media *m)
{
    for (unsigned i = 0; i < m->pair_count; i++)
        rtc_write_text(w, "a=ssrc-group:FID %u %u\r\n", m->pairs[i].ssrc,
                       m->pairs[i].rtx_ssrc);
    for (unsigned i = 0; i < m->ssrc_count; i++) {
        const struct rtc_sdp_ssrc *s = &m->ssrcs[i];

        rtc_write_text(w, "a=ssrc:%u", s->ssrc);
        put_line(w, " cname:", s->cname);
        if (s->stream_id.len || s->track_id.len) {
            if (s->cname.len)
                rtc_write_text(w, "a=ssrc:%u", s->ssrc);
            rtc_write_text(w, " ");
            put_msid(w, s->stream_id, s->track_id);
        } else if (!s->cname.len) {
            rtc_write_text(w, "\r\n");
        }
    }
}

static void put_rids(struct rtc_writer *w, const struct rtc_sdp_media *m)
{
    for (unsigned i = 0; i < m->rid_count; i++) {
        put(w, "a=rid:", m->rids[i].id);
        rtc_write_text(w, m->rids[i].send ? " send" : " recv");
        if (m->rids[i].restrictions.len)
            put(w, " ", m->rids[i].restrictions);
        rtc_write_text(w, "\r\n");
    }
    if (m->simulcast_send.len || m->simulcast_recv.len) {
        rtc_write_text(w, "a=simulcast:");
        if (m->simulcast_send.len)
            put(w, "send ", m->simulcast_send);
        if (m->simulcast_recv.len)
            put(w, m->simulcast_send.len ? " recv " : "recv ",
                m->simulcast_recv);
        rtc_write_text(w, "\r\n");
    }
}

static void put_sctp(struct rtc_writer *w, const struct rtc_sdp_media *m)
{
    if (m->sctp_port && m->protocol == RTC_SDP_SCTP_OLD)
        rtc_write_text(w, "a=sctpmap:%u webrtc-datachannel 65535\r\n",
                       m->sctp_port);
    else if (m->sctp_port)
        rtc_write_text(w, "a=sctp-port:%u\r\n", m->sctp_port);
    if (m->has_max_message_size)
        rtc_write_text(w, "a=max-message-size:%llu\r\n",
                       (unsigned long long)m->max_message_size);
}

static void put_media(struct rtc_writer *w, const struct rtc_sdp *sdp,
                      const struct rtc_sdp_media *m)
{
    put_media_line(w, m);
    put_line(w, "a=mid:", m->mid);
    put_transport(w, m);
    put_flag(w, m->bundle_only, "a=bundle-only");
    put_flag(w, m->extmap_allow_mixed && !sdp->extmap_allow_mixed,
             "a=extmap-allow-mixed");
    put_extmaps(w, m);
    /* Data channels have no direction (RFC 8841); what others write there is
     * kept. */
    if (m->protocol == RTC_SDP_RTP || m->direction != RTC_SENDRECV)
        rtc_write_text(w, "a=%s\r\n", rtc_direction_name(m->direction));
    if (m->has_msid) {
        rtc_write_text(w, "a=");
        put_msid(w, m->stream_id, m->track_id);
    }
    put_flag(w, m->rtcp_mux, "a=rtcp-mux");
    put_flag(w, m->rtcp_mux_only, "a=rtcp-mux-only");
    put_flag(w, m->rtcp_rsize, "a=rtcp-rsize");
    for (unsigned i = 0; i < m->format_count; i++)
        put_format(w, &m->formats[i]);
    if (m->ptime_ms)
        rtc_write_text(w, "a=ptime:%u\r\n", m->ptime_ms);
    if (m->maxptime_ms)
        rtc_write_text(w, "a=maxptime:%u\r\n", m->maxptime_ms);
    put_ssrcs(w, m);
    put_rids(w, m);
    put_sctp(w, m);
    /* Last, so that who reads a description from a pipe that stays open can
     * tell that it is whole. */
    put_flag(w, m->end_of_candidates, "a=end-of-candidates");
}

int rtc_sdp_write(const struct rtc_sdp *sdp, char *buf, size_t cap)
{
    struct rtc_writer w;

    rtc_writer_init(&w, buf, cap);
    put_session(&w, sdp);
    for (unsigned i = 0; i < sdp->media_count; i++)
        put_media(&w, sdp, &sdp->media[i]);
    return w.failed ? RTC_ERR_NOBUF : (int)w.len;
}
