/* SPDX-License-Identifier: MIT
 * Changes to a description on its way, as text: what another implementation
 * would have written. */
#pragma once

#include <stddef.h>

/* Removes every line that begins with `start`. */
void sim_edit_remove(char *sdp, const char *start);
/* Puts `line` (without line end) behind every line that begins with `start`. */
void sim_edit_add(char *sdp, size_t cap, const char *start, const char *line);
/* Replaces every `from` by `to`. */
void sim_edit_replace(char *sdp, size_t cap, const char *from, const char *to);
