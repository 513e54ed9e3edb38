/* SPDX-License-Identifier: MIT
 *
 * --impair for subjects: a bad network of their own making, whose truth is
 * known, between them and their sockets.
 */
#pragma once

#include "cmd/impair.h"
#include "cmd/probe/report.h"

struct driver;

/* A row for a subject's table, under its own heading. The offset is that of a
 * `const char *`, the terms. */
extern const struct rtc_option probe_options_impair[];

/* What the terms say; NULL if they are NULL. Ends the process when they make no
 * sense. A subject that has peers, or whose last words matter, gives it to
 * driver_impair, too, so that driver_run waits for what has not left. */
struct impair *probe_impair_new(struct driver *driver, const char *terms);
/* Tells the result what was done, as a group "impairments", and frees it. Call
 * it when the sockets and peers are gone. NULL is fine: it says nothing. */
void probe_impair_end(struct impair *impair, const char *terms,
                      struct probe_result *result);
