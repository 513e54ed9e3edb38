/* SPDX-License-Identifier: MIT
 *
 * What people call the profiles of H.264 and H.265, and which decoder can be
 * expected to show which. Takes the profile-level-id of RFC 6184 8.1, and of
 * H.265 what rtc_media_track.h265_level_id has.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define PROFILE_TEXT 64

/* E.g. "Constrained Baseline (42e01f)". Returns `buf`. */
char *profile_write(uint32_t level_id, char buf[PROFILE_TEXT]);
/* Whether a decoder of one of `accepted` decodes a stream of that profile.
 * Levels are not looked at: they say how much, and most decoders can more. */
bool profile_fits(uint32_t stream, const uint32_t *accepted, unsigned count);
/* The profile that every receiver of H.264 takes (RFC 7742 6.2). */
bool profile_is_common(uint32_t level_id);

/* E.g. "Main 10 (level 3.1)". Returns `buf`. */
char *profile_write_h265(uint32_t level_id, char buf[PROFILE_TEXT]);
/* Whether a decoder of Main, the one we offer and accept, decodes it. */
bool profile_is_common_h265(uint32_t level_id);
