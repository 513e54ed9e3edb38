/* SPDX-License-Identifier: MIT
 *
 * What libcurl tells of a transfer that has ended.
 */
#pragma once

#include <curl/curl.h>
#include <stdint.h>

#include "cmd/exit.h"

/* The status for its failure. */
enum rtc_exit http_info_exit(CURLcode code, CURL *easy);
/* Until when the server's certificate is valid, in seconds since 1970; 0: there
 * was none. */
int64_t http_info_expiry(CURL *easy);
