/* SPDX-License-Identifier: MIT
 *
 * A description in any form: what is accepted can be written in each form that
 * its SDP and type allow, and is read again as the same.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/description.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check_again(struct description *description,
                        enum description_form form)
{
    struct description again = {0};
    char why[DESCRIPTION_WHY_LEN];
    char *text;
    size_t len;

    description->form = form;
    text = description_write(description, &len);
    if (!text)
        abort();
    if (len <= DESCRIPTION_MAX) {
        if (description_parse(text, len, &again, why) || again.form != form ||
            again.len != description->len ||
            memcmp(again.sdp, description->sdp, again.len))
            abort();
        description_done(&again);
    }
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct description description = {0};
    char why[DESCRIPTION_WHY_LEN] = "";

    if (description_parse((const char *)data, len, &description, why)) {
        if (!*why || description.sdp)
            abort();
        return 0;
    }
    if (strlen(description.sdp) != description.len)
        abort();
    if (description.form == DESCRIPTION_SDP) {
        check_again(&description, DESCRIPTION_SDP);
    } else {
        check_again(&description, DESCRIPTION_JSON);
        check_again(&description, DESCRIPTION_BASE64);
    }
    description_done(&description);
    return 0;
}
