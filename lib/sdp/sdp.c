/* SPDX-License-Identifier: MIT
 *
 * Making, filling and looking into a description: the store of its texts, the
 * growth of its lists up to their caps, and the few questions about a section
 * that everyone asks (RFC 9143 BUNDLE, RFC 4588 RTX).
 */
#include "sdp/sdp.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "sdp/fmtp.h"

/* A run of text storage; slices point into it, so it never moves. */
struct rtc_sdp_chunk {
    struct rtc_sdp_chunk *next;
    size_t len, cap;
    char text[];
};

#define CHUNK_SIZE 2048

struct rtc_sdp *rtc_sdp_new(void)
{
    return rtc_calloc(1, sizeof(struct rtc_sdp));
}

static void media_done(struct rtc_sdp_media *media)
{
    rtc_free(media->candidates);
    rtc_free(media->formats);
    rtc_free(media->extmaps);
    rtc_free(media->ssrcs);
    rtc_free(media->pairs);
    rtc_free(media->rids);
}

void rtc_sdp_free(struct rtc_sdp *sdp)
{
    if (!sdp)
        return;
    for (unsigned i = 0; i < sdp->media_count; i++)
        media_done(&sdp->media[i]);
    rtc_free(sdp->media);
    media_done(&sdp->session);
    for (struct rtc_sdp_chunk *chunk = sdp->chunks; chunk;) {
        struct rtc_sdp_chunk *next = chunk->next;

        rtc_free(chunk);
        chunk = next;
    }
    rtc_free(sdp);
}

/* Room for `len` bytes, or NULL. */
static char *store(struct rtc_sdp *sdp, size_t len)
{
    struct rtc_sdp_chunk *chunk = sdp->chunks;

    if (!chunk || chunk->cap - chunk->len < len) {
        size_t cap = len > CHUNK_SIZE ? len : CHUNK_SIZE;

        chunk = rtc_calloc(1, sizeof *chunk + cap);
        if (!chunk) {
            sdp->failed = true;
            return NULL;
        }
        chunk->cap = cap;
        chunk->next = sdp->chunks;
        sdp->chunks = chunk;
    }
    chunk->len += len;
    return chunk->text + chunk->len - len;
}

struct rtc_text rtc_sdp_copy(struct rtc_sdp *sdp, struct rtc_text text)
{
    char *copy = text.len ? store(sdp, text.len) : NULL;

    if (!copy)
        return (struct rtc_text){"", 0};
    memcpy(copy, text.at, text.len);
    return (struct rtc_text){copy, text.len};
}

struct rtc_text rtc_sdp_print(struct rtc_sdp *sdp, const char *format, ...)
{
    char line[512];
    va_list args;
    int len;

    va_start(args, format);
    len = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (len < 0 || (size_t)len >= sizeof line) {
        sdp->failed = true;
        len = 0;
    }
    return rtc_sdp_copy(sdp, (struct rtc_text){line, (size_t)len});
}

/* `list` with a zeroed entry more, perhaps moved; NULL at the cap or without
 * memory. A list has room for the next power of two of its count, so that it
 * needs no field for its capacity. */
static void *extend(struct rtc_sdp *sdp, void *list, unsigned *count,
                    unsigned most, size_t size)
{
    unsigned n = *count;

    if (n >= most)
        return NULL;
    if ((n & (n - 1)) == 0) {
        list = rtc_realloc(list, size * (n ? n * 2 : 1));
        if (!list) {
            sdp->failed = true;
            return NULL;
        }
    }
    memset((char *)list + n * size, 0, size);
    *count = n + 1;
    return list;
}

struct rtc_sdp_media *rtc_sdp_add_media(struct rtc_sdp *sdp)
{
    struct rtc_sdp_media *list = extend(sdp, sdp->media, &sdp->media_count,
                                        RTC_SDP_MEDIA_MOST, sizeof *list);

    if (!list)
        return NULL;
    sdp->media = list;
    return &list[sdp->media_count - 1];
}

struct rtc_sdp_format *rtc_sdp_add_format(struct rtc_sdp *sdp,
                                          struct rtc_sdp_media *media)
{
    struct rtc_sdp_format *list =
        extend(sdp, media->formats, &media->format_count, RTC_SDP_FORMAT_MOST,
               sizeof *list);

    if (!list)
        return NULL;
    media->formats = list;
    return &list[media->format_count - 1];
}

