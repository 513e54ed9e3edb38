/* SPDX-License-Identifier: MIT
 * Ciphers and authentication for libsrtp2 on GnuTLS and nettle, in place of its
 * built-in ones: Debian's run on NSS and take several times as long. */
#pragma once

/* Registers them with libsrtp2, after srtp_init; libsrtp2 tests each against
 * known answers first. Process-global: once is enough. 0 or RTC_ERR_CRYPTO. */
int rtc_srtp_cipher_register(void);
