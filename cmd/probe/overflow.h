/* SPDX-License-Identifier: MIT
 *
 * What came to a socket of this machine and found its buffer full, as the
 * program did not read it in time: lost here, not on the way.
 */
#pragma once

#include "rtc.h"

/* Datagrams dropped since the UDP socket with this local address was made; 0
 * also where the kernel does not tell. */
uint64_t probe_overflow(const struct rtc_addr *local);
