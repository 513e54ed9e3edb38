/* SPDX-License-Identifier: MIT
 *
 * The way to the server: opening it, and why that fails.
 */
#include <errno.h>
#include <string.h>

#include "cmd/probe/relay_machine.h"

static void on_received(void *user, uint8_t *data, size_t len)
{
    if (data)
        probe_relay_receive(user, data, len);
    else
        probe_relay_pump(user);
}

static void on_connected(void *user)
{
    probe_relay_end_step(user);
}

static void take_certificate(struct probe_relay *relay)
{
    relay->facts.has_certificate =
        probe_line_certificate(relay->line, &relay->facts.certificate);
}

/* Whether the key is one of those wanted, if any. */
static bool is_pinned(const struct probe_relay *relay)
{
    const char *at = relay->setup.pins, *pin = relay->facts.certificate.pin;
    size_t len = strlen(pin);

    while (at && (strncmp(at, pin, len) || !strchr(";", at[len]))) {
        at = strchr(at, ';');
        if (!at)
            return false;
        at++;
    }
    return true;
}

static void on_opened(void *user)
{
    struct probe_relay *relay = user;

    relay->is_open = true;
    take_certificate(relay);
    if (relay->phase != PROBE_TLS)
        return;
    if (is_pinned(relay))
        probe_relay_end_step(relay);
    else
        probe_relay_fail(relay, RTC_EXIT_FINGERPRINT, 0,
                         "the server's key is %s",
                         relay->facts.certificate.pin);
}

static void explain_tls(struct probe_relay *relay, const char *why)
{
    const struct tls_certificate *certificate = &relay->facts.certificate;

    take_certificate(relay);
    if (relay->facts.has_certificate && *certificate->trouble)
        probe_relay_fail(relay, RTC_EXIT_CONNECT, 0,
                         "the certificate is refused: %s (of %.80s, by %.80s)",
                         certificate->trouble, certificate->subject,
                         certificate->issuer);
    else
        probe_relay_fail(relay, RTC_EXIT_CONNECT, 0, "%.200s", why);
}

static void on_ended(void *user, const char *why)
{
    struct probe_relay *relay = user;
    char text[RTC_ADDR_TEXT];

    rtc_addr_write(&relay->facts.server, text);
    if (relay->is_waiting && relay->phase == PROBE_TLS)
        explain_tls(relay, why);
    else if (relay->is_open)
        probe_relay_fail(relay, RTC_EXIT_GATHER, 0,
                         "the connection is lost: %.200s", why);
    else if (probe_relay_is_stream(relay))
        probe_relay_fail(relay, RTC_EXIT_GATHER, 0,
                         "no connection to %s: %.200s", text, why);
    else if (strcmp(why, strerror(ECONNREFUSED)) != 0)
        probe_relay_fail(relay, RTC_EXIT_GATHER, 0,
                         "no way over UDP to %s: %.200s", text, why);
    else
        probe_relay_fail(
            relay, RTC_EXIT_GATHER, 0,
            "no server is at UDP %s, or a firewall refuses: %.200s", text, why);
}

static bool connect_stream(struct probe_relay *relay, rtc_usec begun)
{
    if (!probe_relay_run_step(relay, begun))
        return false;
    if (relay->setup.server->transport != RTC_TLS || relay->is_open)
        return true;
    begun = probe_relay_now(relay);
    probe_relay_begin_step(relay, PROBE_TLS);
    return probe_relay_run_step(relay, begun);
}

bool probe_relay_open_line(struct probe_relay *relay)
{
    const struct probe_line_setup setup = {
        .driver = relay->setup.driver,
        .impair = relay->setup.impair,
        .path = {.local = relay->setup.local,
                 .remote = relay->facts.server,
                 .transport = relay->setup.server->transport},
        .host = relay->setup.server->host,
        .trust = relay->setup.trust,
        .timeout = relay->setup.timeout,
        .calls = {.connected = on_connected,
                  .opened = on_opened,
                  .received = on_received,
                  .ended = on_ended,
                  .user = relay},
    };
    rtc_usec begun = probe_relay_now(relay);

    relay->is_open = false;
    probe_relay_begin_step(relay, PROBE_CONNECT);
    relay->line = probe_line_open(&setup);
    if (!relay->line)
        on_ended(relay, strerror(errno));
    else if (!probe_relay_is_stream(relay))
        relay->is_waiting = false;
    else
        return connect_stream(relay, begun);
    relay->is_waiting = false;
    return relay->line;
}
