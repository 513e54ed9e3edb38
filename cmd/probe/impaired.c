/* SPDX-License-Identifier: MIT
 *
 * The option, and what the impairment counted as measures. What was still held
 * when nobody waited for it any more is told as `late`.
 */
#include "cmd/probe/impaired.h"

const struct rtc_option probe_options_impair[] = {
    {.heading = "Network",
     .name = "impair",
     .type = OPTION_STRING,
     .argument = "TERMS",
     .help = "behave as on a bad network: loss=2%,delay=50ms,rate=1M,..."},
    {.name = NULL},
};

struct impair *probe_impair_new(struct driver *driver, const char *terms)
{
    struct impair_options options;
    struct impair *impair;
    char why[IMPAIR_WHY_LEN];

    if (!terms)
        return NULL;
    if (!impair_parse(terms, &options, why))
        die_usage("--impair: %s", why);
    impair = impair_new(driver, &options);
    if (!impair)
        die(RTC_EXIT_INTERNAL, "out of memory");
    return impair;
}

void probe_impair_end(struct impair *impair, const char *terms,
                      struct probe_result *result)
{
    static const struct probe_kind kind = {"impairment", "impairments"};
    const struct impair_counts *counts;
    struct probe_group *group;

    if (!impair)
        return;
    impair_forget(impair, NULL);
    counts = impair_counts(impair);
    group = probe_add_group(result, &kind, terms);
    probe_set(group, "dropped", PROBE_COUNT, (double)counts->dropped);
    probe_set(group, "delayed", PROBE_COUNT, (double)counts->delayed);
    probe_set(group, "duplicated", PROBE_COUNT, (double)counts->duplicated);
    probe_set(group, "late", PROBE_COUNT, (double)counts->late);
    impair_free(impair);
}
