/* SPDX-License-Identifier: MIT
 *
 * struct rtc_sdp, member by member. What stood at session level is in each
 * section, as the library takes it. Empty texts and lists are left out.
 */
#include <stdio.h>
#include <string.h>

#include "cmd/cli.h"
#include "cmd/json_of.h"
#include "cmd/probe/sdp.h"

/* ---- small things -------------------------------------------------------- */

/* Bytes that are not UTF-8 become `?`. */
static json_t *of_text(struct rtc_text text)
{
    json_t *value = json_stringn(text.at, text.len);
    char *copy;

    if (value)
        return value;
    copy = calloc(1, text.len + 1);
    if (!copy)
        return NULL;
    for (size_t i = 0; i < text.len; i++)
        copy[i] = text.at[i] & 0x80 ? '?' : text.at[i];
    value = json_stringn(copy, text.len);
    free(copy);
    return value;
}

static void add_text(json_t *object, const char *name, struct rtc_text text)
{
    if (text.len > 0)
        json_of_member(object, name, of_text(text));
}

static void add_number(json_t *object, const char *name, uint64_t value)
{
    if (value > 0)
        json_of_member(object, name, json_integer((json_int_t)value));
}

static void add_flag(json_t *object, const char *name, bool value)
{
    if (value)
        json_of_member(object, name, json_true());
}

static void add_list(json_t *object, const char *name, json_t *list)
{
    if (json_array_size(list) > 0)
        json_of_member(object, name, list);
    else
        json_decref(list);
}

/* ---- lists of a section -------------------------------------------------- */

static json_t *of_format(const struct rtc_sdp_format *format)
{
    static const struct {
        unsigned bit;
        const char *name;
    } kinds[] = {{RTC_SDP_NACK, "nack"},
                 {RTC_SDP_PLI, "nack pli"},
                 {RTC_SDP_FIR, "ccm fir"},
                 {RTC_SDP_TRANSPORT_CC, "transport-cc"},
                 {RTC_SDP_REMB, "goog-remb"}};
    json_t *object = json_object(), *feedback = json_array();

    json_of_member(object, "payloadType", json_integer(format->payload_type));
    json_of_member(object, "codec",
                   format->name.len ? of_text(format->name) : json_null());
    add_number(object, "clockRate", format->clock_rate);
    json_of_member(object, "channels", json_integer(format->channels));
    add_text(object, "fmtp", format->fmtp);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (format->feedback & kinds[i].bit)
            json_array_append_new(feedback, json_string(kinds[i].name));
    add_list(object, "feedback", feedback);
    return object;
}

static json_t *of_ssrc(const struct rtc_sdp_ssrc *ssrc)
{
    json_t *object = json_object();

    json_of_member(object, "ssrc", json_integer(ssrc->ssrc));
    add_text(object, "cname", ssrc->cname);
    add_text(object, "streamId", ssrc->stream_id);
    add_text(object, "trackId", ssrc->track_id);
    return object;
}

static json_t *of_rid(const struct rtc_sdp_rid *rid)
{
    json_t *object = json_object();

    json_of_member(object, "rid", of_text(rid->id));
    json_of_member(object, "direction",
                   json_string(rid->send ? "send" : "recv"));
    add_text(object, "restrictions", rid->restrictions);
    return object;
}

static json_t *of_extmap(const struct rtc_sdp_extmap *extmap)
{
    json_t *object = json_object();

    json_of_member(object, "id", json_integer(extmap->id));
    json_of_member(object, "uri", of_text(extmap->uri));
    json_of_member(object, "direction",
                   json_string(rtc_direction_name(extmap->direction)));
    return object;
}

static json_t *of_fingerprint(const struct rtc_sdp_fingerprint *fingerprint)
{
    static const char *const names[] = {"sha-256", "sha-384", "sha-512"};
    char text[3 * RTC_SDP_DIGEST_MAX + 1] = "";

    for (unsigned i = 0; i < fingerprint->len; i++)
        snprintf(text + 3 * i, 4, "%02X:", fingerprint->digest[i]);
    if (fingerprint->len > 0)
        text[3 * fingerprint->len - 1] = '\0';
    return json_pack("{s:s, s:s}", "algorithm", names[fingerprint->hash],
                     "value", text);
}

static json_t *of_candidate(const struct rtc_candidate *candidate)
{
    static const char *const tcptypes[] = {NULL, "active", "passive", "so"};
    json_t *object = json_of_candidate(candidate);

    json_of_member(object, "component", json_integer(candidate->component));
    if (!candidate->addr.family)
        json_of_member(object, "address", json_of_text(candidate->host));
    if (candidate->tcptype)
        json_of_member(object, "tcpType",
                       json_string(tcptypes[candidate->tcptype]));
    return object;
}

#define LIST_OF(object, name, of, list, count)                                 \
    do {                                                                       \
        json_t *array_ = json_array();                                         \
                                                                               \
        for (unsigned i_ = 0; i_ < (count); i_++)                              \
            json_array_append_new(array_, of(&(list)[i_]));                    \
        add_list(object, name, array_);                                        \
    } while (0)

static json_t *of_pair(const struct rtc_sdp_pair *pair)
{
    return json_pack("{s:I, s:I}", "ssrc", (json_int_t)pair->ssrc, "rtxSsrc",
                     (json_int_t)pair->rtx_ssrc);
}

/* ---- the sections -------------------------------------------------------- */

