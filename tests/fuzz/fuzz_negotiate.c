/* SPDX-License-Identifier: MIT
 * Any bytes as a remote offer: what we answer must fit it, be agreeable and
 * survive being written; then as a remote answer to an offer of ours, and as
 * the next offer after that. */
#include <assert.h>
#include <string.h>

#include "negotiate/negotiate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const char rids[][RTC_RID_MAX + 1] = {"q", "h", "f"};

static const char *const own_uris[RTC_OWN_EXTENSION_MOST] = {"urn:fuzz:a", NULL,
                                                             "urn:fuzz:c"};

static const struct rtc_negotiate_track tracks[] = {
    {.kind = RTC_AUDIO,
     .packets = true,
     .direction = RTC_SENDRECV,
     .stream_id = "s",
     .track_id = "a",
     .ssrc = 1,
     .mid = ""},
    {.kind = RTC_VIDEO,
     .direction = RTC_SENDRECV,
     .stream_id = "s",
     .track_id = "v",
     .ssrc = 2,
     .rtx_ssrc = 3,
     .rids = rids,
     .rid_count = 3,
     .mid = ""},
};

static const struct rtc_negotiate_local us = {
    .ice_ufrag = "abcd",
    .ice_pwd = "0123456789012345678901",
    .session_id = 1,
    .cname = "c",
    .fingerprint = {.hash = RTC_SDP_SHA256, .len = 32},
    .tracks = tracks,
    .track_count = 2,
    .own_uris = own_uris,
};

/* Reading what we write gives a description again. */
static struct rtc_sdp *write_and_read(const struct rtc_sdp *sdp)
{
    static char text[1 << 20];
    struct rtc_sdp_error why;
    struct rtc_sdp *again = NULL;
    int len = rtc_sdp_write(sdp, text, sizeof text);
    int error = len < 0 ? len : rtc_sdp_parse(text, (size_t)len, &again, &why);

    assert(error == 0);
    return error ? NULL : again;
}

static void agree_all(const struct rtc_sdp *local, const struct rtc_sdp *remote,
                      bool local_offered)
{
    struct rtc_negotiate_agreed agreed;

    for (unsigned i = 0; i < remote->media_count; i++) {
        rtc_negotiate_agree(local, remote, i, &agreed);
        rtc_negotiate_agree_own(local, remote, i, own_uris, &agreed);
        assert(agreed.rejected || local->media[i].port);
    }
    assert(rtc_negotiate_transport(local, remote) >= 0);
    (void)rtc_negotiate_is_dtls_client(local, remote, local_offered);
}

static void offer_again(const struct rtc_negotiate_current *current)
{
    int placed[RTC_SDP_MEDIA_MOST];
    struct rtc_sdp *offer, *again;

    if (rtc_negotiate_offer(&us, current, placed, &offer))
        return;
    again = write_and_read(offer);
    rtc_sdp_free(again);
    rtc_sdp_free(offer);
}

static void as_offer(const struct rtc_sdp *offer,
                     const struct rtc_negotiate_current *current)
{
    struct rtc_negotiate_match matches[RTC_SDP_MEDIA_MOST];
    struct rtc_negotiate_current next = {NULL, offer};
    struct rtc_sdp *answer, *again;
    struct rtc_sdp_error why;

    if (rtc_negotiate_check_offer(offer, current, &why))
        return;
    rtc_negotiate_match(offer, &us, matches);
    if (rtc_negotiate_answer(offer, &us, current, matches, &answer, &why))
        return;
    again = write_and_read(answer);
    if (again && again->bundle_count) {
        int error = rtc_negotiate_check_answer(offer, again, &why);

        assert(error == 0);
        if (!error)
            agree_all(answer, offer, false);
    }
    next.local = answer;
    offer_again(&next);
    rtc_sdp_free(again);
    rtc_sdp_free(answer);
}

static void as_answer(struct rtc_sdp *answer)
{
    struct rtc_negotiate_current current = {NULL, NULL};
    int placed[RTC_SDP_MEDIA_MOST];
    struct rtc_sdp_error why;
    struct rtc_sdp *offer;

    if (rtc_negotiate_offer(&us, &current, placed, &offer))
        return;
    if (rtc_negotiate_check_answer(offer, answer, &why) == 0) {
        agree_all(offer, answer, true);
        current = (struct rtc_negotiate_current){offer, answer};
        offer_again(&current);
        as_offer(answer, &current);
    }
    rtc_sdp_free(offer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const struct rtc_negotiate_current nothing = {NULL, NULL};
    struct rtc_sdp_error why;
    struct rtc_sdp *sdp;

    if (rtc_sdp_parse((const char *)data, len, &sdp, &why))
        return 0;
    as_offer(sdp, &nothing);
    as_answer(sdp);
    rtc_sdp_free(sdp);
    return 0;
}
