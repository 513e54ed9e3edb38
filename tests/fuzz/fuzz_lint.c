/* SPDX-License-Identifier: MIT
 *
 * Whatever description: the rules of rtc-probe sdp run over it, read or not,
 * and what they find can be written in each form.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/probe/form.h"
#include "cmd/probe/lint.h"
#include "cmd/probe/sdp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void write_all(const struct probe_result *result)
{
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    if (!out)
        abort();
    probe_write_table(result, true, out);
    probe_write_json(result, out);
    probe_write_events(result, out);
    probe_write_prometheus(result, out);
    probe_write_tap(result, out);
    probe_write_junit(result, out);
    fclose(out);
    if (strlen(text) != len)
        abort();
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct probe_result result = {.subject = "sdp"};
    const char *text = (const char *)data;
    struct rtc_sdp_error error;
    struct rtc_sdp *sdp = NULL;

    if (rtc_sdp_parse(text, len, &sdp, &error) == 0) {
        result.extra_name = "description";
        result.extra = probe_sdp_json(sdp, text, len);
    }
    probe_lint(text, len, sdp, (enum description_type)(len % 3), &result);
    rtc_sdp_free(sdp);
    probe_result_judge(&result);
    write_all(&result);
    probe_result_done(&result);
    return 0;
}
