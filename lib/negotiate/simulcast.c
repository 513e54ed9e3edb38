/* SPDX-License-Identifier: MIT
 *
 * Simulcast in offers and answers (RFC 8853 5.2, 5.3). A list is streams with
 * `;` between, each of alternatives with `,` between, of which one is used; a
 * `~` in front says that it begins paused. What a list names must have an a=rid
 * line (RFC 8851). Of its restrictions only the payload types mean something to
 * one who does not encode; the others are repeated as they are (6.3).
 */
#include "negotiate/simulcast.h"

#include <string.h>

#include "base/bytes.h"

/* ---- reading ------------------------------------------------------------ */

/* RFC 8851 10: letters, digits, `-` and `_`. */
static bool is_name(struct rtc_text id)
{
    for (size_t i = 0; i < id.len; i++) {
        char c = id.at[i];

        if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
              (c >= 'a' && c <= 'z') || c == '-' || c == '_'))
            return false;
    }
    return id.len > 0 && id.len <= RTC_RID_MAX;
}

/* The a=rid line of that name, whatever its direction, or NULL. */
static const struct rtc_sdp_rid *find_rid(const struct rtc_sdp_media *media,
                                          struct rtc_text id)
{
    for (unsigned i = 0; i < media->rid_count; i++)
        if (rtc_sdp_same(media->rids[i].id, id))
            return &media->rids[i];
    return NULL;
}

/* Takes `~` off. */
static bool take_paused(struct rtc_text *id)
{
    bool paused = rtc_text_starts(*id, "~");

    id->at += paused;
    id->len -= paused;
    return paused;
}

/* The value of `pt=`; false: every payload type will do. */
static bool find_types(struct rtc_text restrictions, struct rtc_text *ret_types)
{
    struct rtc_text item;

    while (rtc_text_split(&restrictions, ';', &item)) {
        item = rtc_text_trim(item);
        if (!rtc_text_starts(item, "pt="))
            continue;
        *ret_types = (struct rtc_text){item.at + 3, item.len - 3};
        return true;
    }
    return false;
}

/* Bits of the payload types a rid may use. */
static void read_types(struct rtc_text restrictions, uint64_t ret_types[2])
{
    struct rtc_text types, word;
    uint32_t number;

    ret_types[0] = ret_types[1] = UINT64_MAX;
    if (!find_types(restrictions, &types))
        return;
    ret_types[0] = ret_types[1] = 0;
    while (rtc_text_split(&types, ',', &word))
        if (rtc_text_u32(rtc_text_trim(word), 127, &number))
            ret_types[number / 64] |= UINT64_C(1) << number % 64;
}

bool rtc_simulcast_may_use(const struct rtc_negotiate_layer *layer,
                           uint8_t payload_type)
{
    return layer->payload_types[payload_type / 64 & 1] >> payload_type % 64 & 1;
}

/* Whether the section has a format that the rid may use. */
static bool has_format(const struct rtc_sdp_media *media,
                       const struct rtc_negotiate_layer *layer)
{
    for (unsigned i = 0; i < media->format_count; i++)
        if (rtc_simulcast_may_use(layer, media->formats[i].payload_type))
            return true;
    return false;
}

/* What walks through a list. */
struct walk {
    struct rtc_text list;              /* what is left of it */
    const struct rtc_sdp_media *media; /* has its a=rid lines */
    const struct rtc_sdp_media *formats;
    bool send;
    /* Which alternatives will do, beside those of good form; NULL: all. */
    bool (*takes)(const void *user, struct rtc_text id);
    const void *user;
};

static bool is_usable(const struct walk *walk, struct rtc_text id,
                      struct rtc_negotiate_layer *ret_layer)
{
    const struct rtc_sdp_rid *rid = find_rid(walk->media, id);

    if (!rid || rid->send != walk->send || !is_name(id) ||
        (walk->takes && !walk->takes(walk->user, id)))
        return false;
    read_types(rid->restrictions, ret_layer->payload_types);
    (void)rtc_text_copy(id, ret_layer->rid, sizeof ret_layer->rid);
    return has_format(walk->formats, ret_layer);
}

/* The next stream of the list that can be: its first usable alternative. */
static bool next_stream(struct walk *walk,
                        struct rtc_negotiate_layer *ret_layer)
{
    struct rtc_text stream, id;

