/* SPDX-License-Identifier: MIT
 *
 * VP8: behind the frame. Its last partition reaches to the end of the data (RFC
 * 6386 9.5), and a decoder takes from it as much as the picture needs. It reads
 * a few bytes ahead: zeros are what it would think of behind the end.
 */
#include <string.h>

#include "cmd/probe/mark_codec.h"

enum { ZEROS = 4, TAG_LEN = 3 };

static int write(const uint8_t *frame, size_t len,
                 const struct probe_mark *mark, size_t least,
                 struct rtc_writer *w)
{
    uint8_t text[MARK_TEXT_LEN];
    struct mark_digest digest;

    if (len < TAG_LEN)
        return RTC_ERR_FORMAT;
    rtc_write_bytes(w, frame, len);
    rtc_write_zeros(w, ZEROS);
    rtc_write_zeros(w, mark_missing(len + ZEROS + MARK_TEXT_LEN, least));
    if (w->failed)
        return RTC_ERR_NOBUF;
    mark_digest_init(&digest);
    mark_digest_add(&digest, w->data, w->len);
    mark_text_write(text, mark, &digest);
    rtc_write_bytes(w, text, sizeof text);
    return 0;
}

static bool find(const uint8_t *frame, size_t len, struct mark_found *ret_found)
{
    size_t rest = len >= MARK_TEXT_LEN ? len - MARK_TEXT_LEN : 0;

    if (!mark_text_is(frame + rest, len - rest))
        return false;
    ret_found->text = frame + rest;
    mark_digest_init(&ret_found->digest);
    mark_digest_add(&ret_found->digest, frame, rest);
    ret_found->filled = true; /* The digest is of that, too. */
    return true;
}

const struct mark_codec mark_vp8 = {RTC_CODEC_VP8, write, find};
