/* SPDX-License-Identifier: MIT
 *
 * Credentials of a TURN server that shares a secret with whoever hands them
 * out: the user name says until when, and the password is its HMAC-SHA1 in
 * base64.
 */
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cmd/server.h"

#define SHA1_LEN 20

int server_rest_credentials(struct server *server, const char *secret,
                            int64_t expires)
{
    char name[sizeof server->username];
    uint8_t mac[SHA1_LEN];
    const gnutls_datum_t data = {mac, sizeof mac};
    gnutls_datum_t base64;
    int len = snprintf(name, sizeof name, "%" PRId64 "%s%s", expires,
                       *server->username ? ":" : "", server->username);

    if (len < 0 || (size_t)len >= sizeof name)
        return RTC_ERR_FORMAT;
    if (gnutls_hmac_fast(GNUTLS_MAC_SHA1, secret, strlen(secret), name,
                         (size_t)len, mac) ||
        gnutls_base64_encode2(&data, &base64))
        return RTC_ERR_NOMEM;
    memcpy(server->username, name, (size_t)len + 1);
    snprintf(server->password, sizeof server->password, "%.*s",
             (int)base64.size, (const char *)base64.data);
    gnutls_free(base64.data);
    return 0;
}
