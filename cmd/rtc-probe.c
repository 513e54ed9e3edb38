/* SPDX-License-Identifier: MIT
 *
 * rtc-probe: measures. Its first word is the subject, to which the rest of the
 * command line belongs.
 */
#include <stdio.h>
#include <string.h>

#include "cmd/cli.h"
#include "cmd/probe/probe.h"
#include "cmd/probe/report.h"

static const struct probe_subject subjects[] = {
    {"conformance", "a WHIP or WHEP server: does it keep the RFC?",
     probe_conformance},
    {"host", "this machine: addresses, sockets, ciphers, libraries",
     probe_host},
    {"loop", "frames to a WHIP server and back by WHEP: what became of each",
     probe_loop},
    {"nat", "what a NAT or firewall does: mapping, filtering", probe_nat},
    {"peer", "the path to another rtc-probe: throughput, loss, delay",
     probe_peer},
    {"sdp", "a session description: what it says, and what is wrong",
     probe_sdp},
    {"stun", "round trips to STUN servers, and the address they see",
     probe_stun},
    {"turn", "what comes through TURN servers, and how fast", probe_turn},
    {"whep", "playing from a WHEP server, once or in parallel", probe_whep},
    {"whip", "publishing to a WHIP server, once or in parallel", probe_whip},
};

#define SUBJECT_COUNT (sizeof subjects / sizeof *subjects)

/* One line a subject. */
static const char *list_subjects(void)
{
    static char text[1024];
    size_t len = 0;

    len += (size_t)snprintf(text, sizeof text, "Subjects:");
    for (size_t i = 0; i < SUBJECT_COUNT; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "\n  %-13s%s",
                                subjects[i].name, subjects[i].help);
    snprintf(text + len, sizeof text - len,
             "\n\n`rtc-probe SUBJECT --help' lists a subject's options, and\n"
             "rtc-probe-SUBJECT(1) is its manual.");
    return text;
}

/* NULL when there is none of that name. */
static const struct probe_subject *find_subject(const char *name)
{
    for (size_t i = 0; name && i < SUBJECT_COUNT; i++)
        if (!strcmp(subjects[i].name, name))
            return &subjects[i];
    return NULL;
}

int main(int argc, char **argv)
{
    const struct cli_tool tool = {
        .name = "rtc-probe",
        .operands = "SUBJECT [OPTION]... [OPERAND]...",
        .summary = "Measure what WebRTC depends on.",
        .options = probe_options_form,
        .notes = list_subjects(),
        .operands_least = 1,
        .operands_most = -1,
        .is_family = true,
    };
    const struct probe_subject *subject = find_subject(argv[argc > 1]);
    struct probe_options values = {0}; /* Read by --help alone. */
    int first;

    if (argc == 3 && !strcmp(argv[1], "--help") && find_subject(argv[2])) {
        char *asked[] = {argv[2], argv[1], NULL};

        find_subject(argv[2])->run(2, asked);
    }
    if (subject)
        subject->run(argc - 1, argv + 1);
    first = cli_parse(&tool, &values, argc, argv);
    die_usage("`%s' is %s", argv[first],
              first > 1 ? "to stand before the options" : "not a subject");
}
