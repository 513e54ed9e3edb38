/* SPDX-License-Identifier: MIT
 *
 * What libcurl tells of a transfer that has ended.
 */
#pragma once

#include <curl/curl.h>
#include <stdint.h>

#include "cmd/exit.h"

#define HTTP_INFO_WHY_LEN (CURL_ERROR_SIZE + 160)

/* The status for its failure. */
enum rtc_exit http_info_exit(CURLcode code, CURL *easy);
/* Until when the server's certificate is valid, in seconds since 1970; 0: there
 * was none. */
int64_t http_info_expiry(CURL *easy);
/* Why it failed, in `buf`; `said` is what libcurl wrote of it, or "". Returns
 * buf. */
const char *http_info_why(CURLcode code, CURL *easy, const char *said,
                          char buf[HTTP_INFO_WHY_LEN]);