    while (rtc_text_split(&walk->list, ';', &stream))
        while (rtc_text_split(&stream, ',', &id)) {
            id = rtc_text_trim(id);
            ret_layer->paused = take_paused(&id);
            if (is_usable(walk, id, ret_layer))
                return true;
        }
    return false;
}

/* Whether `list` names the rid at all. */
static bool is_listed(struct rtc_text list, struct rtc_text rid,
                      bool *ret_paused)
{
    struct rtc_text stream, id;

    while (rtc_text_split(&list, ';', &stream))
        while (rtc_text_split(&stream, ',', &id)) {
            bool paused;

            id = rtc_text_trim(id);
            paused = take_paused(&id);
            if (rtc_sdp_same(id, rid)) {
                *ret_paused = paused;
                return true;
            }
        }
    return false;
}

/* ---- writing ------------------------------------------------------------ */

/* Writes ";~name" behind what the list has already. */
static void put_name(struct rtc_writer *w, const char *rid, bool paused)
{
    rtc_write_text(w, "%s%s%s", w->len ? ";" : "", paused ? "~" : "", rid);
}

/* The restrictions with only those payload types that `media` has. */
static struct rtc_text copy_restrictions(struct rtc_sdp *sdp,
                                         const struct rtc_sdp_media *media,
                                         struct rtc_text theirs)
{
    struct rtc_text types, item, word;
    char buf[256];
    struct rtc_writer w;
    uint32_t number;

    if (!find_types(theirs, &types))
        return rtc_sdp_copy(sdp, theirs);
    rtc_writer_init(&w, (uint8_t *)buf, sizeof buf);
    while (rtc_text_split(&types, ',', &word))
        if (rtc_text_u32(rtc_text_trim(word), 127, &number) &&
            rtc_sdp_find_format(media, number))
            rtc_write_text(&w, "%s%u", w.len ? "," : "pt=", number);
    while (rtc_text_split(&theirs, ';', &item))
        if (item.len && !rtc_text_starts(rtc_text_trim(item), "pt=")) {
            rtc_write_text(&w, ";");
            rtc_write_bytes(&w, item.at, item.len);
        }
    return w.failed ? (struct rtc_text){"", 0}
                    : rtc_sdp_copy(sdp, (struct rtc_text){buf, w.len});
}

static void add_rid(struct rtc_sdp *sdp, struct rtc_sdp_media *media,
                    const char *id, struct rtc_text restrictions, bool send)
{
    struct rtc_sdp_rid *rid = rtc_sdp_add_rid(sdp, media);

    if (rid)
        *rid = (struct rtc_sdp_rid){rtc_sdp_copy(sdp, rtc_text_of(id)),
                                    restrictions, send};
}

#define LIST_MAX (RTC_LAYER_MOST * (RTC_RID_MAX + 2))

/* ---- an offer ----------------------------------------------------------- */

static void keep_received(struct rtc_sdp *sdp, struct rtc_sdp_media *media,
                          const struct rtc_sdp_media *before)
{
    for (unsigned i = 0; i < before->rid_count; i++) {
        struct rtc_sdp_rid *rid =
            before->rids[i].send ? NULL : rtc_sdp_add_rid(sdp, media);

        if (rid)
            *rid = (struct rtc_sdp_rid){
                rtc_sdp_copy(sdp, before->rids[i].id),
                copy_restrictions(sdp, media, before->rids[i].restrictions),
                false};
    }
    media->simulcast_recv = rtc_sdp_copy(sdp, before->simulcast_recv);
}

void rtc_simulcast_offer(struct rtc_sdp *sdp, struct rtc_sdp_media *media,
                         const struct rtc_negotiate_track *track,
                         const struct rtc_sdp_media *before)
{
    char list[LIST_MAX];
    struct rtc_writer w;

    rtc_writer_init(&w, (uint8_t *)list, sizeof list);
    if (before && (media->direction & RTC_RECVONLY))
        keep_received(sdp, media, before);
    for (unsigned i = 0;
         (media->direction & RTC_SENDONLY) && i < track->rid_count; i++) {
        /* RFC 8851 4: a name means one thing, whichever its direction. */
        if (find_rid(media, rtc_text_of(track->rids[i])))
            continue;
        add_rid(sdp, media, track->rids[i], (struct rtc_text){"", 0}, true);
        put_name(&w, track->rids[i], false);
    }
    media->simulcast_send = rtc_sdp_copy(sdp, (struct rtc_text){list, w.len});
}

