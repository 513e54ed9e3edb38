/* SPDX-License-Identifier: MIT
 * IP address and port as our own struct, so that the library needs no socket
 * header. Text forms: 192.0.2.1:5004, [2001:db8::1]:5004. */
#pragma once

#include "base/text.h"
#include "rtc.h"

bool rtc_addr_is_set(const struct rtc_addr *addr);
bool rtc_addr_equal(const struct rtc_addr *a, const struct rtc_addr *b);
/* The same but for the port. */
bool rtc_addr_equal_ip(const struct rtc_addr *a, const struct rtc_addr *b);
bool rtc_addr_is_loopback(const struct rtc_addr *addr);
bool rtc_addr_is_link_local(const struct rtc_addr *addr);
bool rtc_addr_is_any(const struct rtc_addr *addr);
bool rtc_path_equal(const struct rtc_path *a, const struct rtc_path *b);

/* An IP literal without port or brackets (`192.0.2.1`, `2001:db8::1`, an
 * IPv4-mapped one becomes IPv4). False: not one, e.g. a host name. The port is
 * set to `port`. */
bool rtc_addr_parse_ip(struct rtc_text t, uint16_t port,
                       struct rtc_addr *ret_addr);
/* The IP only, with a NUL; returns `buf`. */
char *rtc_addr_write_ip(const struct rtc_addr *addr, char buf[RTC_ADDR_TEXT]);