static void add_transport(json_t *object, const struct rtc_sdp_media *media)
{
    static const char *const setups[] = {NULL, "actpass", "active", "passive",
                                         "holdconn"};

    json_of_member(object, "connection", json_of_address(&media->connection));
    add_text(object, "iceUfrag", media->ice_ufrag);
    add_text(object, "icePwd", media->ice_pwd);
    add_text(object, "iceOptions", media->ice_options);
    if (media->setup)
        json_of_member(object, "setup", json_string(setups[media->setup]));
    LIST_OF(object, "fingerprints", of_fingerprint, media->fingerprints,
            media->fingerprint_count);
    LIST_OF(object, "candidates", of_candidate, media->candidates,
            media->candidate_count);
    add_flag(object, "endOfCandidates", media->end_of_candidates);
    add_flag(object, "rtcpMux", media->rtcp_mux);
    add_flag(object, "rtcpMuxOnly", media->rtcp_mux_only);
    add_flag(object, "rtcpRsize", media->rtcp_rsize);
}

static void add_streams(json_t *object, const struct rtc_sdp_media *media)
{
    LIST_OF(object, "formats", of_format, media->formats, media->format_count);
    add_text(object, "plainFormats", media->plain_formats);
    LIST_OF(object, "headerExtensions", of_extmap, media->extmaps,
            media->extmap_count);
    add_flag(object, "extmapAllowMixed", media->extmap_allow_mixed);
    if (media->has_msid) {
        json_of_member(object, "streamId", of_text(media->stream_id));
        json_of_member(object, "trackId", of_text(media->track_id));
    }
    LIST_OF(object, "ssrcs", of_ssrc, media->ssrcs, media->ssrc_count);
    LIST_OF(object, "rtxPairs", of_pair, media->pairs, media->pair_count);
    LIST_OF(object, "rids", of_rid, media->rids, media->rid_count);
    add_text(object, "simulcastSend", media->simulcast_send);
    add_text(object, "simulcastRecv", media->simulcast_recv);
    add_number(object, "ptime", media->ptime_ms);
    add_number(object, "maxptime", media->maxptime_ms);
    add_number(object, "sctpPort", media->sctp_port);
    if (media->has_max_message_size)
        json_of_member(object, "maxMessageSize",
                       json_integer((json_int_t)media->max_message_size));
}

static json_t *of_media(const struct rtc_sdp_media *media)
{
    json_t *object = json_object();

    json_of_member(object, "mid",
                   media->mid.len ? of_text(media->mid) : json_null());
    json_of_member(object, "kind", of_text(media->kind_name));
    json_of_member(object, "port", json_integer(media->port));
    json_of_member(object, "protocol", of_text(media->protocol_name));
    json_of_member(object, "direction",
                   json_string(rtc_direction_name(media->direction)));
    add_flag(object, "bundleOnly", media->bundle_only);
    add_transport(object, media);
    add_streams(object, media);
    return object;
}

/* ---- what the struct does not have --------------------------------------- */

/* What stands behind a candidate goes to it. False: it is none of the list. */
static bool add_extensions(json_t *candidates, size_t *count,
                           struct rtc_text line)
{
    struct rtc_candidate candidate;
    struct rtc_text value = line, name;
    json_t *object;

    if (rtc_candidate_parse(line.at + 2, line.len - 2, &candidate))
        return false;
    object = json_array_get(candidates, (*count)++);
    (void)rtc_text_split(&value, ':', &name);
    if (object)
        add_text(object, "extensions", probe_sdp_extensions(value));
    return object;
}

/* To where they belong: the session, or a section. */
static void add_other_lines(const struct rtc_sdp *sdp, json_t *session,
                            json_t *sections, struct rtc_text rest)
{
    const struct rtc_sdp_media *media = &sdp->session;
    json_t *lines = json_array(), *owner = session;
    size_t section = 0, candidates = 0;
    struct rtc_text line;

    while (rtc_text_line(&rest, &line)) {
        if (rtc_text_starts(line, "m=")) {
            add_list(owner, "otherLines", lines);
            media = &sdp->media[section];
            owner = json_array_get(sections, section++);
            lines = json_array();
            candidates = 0;
        }
        if (rtc_text_starts(line, "a=candidate:")
                ? !add_extensions(json_object_get(owner, "candidates"),
                                  &candidates, line)
                : !probe_sdp_is_said(sdp, media, line))
            json_array_append_new(lines, of_text(line));
        if (rtc_text_starts(line, "o="))
            add_text(
                session, "origin",
                rtc_text_trim((struct rtc_text){line.at + 2, line.len - 2}));
    }
    add_list(owner, "otherLines", lines);
}

char *probe_sdp_json(const struct rtc_sdp *sdp, const char *text, size_t len)
{
    json_t *object = json_object(), *sections = json_array();
    json_t *bundle = json_array();
    char *result;

    json_of_member(object, "username", of_text(sdp->username));
    json_of_member(object, "sessionId", of_text(sdp->session_id));
    json_of_member(object, "sessionVersion",
                   json_integer((json_int_t)sdp->version));
    for (unsigned i = 0; i < sdp->bundle_count; i++)
        json_array_append_new(bundle, of_text(sdp->bundle[i]));
    add_list(object, "bundle", bundle);
    add_flag(object, "iceLite", sdp->ice_lite);
    add_flag(object, "extmapAllowMixed", sdp->extmap_allow_mixed);
    add_text(object, "msidSemantic", sdp->msid_semantic);
    for (unsigned i = 0; i < sdp->media_count; i++)
        json_array_append_new(sections, of_media(&sdp->media[i]));
    add_other_lines(sdp, object, sections, (struct rtc_text){text, len});
    json_of_member(object, "media", sections);
    result = json_dumps(object, JSON_COMPACT);
    json_decref(object);
    if (!result)
        die(RTC_EXIT_INTERNAL, "out of memory");
    return result;
}
