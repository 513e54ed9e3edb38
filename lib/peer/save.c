/* SPDX-License-Identifier: MIT
 *
 * A negotiated but not yet connected peer as text, to go on in another process:
 * lines of `key values`, in the order they are read again; texts of several
 * lines follow their length. Descriptions are kept as SDP, so a loaded peer
 * comes to what they agree on the way the saved one did (apply.c).
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "base/clock.h"
#include "base/mem.h"
#include "peer/peer.h"
#include "peer/save.h"

#define VERSION 3
#define RID "rid=" /* before the names of layers, which follow the codecs */
#define PEM_MAX 16384
#define SDP_MAX 65536

/* ---- writing ------------------------------------------------------------ */

static void write_track(struct rtc_writer *w, const struct rtc_track *track)
{
    rtc_write_text(w, "track %d %d %d %d %d %" PRIu32 " %" PRIu32 " %s %s",
                   track->wish.kind, track->wish.direction, track->wish.packets,
                   track->by_remote, track->stopped || track->stop,
                   track->plain.ssrc, track->plain.rtx_ssrc,
                   track->wish.stream_id, track->wish.track_id);
    for (unsigned i = 0; i < track->wish.codec_count; i++)
        rtc_write_text(w, " %s", rtc_codec_name(track->wish.codecs[i]));
    for (unsigned i = 0; i < track->wish.layer_count; i++)
        rtc_write_text(w, " " RID "%s", track->wish.rids[i]);
    rtc_write_text(w, "\n");
}

static bool is_saved(const struct rtc_channel *channel)
{
    return channel && channel->state == RTC_CHANNEL_CONNECTING;
}

static void write_channels(struct rtc_writer *w, const struct rtc_peer *peer)
{
    unsigned count = 0;

    for (unsigned i = 0; peer->channels && i < RTC_CHANNEL_MOST; i++)
        count += is_saved(rtc_channels_at(peer->channels, i));
    rtc_write_text(w, "channels %u\n", count);
    for (unsigned i = 0; count && i < RTC_CHANNEL_MOST; i++) {
        const struct rtc_channel *c = rtc_channels_at(peer->channels, i);
        if (!is_saved(c))
            continue;
        rtc_write_text(w, "channel %d %u %u %d %u\n", c->config.unordered,
                       (unsigned)c->config.max_retransmits + 1,
                       (unsigned)c->config.max_lifetime_ms + 1,
                       c->config.negotiated, c->config.id);
        rtc_save_block(w, "label", c->label, strlen(c->label));
        rtc_save_block(w, "protocol", c->protocol, strlen(c->protocol));
    }
}

static void write_sections(struct rtc_writer *w, const char *key,
                           const int *tracks)
{
    int last = RTC_SDP_MEDIA_MOST - 1;

    while (last >= 0 && tracks[last] < 0)
        last--;
    rtc_write_text(w, "%s", key);
    for (int i = 0; i <= last; i++)
        rtc_write_text(w, " %d", tracks[i] + 1);
    rtc_write_text(w, "\n");
}

void rtc_save_block(struct rtc_writer *w, const char *key, const char *text,
                    size_t len)
{
    rtc_write_text(w, "%s %zu\n", key, len);
    rtc_write_bytes(w, text, len);
    rtc_write_text(w, "\n");
}

static void write_sdp(struct rtc_writer *w, const char *key,
                      const struct rtc_sdp *sdp)
{
    char *text = sdp ? rtc_calloc(1, SDP_MAX) : NULL;
    int len = text ? rtc_sdp_write(sdp, text, SDP_MAX) : 0;

    if (len < 0 || (sdp && !text))
        w->failed = true;
    else
        rtc_save_block(w, key, text ? text : "", (size_t)len);
    rtc_free(text);
}

static void write_identity(struct rtc_writer *w, const struct rtc_peer *peer)
{
    char pem[PEM_MAX];
    int len = rtc_identity_save(peer->identity, pem, sizeof pem);

    if (len < 0)
        w->failed = true;
    else
        rtc_save_block(w, "identity", pem, (size_t)len);
    rtc_wipe(pem, sizeof pem);
}

