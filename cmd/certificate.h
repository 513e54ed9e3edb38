/* SPDX-License-Identifier: MIT
 *
 * What a certificate says of itself, and what is wrong with it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Until when the first certificate of a PEM text is valid, in seconds since
 * 1970; 0: it cannot be read. */
int64_t certificate_expiry(const char *pem);
/* Whole days that are left until `expires`, as above; below 0: it is over. */
int64_t certificate_days(int64_t expires);
/* What a verification by GnuTLS found (its status), in few words: "expired";
 * "" when nothing. `cap` of 128 is enough. */
void certificate_trouble(unsigned status, bool self_signed, char *buf,
                         size_t cap);
