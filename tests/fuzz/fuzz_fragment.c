/* SPDX-License-Identifier: MIT
 * Any bytes as an SDP fragment: its texts lie inside the input, and what is
 * written of it reads the same. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "sdp/fragment.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static char first[1 << 20], second[1 << 20];

static void check_inside(struct rtc_text text, const char *data, size_t len)
{
    if (text.len && (text.at < data || text.at + text.len > data + len))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const struct rtc_sdp_fragment_media media = {
        .kind = {"audio", 5},
        .protocol = {"UDP/TLS/RTP/SAVPF", 17},
        .format = {"0", 1}};
    const char *text = (const char *)data;
    struct rtc_sdp_fragment f, again;
    struct rtc_sdp_error why;
    int written;

    if (rtc_sdp_fragment_parse(text, len, &f, &why)) {
        assert(strlen(why.text) > 0);
        return 0;
    }
    check_inside(f.ice_ufrag, text, len);
    check_inside(f.ice_pwd, text, len);
    check_inside(f.ice_options, text, len);
    check_inside(f.mid, text, len);
    written = rtc_sdp_fragment_write(&f, &media, first, sizeof first);
    assert(written > 0);
    if (written <= RTC_SDP_TEXT_MAX) {
        int error =
            rtc_sdp_fragment_parse(first, (size_t)written, &again, &why);

        assert(error == 0);
        if (error == 0) {
            assert(again.candidate_count == f.candidate_count);
            rtc_sdp_fragment_write(&again, &media, second, sizeof second);
            assert(strcmp(first, second) == 0);
        }
    }
    return 0;
}
