/* SPDX-License-Identifier: MIT
 *
 * Codes and values of libcurl in our own words.
 */
#include "cmd/http_info.h"

#include <stdio.h>
#include <string.h>

#include "cmd/certificate.h"

enum rtc_exit http_info_exit(CURLcode code, CURL *easy)
{
    curl_off_t connected = 0;

    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
        return RTC_EXIT_RESOLVE;
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
        return RTC_EXIT_FINGERPRINT;
    case CURLE_COULDNT_CONNECT:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_INTERFACE_FAILED:
    case CURLE_PROXY:
        return RTC_EXIT_CONNECT;
    case CURLE_OPERATION_TIMEDOUT:
        curl_easy_getinfo(easy, CURLINFO_PRETRANSFER_TIME_T, &connected);
        return connected ? RTC_EXIT_HTTP : RTC_EXIT_CONNECT;
    default:
        return RTC_EXIT_HTTP;
    }
}

/* The server's own comes first. */
int64_t http_info_expiry(CURL *easy)
{
    static const char name[] = "Cert:";
    struct curl_certinfo *info = NULL;

    if (curl_easy_getinfo(easy, CURLINFO_CERTINFO, &info) || !info ||
        info->num_of_certs < 1)
        return 0;
    for (struct curl_slist *at = info->certinfo[0]; at; at = at->next)
        if (!strncmp(at->data, name, sizeof name - 1))
            return certificate_expiry(at->data + sizeof name - 1);
    return 0;
}

/* libcurl on GnuTLS gives the status of the verification. */
const char *http_info_why(CURLcode code, CURL *easy, const char *said,
                          char buf[HTTP_INFO_WHY_LEN])
{
    char trouble[128] = "";
    long status = 0;

    if (code == CURLE_PEER_FAILED_VERIFICATION &&
        !curl_easy_getinfo(easy, CURLINFO_SSL_VERIFYRESULT, &status) &&
        status > 0)
        certificate_trouble((unsigned)status, false, trouble, sizeof trouble);
    snprintf(buf, HTTP_INFO_WHY_LEN, "%s%s%s%s",
             *said ? said : curl_easy_strerror(code),
             *trouble ? " (the certificate: " : "", trouble,
             *trouble ? ")" : "");
    return buf;
}