/* ---- an answer ---------------------------------------------------------- */

static bool has_rid(const void *user, struct rtc_text id)
{
    const struct rtc_negotiate_track *track = user;

    for (unsigned i = 0; i < track->rid_count; i++)
        if (rtc_text_is(id, track->rids[i]))
            return true;
    return false;
}

/* Answers up to `most` streams of a list that the offer has. */
static struct rtc_text answer_list(struct rtc_sdp *sdp,
                                   struct rtc_sdp_media *media,
                                   struct walk *walk, unsigned most)
{
    struct rtc_negotiate_layer layer;
    char list[LIST_MAX];
    struct rtc_writer w;

    rtc_writer_init(&w, (uint8_t *)list, sizeof list);
    while (most > 0 && next_stream(walk, &layer)) {
        struct rtc_text id = rtc_text_of(layer.rid);

        if (find_rid(media, id))
            continue; /* named twice */
        add_rid(sdp, media, layer.rid,
                copy_restrictions(sdp, media,
                                  find_rid(walk->media, id)->restrictions),
                !walk->send);
        put_name(&w, layer.rid, layer.paused);
        most--;
    }
    return rtc_sdp_copy(sdp, (struct rtc_text){list, w.len});
}

/* The offer's names are used; they are the track's if any of them is, else they
 * stand for its layers one by one. */
static void answer_wanted(struct rtc_sdp *sdp, struct rtc_sdp_media *media,
                          const struct rtc_sdp_media *offered,
                          const struct rtc_negotiate_track *track)
{
    struct rtc_negotiate_layer layer;
    struct walk walk = {.list = offered->simulcast_recv,
                        .media = offered,
                        .formats = media,
                        .takes = has_rid,
                        .user = track};
    struct walk probe = walk;

    if (!next_stream(&probe, &layer))
        walk.takes = NULL;
    media->simulcast_send = answer_list(sdp, media, &walk, track->rid_count);
}

/* Packets cannot tell of which layer they are without it. */
static bool has_rid_extension(const struct rtc_sdp_media *media)
{
    for (unsigned i = 0; i < media->extmap_count; i++)
        if (rtc_extension_by_uri(media->extmaps[i].uri) == RTC_EXTENSION_RID)
            return true;
    return false;
}

void rtc_simulcast_answer(struct rtc_sdp *sdp, struct rtc_sdp_media *media,
                          const struct rtc_sdp_media *offered,
                          const struct rtc_negotiate_track *track)
{
    struct walk walk = {.list = offered->simulcast_send,
                        .media = offered,
                        .formats = media,
                        .send = true};

    if (track->kind != RTC_VIDEO || !has_rid_extension(offered))
        return;
    if (media->direction & RTC_RECVONLY)
        media->simulcast_recv = answer_list(sdp, media, &walk, RTC_LAYER_MOST);
    if ((media->direction & RTC_SENDONLY) && track->rid_count)
        answer_wanted(sdp, media, offered, track);
}

/* ---- what is agreed ----------------------------------------------------- */

static bool is_sent(const void *user, struct rtc_text id)
{
    const struct rtc_sdp_media *sender = user;
    const struct rtc_sdp_rid *rid = find_rid(sender, id);
    bool paused;

    return rid && rid->send && is_listed(sender->simulcast_send, id, &paused);
}

static bool is_known(const struct rtc_negotiate_layer *layers, unsigned count,
                     const char *rid)
{
    for (unsigned i = 0; i < count; i++)
        if (!strcmp(layers[i].rid, rid))
            return true;
    return false;
}

unsigned
rtc_simulcast_agree(const struct rtc_sdp_media *sender,
                    const struct rtc_sdp_media *receiver,
                    struct rtc_negotiate_layer ret_layers[RTC_LAYER_MOST])
{
    struct walk walk = {.list = receiver->simulcast_recv,
                        .media = receiver,
                        .formats = receiver,
                        .takes = is_sent,
                        .user = sender};
    struct rtc_negotiate_layer layer;
    unsigned count = 0;

    while (count < RTC_LAYER_MOST && next_stream(&walk, &layer)) {
        bool paused = false;

        if (is_known(ret_layers, count, layer.rid))
            continue;
        (void)is_listed(sender->simulcast_send, rtc_text_of(layer.rid),
                        &paused);
        layer.paused |= paused;
        ret_layers[count++] = layer;
    }
    return count;
}