int rtc_peer_save(const struct rtc_peer *peer, char *buf, size_t cap,
                  rtc_usec now)
{
    const struct rtc_descriptions *d = peer ? &peer->descriptions : NULL;
    char addr[RTC_ADDR_TEXT];
    struct rtc_writer w;

    if (!peer || !buf || !cap)
        return RTC_ERR_ARG;
    if (peer->dtls_started || peer->closed ||
        d->state == RTC_SIGNALING_REMOTE_OFFER || (d->pending && d->local))
        return RTC_ERR_STATE;
    rtc_writer_init(&w, buf, cap);
    rtc_write_text(&w, "rtcpipe-peer %d\n", VERSION);
    rtc_write_text(&w, "ice %s %s %d %d\n", rtc_ice_local_ufrag(peer->ice),
                   rtc_ice_local_pwd(peer->ice), peer->config.ice_lite,
                   peer->config.ice_policy);
    rtc_write_text(&w, "rtcp %s %" PRIu32 "\n", peer->cname, peer->rtcp_ssrc);
    rtc_write_text(&w, "origin %" PRIu64 " %" PRIu64 "\n", d->session_id,
                   d->version);
    rtc_write_text(&w, "locals %u\n", peer->local_count);
    for (unsigned i = 0; i < peer->local_count; i++)
        rtc_write_text(&w, "local %s %d\n",
                       rtc_addr_write(&peer->locals[i].addr, addr),
                       peer->locals[i].transport);
    rtc_save_servers(&w, peer, now);
    rtc_write_text(&w, "tracks %u\n", peer->track_count);
    for (unsigned i = 0; i < peer->track_count; i++)
        write_track(&w, peer->tracks[i]);
    write_channels(&w, peer);
    write_identity(&w, peer);
    rtc_write_text(&w, "state %d %d\n", d->state, d->local_offered);
    write_sections(&w, "sections", d->pending ? d->pending_tracks : d->tracks);
    write_sdp(&w, "offer",
              d->pending         ? d->pending
              : d->local_offered ? d->local
                                 : d->remote);
    write_sdp(&w, "answer",
              d->pending         ? NULL
              : d->local_offered ? d->remote
                                 : d->local);
    rtc_write_u8(&w, 0);
    return w.failed ? RTC_ERR_NOBUF : (int)w.len - 1;
}

/* ---- reading ------------------------------------------------------------ */

/* Loading ends with `error`; the first one counts. */
void rtc_load_give_up(struct rtc_loader *l, int error, const char *why)
{
    if (!l->why) {
        l->why = error == RTC_ERR_NOMEM ? "out of memory" : why;
        l->error = error;
    }
    l->rest.len = l->values.len = 0;
}

void rtc_load_refuse(struct rtc_loader *l, const char *why)
{
    rtc_load_give_up(l, RTC_ERR_FORMAT, why);
}

/* Takes the next line, which begins with `key`. */
void rtc_load_line(struct rtc_loader *l, const char *key)
{
    struct rtc_text word;

    if (!rtc_text_line(&l->rest, &l->values) ||
        !rtc_text_word(&l->values, &word) || !rtc_text_is(word, key))
        rtc_load_refuse(l, "the saved peer is damaged: a line is missing");
}

uint64_t rtc_load_number(struct rtc_loader *l, uint64_t max)
{
    struct rtc_text word;
    uint64_t value = 0;

    if (!rtc_text_word(&l->values, &word) || !rtc_text_u64(word, max, &value))
        rtc_load_refuse(l, "the saved peer is damaged: a number is wrong");
    return value;
}

void rtc_load_word(struct rtc_loader *l, char *buf, size_t cap)
{
    struct rtc_text word;

    buf[0] = '\0';
    if (!rtc_text_word(&l->values, &word) || !rtc_text_copy(word, buf, cap))
        rtc_load_refuse(l, "the saved peer is damaged: a word is missing");
}

