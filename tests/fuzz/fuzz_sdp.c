/* SPDX-License-Identifier: MIT
 * Any bytes as a description: what is read must be written and read again to
 * the same text. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "sdp/candidate.h"
#include "sdp/sdp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static char first[4 << 20], second[4 << 20];

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const char *text = (const char *)data;
    struct rtc_candidate candidate;
    struct rtc_sdp_error why;
    struct rtc_sdp *sdp, *again;
    int written;

    (void)rtc_sdp_candidate_parse((struct rtc_text){text, len}, &candidate);
    if (rtc_sdp_parse(text, len, &sdp, &why))
        return 0;
    written = rtc_sdp_write(sdp, first, sizeof first);
    assert(written > 0);
    /* Lists written out for each payload type can outgrow what we read. */
    if (written <= RTC_SDP_TEXT_MAX) {
        int error = rtc_sdp_parse(first, (size_t)written, &again, &why);

        assert(error == 0);
        if (error == 0) {
            rtc_sdp_write(again, second, sizeof second);
            assert(strcmp(first, second) == 0);
            rtc_sdp_free(again);
        }
    }
    rtc_sdp_free(sdp);
    return 0;
}