struct rtc_sdp_extmap *rtc_sdp_add_extmap(struct rtc_sdp *sdp,
                                          struct rtc_sdp_media *media)
{
    struct rtc_sdp_extmap *list =
        extend(sdp, media->extmaps, &media->extmap_count, RTC_SDP_EXTMAP_MOST,
               sizeof *list);

    if (!list)
        return NULL;
    media->extmaps = list;
    return &list[media->extmap_count - 1];
}

struct rtc_sdp_ssrc *rtc_sdp_add_ssrc(struct rtc_sdp *sdp,
                                      struct rtc_sdp_media *media)
{
    struct rtc_sdp_ssrc *list = extend(sdp, media->ssrcs, &media->ssrc_count,
                                       RTC_SDP_SSRC_MOST, sizeof *list);

    if (!list)
        return NULL;
    media->ssrcs = list;
    return &list[media->ssrc_count - 1];
}

struct rtc_sdp_pair *rtc_sdp_add_pair(struct rtc_sdp *sdp,
                                      struct rtc_sdp_media *media)
{
    struct rtc_sdp_pair *list = extend(sdp, media->pairs, &media->pair_count,
                                       RTC_SDP_PAIR_MOST, sizeof *list);

    if (!list)
        return NULL;
    media->pairs = list;
    return &list[media->pair_count - 1];
}

struct rtc_sdp_rid *rtc_sdp_add_rid(struct rtc_sdp *sdp,
                                    struct rtc_sdp_media *media)
{
    struct rtc_sdp_rid *list = extend(sdp, media->rids, &media->rid_count,
                                      RTC_SDP_RID_MOST, sizeof *list);

    if (!list)
        return NULL;
    media->rids = list;
    return &list[media->rid_count - 1];
}

struct rtc_candidate *rtc_sdp_add_candidate(struct rtc_sdp *sdp,
                                            struct rtc_sdp_media *media)
{
    struct rtc_candidate *list =
        extend(sdp, media->candidates, &media->candidate_count,
               RTC_SDP_CANDIDATE_MOST, sizeof *list);

    if (!list)
        return NULL;
    media->candidates = list;
    return &list[media->candidate_count - 1];
}

bool rtc_sdp_same(struct rtc_text a, struct rtc_text b)
{
    return a.len == b.len && (!a.len || memcmp(a.at, b.at, a.len) == 0);
}

int rtc_sdp_find_mid(const struct rtc_sdp *sdp, struct rtc_text mid)
{
    for (unsigned i = 0; i < sdp->media_count; i++)
        if (mid.len && rtc_sdp_same(sdp->media[i].mid, mid))
            return (int)i;
    return -1;
}

bool rtc_sdp_is_bundled(const struct rtc_sdp *sdp,
                        const struct rtc_sdp_media *media)
{
    for (unsigned i = 0; i < sdp->bundle_count; i++)
        if (media->mid.len && rtc_sdp_same(sdp->bundle[i], media->mid))
            return true;
    return false;
}

bool rtc_sdp_is_rejected(const struct rtc_sdp *sdp,
                         const struct rtc_sdp_media *media)
{
    return media->port == 0 && !media->bundle_only &&
           !rtc_sdp_is_bundled(sdp, media);
}

const struct rtc_sdp_format *
rtc_sdp_find_format(const struct rtc_sdp_media *media, unsigned payload_type)
{
    for (unsigned i = 0; i < media->format_count; i++)
        if (media->formats[i].payload_type == payload_type)
            return &media->formats[i];
    return NULL;
}

const struct rtc_sdp_format *rtc_sdp_find_rtx(const struct rtc_sdp_media *media,
                                              unsigned payload_type)
{
    for (unsigned i = 0; i < media->format_count; i++) {
        const struct rtc_sdp_format *format = &media->formats[i];

        if (rtc_text_is_nocase(format->name, "rtx") &&
            rtc_fmtp_u32(format->fmtp, "apt", UINT32_MAX) == payload_type)
            return format;
    }
    return NULL;
}

const struct rtc_sdp_format *rtc_sdp_find_red(const struct rtc_sdp_media *media,
                                              unsigned payload_type)
{
    for (unsigned i = 0; i < media->format_count; i++) {
        const struct rtc_sdp_format *format = &media->formats[i];
        struct rtc_text list = format->fmtp, first;
        uint32_t number;

        if (rtc_text_is_nocase(format->name, "red") &&
            rtc_text_split(&list, '/', &first) &&
            rtc_text_u32(first, 127, &number) && number == payload_type)
            return format;
    }
    return NULL;
}