struct rtc_text rtc_load_block(struct rtc_loader *l, const char *key,
                               size_t max)
{
    struct rtc_text block;
    uint64_t len;

    rtc_load_line(l, key);
    len = rtc_load_number(l, max);
    if (l->rest.len < len + 1) {
        rtc_load_refuse(l, "the saved peer is cut short");
        len = 0;
    }
    block = (struct rtc_text){l->rest.at, (size_t)len};
    if (!l->why) {
        l->rest.at += len + 1;
        l->rest.len -= (size_t)len + 1;
    }
    return block;
}

static void take_rid(struct rtc_loader *l, struct rtc_track_config *wish,
                     struct rtc_text word)
{
    const size_t skip = sizeof RID - 1;

    if (wish->layer_count == RTC_LAYER_MOST ||
        !rtc_text_copy((struct rtc_text){word.at + skip, word.len - skip},
                       wish->rids[wish->layer_count++], RTC_RID_MAX + 1))
        rtc_load_refuse(l, "the saved peer is damaged: a rid is wrong");
}

static void take_codecs(struct rtc_loader *l, struct rtc_track_config *wish)
{
    struct rtc_text word;
    char name[32];

    while (wish->codec_count < RTC_CODEC_MOST &&
           rtc_text_word(&l->values, &word)) {
        enum rtc_codec codec = RTC_CODEC_NONE;
        if (rtc_text_starts(word, RID)) {
            take_rid(l, wish, word);
            continue;
        }
        if (rtc_text_copy(word, name, sizeof name))
            codec = rtc_codec_by_name(name);
        if (codec == RTC_CODEC_NONE)
            rtc_load_refuse(
                l, "the saved peer has a codec that is not known here");
        else
            wish->codecs[wish->codec_count++] = codec;
    }
}

static void take_track(struct rtc_loader *l, struct rtc_peer *peer)
{
    struct rtc_track_config wish = {.kind = RTC_AUDIO};
    struct rtc_track *track;
    bool by_remote, stopped;
    uint32_t ssrc, rtx_ssrc;

    rtc_load_line(l, "track");
    wish.kind = rtc_load_number(l, 1) ? RTC_VIDEO : RTC_AUDIO;
    wish.direction = (enum rtc_direction)rtc_load_number(l, RTC_SENDRECV);
    wish.packets = rtc_load_number(l, 1);
    by_remote = rtc_load_number(l, 1);
    stopped = rtc_load_number(l, 1);
    ssrc = (uint32_t)rtc_load_number(l, UINT32_MAX);
    rtx_ssrc = (uint32_t)rtc_load_number(l, UINT32_MAX);
    rtc_load_word(l, wish.stream_id, sizeof wish.stream_id);
    rtc_load_word(l, wish.track_id, sizeof wish.track_id);
    take_codecs(l, &wish);
    track = l->why ? NULL : rtc_peer_make_track(peer, &wish);
    if (!track) {
        rtc_load_give_up(l, RTC_ERR_NOMEM, NULL);
        return;
    }
    track->by_remote = by_remote;
    track->stop = stopped;
    track->plain.ssrc = ssrc;
    track->plain.rtx_ssrc = rtx_ssrc;
}

static void take_text(struct rtc_loader *l, const char *key,
                      char buf[RTC_LABEL_MAX + 1])
{
    struct rtc_text text = rtc_load_block(l, key, RTC_LABEL_MAX);

    if (!l->why)
        (void)rtc_text_copy(text, buf, RTC_LABEL_MAX + 1);
}

static void take_channels(struct rtc_loader *l, struct rtc_peer *peer,
                          rtc_usec now)
{
    uint64_t count;

    rtc_load_line(l, "channels");
    count = rtc_load_number(l, RTC_CHANNEL_MOST);
    for (uint64_t i = 0; i < count && !l->why; i++) {
        char label[RTC_LABEL_MAX + 1] = "", protocol[RTC_LABEL_MAX + 1] = "";
        struct rtc_channel_config config = {.label = label,
                                            .protocol = protocol};
        int number;
        rtc_load_line(l, "channel");
        config.unordered = rtc_load_number(l, 1);
        config.max_retransmits = (int)rtc_load_number(l, INT32_MAX) - 1;
        config.max_lifetime_ms = (int)rtc_load_number(l, INT32_MAX) - 1;
        config.negotiated = rtc_load_number(l, 1);
        config.id = (uint16_t)rtc_load_number(l, UINT16_MAX);
        take_text(l, "label", label);
        take_text(l, "protocol", protocol);
        number = l->why ? 0 : rtc_peer_add_channel(peer, &config, now);
        if (number < 0)
            rtc_load_give_up(l, number,
                             "the saved peer is damaged: a channel is wrong");
    }
}

