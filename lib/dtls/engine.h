/* SPDX-License-Identifier: MIT
 * How session.c wants its GnuTLS session: version, suites, SRTP profiles, a
 * certificate from both sides, resend times. */
#pragma once

#include <stdint.h>

#include "dtls/session.h"

struct gnutls_session_int;

/* A GnuTLS session of `config` that is not started; callbacks for bytes and for
 * the peer's certificate are the caller's to set, and its pointer is to be the
 * struct rtc_dtls. RTC_ERR_NOMEM, CRYPTO. */
int rtc_dtls_engine_new(struct gnutls_session_int **ret_engine,
                        const struct rtc_dtls_config *config,
                        enum rtc_dtls_role role);

/* Master keys from the exporter (RFC 5764 4.2) of a finished handshake. As
 * rtc_dtls_export. */
int rtc_dtls_engine_keys(struct gnutls_session_int *engine,
                         enum rtc_dtls_role role,
                         struct rtc_dtls_keys *ret_keys);
