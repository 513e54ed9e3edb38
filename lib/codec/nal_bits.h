/* SPDX-License-Identifier: MIT
 * Reads the bits of a NAL unit (H.264 7.2, 9.1; the same in H.265): emulation
 * prevention is undone on the way, an overrun is sticky and reads as 0. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rtc_nal_bits {
    const uint8_t *at, *end;
    unsigned zeros; /* zero bytes just before `at` */
    unsigned left;  /* unread bits of `byte` */
    uint8_t byte;
    bool failed;
};

void rtc_nal_bits_init(struct rtc_nal_bits *b, const uint8_t *nal, size_t len);

bool rtc_nal_flag(struct rtc_nal_bits *b);
/* u(n), n up to 32. */
uint32_t rtc_nal_number(struct rtc_nal_bits *b, unsigned count);
void rtc_nal_skip_bits(struct rtc_nal_bits *b, unsigned count);
/* ue(v), whose range at most 31 leading zeros give. se(v) is as long, and
 * hardly a value of that kind is wanted. */
uint32_t rtc_nal_golomb(struct rtc_nal_bits *b);
void rtc_nal_skip_golombs(struct rtc_nal_bits *b, uint32_t count);