static void take_locals(struct rtc_loader *l, struct rtc_peer *peer,
                        rtc_usec now)
{
    uint64_t count;
    int error;

    rtc_load_line(l, "locals");
    count = rtc_load_number(l, RTC_PEER_LOCAL_MOST);
    for (uint64_t i = 0; i < count && !l->why; i++) {
        enum rtc_transport transport;
        struct rtc_addr addr;
        char text[RTC_ADDR_TEXT];
        rtc_load_line(l, "local");
        rtc_load_word(l, text, sizeof text);
        transport = (enum rtc_transport)rtc_load_number(l, RTC_TCP);
        error = l->why ? 0 : rtc_addr_parse(text, &addr);
        if (!error && !l->why)
            error = rtc_peer_add_local(peer, &addr, transport, now);
        if (error)
            rtc_load_give_up(
                l, error,
                "the saved peer is damaged: a local address is wrong");
    }
}

static void take_sections(struct rtc_loader *l, struct rtc_peer *peer)
{
    struct rtc_text word;

    rtc_load_line(l, "sections");
    for (unsigned i = 0; i < RTC_SDP_MEDIA_MOST; i++) {
        uint64_t number = 0;
        if (rtc_text_word(&l->values, &word) &&
            !rtc_text_u64(word, peer->track_count, &number))
            rtc_load_refuse(l, "the saved peer is damaged: a section is wrong");
        peer->descriptions.pending_tracks[i] = (int)number - 1;
    }
}

static struct rtc_sdp *take_sdp(struct rtc_loader *l, const char *key)
{
    struct rtc_text text = rtc_load_block(l, key, SDP_MAX);
    struct rtc_sdp *sdp = NULL;
    struct rtc_sdp_error why;
    int error = 0;

    if (!l->why && text.len)
        error = rtc_sdp_parse(text.at, text.len, &sdp, &why);
    if (error)
        rtc_load_give_up(l, error,
                         "the saved peer is damaged: a description is wrong");
    return sdp;
}

static void take_descriptions(struct rtc_loader *l, struct rtc_peer *peer,
                              rtc_usec now)
{
    struct rtc_descriptions *d = &peer->descriptions;
    struct rtc_sdp *offer, *answer;
    bool local_offered;
    int error;

    rtc_load_line(l, "state");
    d->state = (enum rtc_signaling_state)rtc_load_number(l, 1);
    local_offered = rtc_load_number(l, 1);
    take_sections(l, peer);
    offer = take_sdp(l, "offer");
    answer = take_sdp(l, "answer");
    if (!l->why && d->state == RTC_SIGNALING_LOCAL_OFFER && offer && !answer) {
        d->pending = offer;
        return;
    }
    if (!l->why && d->state == RTC_SIGNALING_STABLE && offer && answer &&
        offer->media_count == answer->media_count) {
        error =
            rtc_descriptions_settle(peer, offer, answer, local_offered, now);
        if (error)
            rtc_load_give_up(l, error, "the saved descriptions do not fit");
        return;
    }
    rtc_sdp_free(offer);
    rtc_sdp_free(answer);
    if (!l->why && (offer || answer || d->state != RTC_SIGNALING_STABLE))
        rtc_load_refuse(l,
                        "the saved peer is damaged: descriptions are missing");
}

