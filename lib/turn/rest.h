/* SPDX-License-Identifier: MIT
 * Credentials for a while, made of a secret shared with the TURN server: the
 * `TURN REST API` that coturn and others know as use-auth-secret. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Longest password with its NUL. */
#define RTC_TURN_REST_PASSWORD 29

/* The username is `expires_unix_s`, or that and `:user`; the password is the
 * base64 of its HMAC-SHA1. 0, RTC_ERR_NOBUF or RTC_ERR_CRYPTO. */
int rtc_turn_rest_credentials(const char *secret, const char *user,
                              uint64_t expires_unix_s, char *ret_username,
                              size_t username_cap, char *ret_password,
                              size_t password_cap);
