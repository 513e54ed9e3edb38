/* SPDX-License-Identifier: MIT
 * Header extensions between the wire and the caller of packet-level tracks. */
#pragma once

#include "rtc.h"
#include "rtp/extension.h"

/* Adds the caller's values to those of a packet to be sent; `values` NULL:
 * none. Borrows. RTC_ERR_ARG when one is out of range. */
int rtc_values_write(const struct rtc_packet_values *values,
                     struct rtc_extensions *extensions);
/* What a packet received has; bytes are lent by the packet. */
void rtc_values_read(const struct rtc_extensions *extensions,
                     struct rtc_packet_values *ret_values);
/* Byte values `index` of all there are, NULL past the last. */
struct rtc_packet_bytes *rtc_values_bytes(struct rtc_packet_values *values,
                                          unsigned index);
