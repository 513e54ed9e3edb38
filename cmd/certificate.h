/* SPDX-License-Identifier: MIT
 *
 * What a certificate says of itself.
 */
#pragma once

#include <stdint.h>

/* Until when the first certificate of a PEM text is valid, in seconds since
 * 1970; 0: it cannot be read. */
int64_t certificate_expiry(const char *pem);
