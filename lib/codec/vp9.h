/* SPDX-License-Identifier: MIT
 * What the head of a VP9 frame says (uncompressed_header, VP9 specification
 * 6.2): for file formats that name the picture's size. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rtc_vp9_header {
    unsigned profile;
    bool keyframe;
    uint32_t width, height; /* 1 to 65536; 0 when it is no key frame */
};

/* Reads the first frame of a superframe. False when it is none of VP9, or a key
 * frame whose head is malformed or cut. */
bool rtc_vp9_header_parse(const uint8_t *frame, size_t len,
                          struct rtc_vp9_header *ret_header);
