/* SPDX-License-Identifier: MIT
 *
 * What is wrong with a session description, rule by rule, each of which an RFC
 * gives. A rule looks at the lines as they are written, or at what the library
 * makes of them.
 */
#pragma once

#include "cmd/description.h"
#include "cmd/probe/result.h"
#include "sdp/sdp.h"

struct lint_line {
    unsigned number;
    int section;                 /* -1: before the first m= line */
    char type;                   /* 0: not of the form `letter=value' */
    struct rtc_text name, value; /* name: of an a= line, else empty */
    struct rtc_text text;        /* the whole line without its end */
    bool has_cr, has_lf;
};

struct lint;

struct lint_rule {
    const char *id, *title, *source;
    bool parsed; /* needs `sdp` */
    void (*check)(struct lint *lint);
};

struct lint {
    const struct rtc_sdp *sdp; /* NULL: it cannot be read */
    enum description_type type;
    struct lint_line *lines;
    unsigned line_count;
    unsigned sections[RTC_SDP_MEDIA_MOST]; /* indices of the m= lines */
    int section_count;
    struct probe_result *result;
    const struct lint_rule *rule;
    const char *cited; /* for the next finding, in place of the rule's */
    unsigned found, errors;
};

/* Ended by a NULL id. */
extern const struct lint_rule lint_session_rules[], lint_media_rules[];

/* Checks all rules: a case for each finding, and for each rule without one.
 * `sdp` may be NULL. The number of errors. */
unsigned probe_lint(const char *text, size_t len, const struct rtc_sdp *sdp,
                    enum description_type type, struct probe_result *result);

/* For the rules: which RFC the next finding is of, where that is another one;
 * static. And a finding; `line`: 0 for none. */
void lint_cite(struct lint *lint, const char *source);
void lint_error(struct lint *lint, unsigned line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void lint_warning(struct lint *lint, unsigned line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The next line after `after` (NULL: the first) that is attribute `name` of
 * that section, or NULL. */
const struct lint_line *lint_next(const struct lint *lint, int section,
                                  const char *name,
                                  const struct lint_line *after);
/* The number of a section's m= line. */
unsigned lint_section_line(const struct lint *lint, int section);
/* Whether the section has a transport of its own: neither rejected nor bundled
 * behind another. */
bool lint_has_transport(const struct lint *lint, int section);
