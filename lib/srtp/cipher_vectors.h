/* SPDX-License-Identifier: MIT
 * Known answers that go with each cipher to libsrtp2. */
#pragma once

#include <srtp2/auth.h>
#include <srtp2/cipher.h>

extern const srtp_cipher_test_case_t rtc_srtp_icm_128_test;
extern const srtp_cipher_test_case_t rtc_srtp_gcm_128_test;
extern const srtp_cipher_test_case_t rtc_srtp_gcm_256_test;
extern const srtp_auth_test_case_t rtc_srtp_hmac_sha1_test;