static void read_head(struct rtc_loader *l, char *ufrag, char *pwd,
                      struct rtc_config *config)
{
    if (memchr(l->rest.at, '\0', l->rest.len))
        rtc_load_refuse(l, "the saved peer is damaged: it is no text");
    rtc_load_line(l, "rtcpipe-peer");
    if (rtc_load_number(l, UINT32_MAX) != VERSION && !l->why)
        rtc_load_refuse(l, "the peer was saved by another version of rtcpipe");
    rtc_load_line(l, "ice");
    rtc_load_word(l, ufrag, RTC_UFRAG_MAX + 1);
    rtc_load_word(l, pwd, RTC_PWD_MAX + 1);
    config->ice_lite = rtc_load_number(l, 1);
    config->ice_policy = (enum rtc_ice_policy)rtc_load_number(l, 1);
    /* What the NAT address made is among the saved candidates. */
    config->nat_address4 = config->nat_address6 = (struct rtc_addr){0};
}

/* The identity stands behind what needs a peer, so it is looked up first. */
static char *find_identity(struct rtc_loader *l)
{
    static const char key[] = "\nidentity ";
    struct rtc_loader at = *l;
    char *pem = NULL;

    while (at.rest.len > sizeof key && !rtc_text_starts(at.rest, key)) {
        at.rest.at++;
        at.rest.len--;
    }
    if (at.rest.len > sizeof key) {
        struct rtc_text block;
        at.rest.at++;
        at.rest.len--;
        block = rtc_load_block(&at, "identity", PEM_MAX);
        pem = at.why ? NULL : rtc_strndup(block.at, block.len);
        if (!pem && !at.why)
            rtc_load_give_up(l, RTC_ERR_NOMEM, NULL);
    }
    if (!pem)
        rtc_load_refuse(l, "the saved peer has no identity");
    return pem;
}

static void read_body(struct rtc_loader *l, struct rtc_peer *peer,
                      rtc_usec age_us, rtc_usec now)
{
    uint64_t count;

    rtc_load_line(l, "rtcp");
    rtc_load_word(l, peer->cname, sizeof peer->cname);
    peer->rtcp_ssrc = (uint32_t)rtc_load_number(l, UINT32_MAX);
    rtc_load_line(l, "origin");
    peer->descriptions.session_id = rtc_load_number(l, UINT64_MAX);
    peer->descriptions.version = rtc_load_number(l, UINT64_MAX);
    take_locals(l, peer, now);
    rtc_load_servers(l, peer, age_us, now);
    rtc_load_line(l, "tracks");
    count = rtc_load_number(l, RTC_TRACK_MOST);
    for (uint64_t i = 0; i < count && !l->why; i++)
        take_track(l, peer);
    take_channels(l, peer, now);
    rtc_load_block(l, "identity", PEM_MAX);
    take_descriptions(l, peer, now);
}

int rtc_peer_load(struct rtc_peer **ret_peer, const struct rtc_config *config,
                  const char *text, size_t len, rtc_usec age_us,
                  const char **ret_why, rtc_usec now)
{
    struct rtc_loader l = {.rest = {text, len}};
    char ufrag[RTC_UFRAG_MAX + 1], pwd[RTC_PWD_MAX + 1], *pem = NULL;
    struct rtc_config changed;
    struct rtc_peer *peer = NULL;
    int error;

    if (!ret_peer || !config || !text)
        return RTC_ERR_ARG;
    changed = *config;
    read_head(&l, ufrag, pwd, &changed);
    if (!l.why)
        pem = find_identity(&l);
    if (pem) {
        changed.ice_ufrag = ufrag;
        changed.ice_pwd = pwd;
        changed.identity_pem = pem;
        error = rtc_peer_new(&peer, &changed);
        if (error)
            rtc_load_give_up(&l, error,
                             "the saved identity or ICE credentials are wrong");
        rtc_wipe(pem, strlen(pem));
        rtc_free(pem);
    }
    if (peer)
        read_body(&l, peer, age_us, now);
    if (l.why) {
        rtc_peer_free(peer);
        if (ret_why)
            *ret_why = l.why;
        return l.error;
    }
    rtc_peer_ask_servers(peer, now);
    *ret_peer = peer;
    return 0;
}
