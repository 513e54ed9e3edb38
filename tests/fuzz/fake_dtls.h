/* SPDX-License-Identifier: MIT
 * In the place of dtls/session.c and dtls/identity.c, for targets that fuzz a
 * whole peer: a handshake is far too slow to do for each input, and GnuTLS
 * would make each run another one. Here one datagram does:
 *
 *     20  fails the handshake: another certificate than was described
 *     21  an alert: fails the handshake, or ends the session
 *     22  finishes the handshake
 *
 * by their first byte; the keys are always the ones below. */
#pragma once

#include "dtls/session.h"
#include "srtp/context.h"

#define FAKE_DTLS_PROFILE RTC_SRTP_AEAD_AES_128_GCM

/* Master keys and salts of the peer and of the remote. */
extern const uint8_t fake_dtls_local[RTC_SRTP_KEY_MAX];
extern const uint8_t fake_dtls_remote[RTC_SRTP_KEY_MAX];
