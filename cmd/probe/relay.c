/* SPDX-License-Identifier: MIT
 *
 * A TURN client (turn/client.h), which does the talking, over a line (line.h).
 * What it keeps to itself, such as how a permission was refused, is read from
 * the server's answers on their way to it.
 */
#include "cmd/probe/relay.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cli.h"
#include "cmd/probe/line.h"
#include "cmd/sockaddr.h"
#include "turn/client.h"

#define REDIRECT_MOST 3
/* Sends of a request over UDP; the waits double. */
#define SENDS 4
#define SENDS_PARTS 15
#define RELEASE_US 500000

struct probe_relay {
    struct probe_relay_setup setup;
    struct probe_relay_facts facts;
    struct probe_failure failure;
    char reason[128];     /* the server's words with the last error */
    unsigned answer_code; /* of the request that is waited for */
    bool is_heard, is_challenged, is_open;
    struct probe_line *line;
    struct rtc_log log;
    struct rtc_turn_client *client;
    struct driver_watch *timer, *limit;
    rtc_usec due; /* the timer's */
    bool is_waiting;
    enum probe_phase phase;
};

const char *probe_phase_name(enum probe_phase phase)
{
    static const char *const names[] = {"resolve",  "connect",    "tls",
                                        "allocate", "permission", "data",
                                        "channel",  "release"};

    return names[phase];
}

static rtc_usec now_of(const struct probe_relay *relay)
{
    return driver_now(relay->setup.driver);
}

/* ---- steps --------------------------------------------------------------- */

static void end_step(struct probe_relay *relay)
{
    relay->is_waiting = false;
    driver_timer_set(relay->limit, RTC_NEVER);
    driver_stop(relay->setup.driver);
}

/* The first failure counts; one between steps is of data that travels. */
static void __attribute__((format(printf, 4, 5)))
fail(struct probe_relay *relay, enum rtc_exit status, unsigned code,
     const char *format, ...)
{
    struct probe_failure *failure = &relay->failure;
    va_list args;

    if (!failure->status) {
        failure->status = status;
        failure->phase = relay->is_waiting ? relay->phase : PROBE_DATA;
        failure->code = code;
        va_start(args, format);
        vsnprintf(failure->why, sizeof failure->why, format, args);
        va_end(args);
    }
    end_step(relay);
}

static void begin_step(struct probe_relay *relay, enum probe_phase phase)
{
    relay->phase = phase;
    relay->is_waiting = true;
    relay->answer_code = 0;
}

/* Runs the driver until the step ends. Whether it ended well. */
static bool run_step(struct probe_relay *relay, rtc_usec begun)
{
    if (relay->is_waiting)
        driver_run(relay->setup.driver);
    if (relay->is_waiting || relay->failure.status) {
        relay->is_waiting = false;
        return false;
    }
    relay->facts.times[relay->phase] = now_of(relay) - begun;
    return true;
}

static void on_limit(void *user, int what)
{
    (void)what;
    fail(user, RTC_EXIT_GATHER, 0, "no answer in time");
}

/* ---- what the server says ------------------------------------------------ */

/* The answer to a CreatePermission or ChannelBind. Those that the client asks
 * again after are none yet. */
static void note_answer(struct probe_relay *relay, const struct rtc_stun *m)
{
    bool is_ours =
        (relay->phase == PROBE_PERMISSION &&
         m->method == RTC_STUN_CREATE_PERMISSION) ||
        (relay->phase == PROBE_CHANNEL && m->method == RTC_STUN_CHANNEL_BIND);

    if (!relay->is_waiting || !is_ours)
        return;
    if (m->class == RTC_STUN_ERROR &&
        (m->error_code == 401 || m->error_code == 437 || m->error_code == 438))
        return;
    if (m->class == RTC_STUN_ERROR)
        relay->answer_code = m->error_code;
    end_step(relay);
}

/* What the client takes for an answer. */
static void note(struct probe_relay *relay, const struct rtc_stun *m)
{
    relay->is_heard = true;
    if (m->software.at)
        probe_text_copy(m->software, relay->facts.software,
                        sizeof relay->facts.software);
    if (m->class == RTC_STUN_ERROR)
        probe_text_copy(m->error_reason, relay->reason, sizeof relay->reason);
    if (m->error_code == 401 && m->nonce.at)
        relay->is_challenged = true;
    if (m->class == RTC_STUN_SUCCESS && m->method == RTC_STUN_ALLOCATE &&
        m->has_lifetime)
        relay->facts.lifetime = (rtc_usec)m->lifetime * 1000000;
    note_answer(relay, m);
}

static void receive(struct probe_relay *relay, uint8_t *data, size_t len)
{
    struct rtc_turn_data unwrapped;
    struct rtc_stun m;
    bool is_message =
        rtc_stun_is_message(data, len) && rtc_stun_parse(&m, data, len) == 0;

    if (!relay->client)
        return;
    switch (
        rtc_turn_receive(relay->client, data, len, &unwrapped, now_of(relay))) {
    case RTC_TURN_DATA:
        relay->setup.data(relay->setup.user, &unwrapped.peer, unwrapped.data,
                          unwrapped.len);
        break;
    case RTC_TURN_CONTROL:
        if (is_message)
            note(relay, &m);
        break;
    case RTC_TURN_DROPPED:
        break;
    }
}

/* ---- sending ------------------------------------------------------------- */

static const struct rtc_addr *remote_of(const struct probe_relay *relay)
{
    return &probe_line_path(relay->line)->remote;
}

static bool is_stream(const struct probe_relay *relay)
{
    return relay->setup.server->transport != RTC_UDP;
}

/* Over UDP the client goes by itself where a server sends it. */
static void follow(struct probe_relay *relay)
{
    const struct rtc_path *path = rtc_turn_path(relay->client);

    if (sockaddr_same(&path->remote, remote_of(relay)))
        return;
    relay->facts.server = path->remote;
    relay->facts.redirects++;
    probe_line_turn(relay->line, &path->remote);
}

static void set_timer(struct probe_relay *relay)
{
    rtc_usec due = rtc_turn_deadline(relay->client);

    if (due == relay->due)
        return;
    relay->due = due;
    driver_timer_set(relay->timer, due);
}

static bool is_following(const struct probe_relay *relay, unsigned code)
{
    return code == 300 && is_stream(relay) &&
           rtc_turn_alternate(relay->client)->family &&
           relay->facts.redirects < REDIRECT_MOST;
}

static void explain_silence(struct probe_relay *relay)
{
    char text[RTC_ADDR_TEXT];

    rtc_addr_write(remote_of(relay), text);
    if (relay->is_heard)
        fail(relay, RTC_EXIT_GATHER, 0,
             "%s falls silent, or what it answers makes no sense", text);
    else if (is_stream(relay))
        fail(relay, RTC_EXIT_GATHER, 0,
             "%s takes the connection, but no TURN server answers there", text);
    else
        fail(relay, RTC_EXIT_GATHER, 0,
             "nothing came back over UDP from %s: the server is dead, or UDP "
             "is blocked; try ?transport=tcp",
             text);
}

static void look(struct probe_relay *relay)
{
    enum rtc_turn_state state = rtc_turn_state(relay->client);
    bool allocating = relay->is_waiting && relay->phase == PROBE_ALLOCATE;
    char why[PROBE_REFUSAL_LEN];
    unsigned code;

    if (state == RTC_TURN_RELEASED && relay->phase == PROBE_RELEASE)
        end_step(relay);
    if (state == RTC_TURN_ALLOCATED && allocating)
        end_step(relay);
    if (state == RTC_TURN_ALLOCATING && rtc_turn_generation(relay->client) > 0)
        fail(relay, RTC_EXIT_GATHER, 0, "the server lost the allocation");
    if (state != RTC_TURN_FAILED || relay->failure.status)
        return;
    code = rtc_turn_error(relay->client, NULL);
    if (is_following(relay, code))
        end_step(relay);
    else if (code)
        fail(relay, RTC_EXIT_TURN, code, "%s",
             probe_relay_refusal(relay, code, why));
    else
        explain_silence(relay);
}

/* Sends what is due, and looks what became of it. */
static void pump(struct probe_relay *relay)
{
    uint8_t buf[RTC_TURN_CONTROL_MOST];
    int len;

    if (!relay->client)
        return;
    while ((len = rtc_turn_transmit(relay->client, buf, sizeof buf,
                                    now_of(relay))) > 0) {
        follow(relay);
        probe_line_send(relay->line, buf, (size_t)len);
    }
    look(relay);
    set_timer(relay);
}

static void on_due(void *user, int what)
{
    struct probe_relay *relay = user;

    (void)what;
    relay->due = RTC_NEVER;
    pump(relay);
}

/* ---- the line ------------------------------------------------------------ */

static void on_received(void *user, uint8_t *data, size_t len)
{
    if (data)
        receive(user, data, len);
    else
        pump(user);
}

static void on_connected(void *user)
{
    end_step(user);
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
        end_step(relay);
    else
        fail(relay, RTC_EXIT_FINGERPRINT, 0, "the server's key is %s",
             relay->facts.certificate.pin);
}

static void explain_tls(struct probe_relay *relay, const char *why)
{
    const struct tls_certificate *certificate = &relay->facts.certificate;

    take_certificate(relay);
    if (relay->facts.has_certificate && *certificate->trouble)
        fail(relay, RTC_EXIT_CONNECT, 0,
             "the certificate is refused: %s (of %.80s, by %.80s)",
             certificate->trouble, certificate->subject, certificate->issuer);
    else
        fail(relay, RTC_EXIT_CONNECT, 0, "%.200s", why);
}

static void on_ended(void *user, const char *why)
{
    struct probe_relay *relay = user;
    char text[RTC_ADDR_TEXT];

    rtc_addr_write(&relay->facts.server, text);
    if (relay->is_waiting && relay->phase == PROBE_TLS)
        explain_tls(relay, why);
    else if (relay->is_open)
        fail(relay, RTC_EXIT_GATHER, 0, "the connection is lost: %.200s", why);
    else
        fail(relay, RTC_EXIT_GATHER, 0, "%s%s: %.200s",
             is_stream(relay) ? "no connection to " : "no server is at UDP ",
             text, why);
}

static bool connect_stream(struct probe_relay *relay, rtc_usec begun)
{
    if (!run_step(relay, begun))
        return false;
    if (relay->setup.server->transport != RTC_TLS || relay->is_open)
        return true;
    begun = now_of(relay);
    begin_step(relay, PROBE_TLS);
    return run_step(relay, begun);
}

static bool open_line(struct probe_relay *relay)
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
    rtc_usec begun = now_of(relay);

    relay->is_open = false;
    begin_step(relay, PROBE_CONNECT);
    relay->line = probe_line_open(&setup);
    if (!relay->line)
        on_ended(relay, strerror(errno));
    else if (!is_stream(relay))
        relay->is_waiting = false;
    else
        return connect_stream(relay, begun);
    relay->is_waiting = false;
    return relay->line;
}

/* ---- the allocation ------------------------------------------------------ */

static void close_all(struct probe_relay *relay)
{
    probe_line_free(relay->line);
    relay->line = NULL;
    rtc_turn_free(relay->client);
    relay->client = NULL;
}

static void make_client(struct probe_relay *relay)
{
    rtc_usec first = relay->setup.timeout / SENDS_PARTS;
    const struct rtc_turn_config config = {
        .path = *probe_line_path(relay->line),
        .username = relay->setup.server->username,
        .password = relay->setup.server->password,
        .retry = {first, 8 * first, SENDS},
        .random = {driver_random, NULL},
        .log = &relay->log,
    };

    /* The names were checked when they were read. */
    if (rtc_turn_new(&relay->client, &config, now_of(relay)))
        die(RTC_EXIT_INTERNAL, "out of memory");
    relay->due = RTC_NEVER;
}

static void take_facts(struct probe_relay *relay)
{
    relay->facts.mapped = *rtc_turn_mapped(relay->client);
    for (unsigned i = 0; i < 2; i++)
        if (!rtc_turn_relayed(relay->client, i, &relay->facts.relayed[i]))
            relay->facts.relayed[i] = (struct rtc_addr){0};
}

/* At one address. */
static bool allocate_at(struct probe_relay *relay, const struct rtc_addr *addr)
{
    rtc_usec begun;

    relay->facts.server = *addr;
    if (!open_line(relay))
        return false;
    relay->facts.local = probe_line_path(relay->line)->local;
    make_client(relay);
    begun = now_of(relay);
    begin_step(relay, PROBE_ALLOCATE);
    pump(relay);
    return run_step(relay, begun);
}

bool probe_relay_allocate(struct probe_relay *relay)
{
    struct rtc_addr addr = relay->setup.addr;

    while (allocate_at(relay, &addr)) {
        if (rtc_turn_state(relay->client) == RTC_TURN_ALLOCATED) {
            take_facts(relay);
            return true;
        }
        addr = *rtc_turn_alternate(relay->client);
        relay->facts.redirects++;
        close_all(relay);
    }
    return false;
}

/* Waits for the answer to what the client was asked for. */
static int ask(struct probe_relay *relay, enum probe_phase phase)
{
    rtc_usec begun = now_of(relay);

    begin_step(relay, phase);
    driver_timer_set(relay->limit, begun + relay->setup.timeout);
    pump(relay);
    return run_step(relay, begun) ? (int)relay->answer_code : -1;
}

int probe_relay_permit(struct probe_relay *relay, const struct rtc_addr *peer)
{
    rtc_turn_permit(relay->client, peer, now_of(relay));
    return ask(relay, PROBE_PERMISSION);
}

int probe_relay_bind(struct probe_relay *relay, const struct rtc_addr *peer)
{
    rtc_turn_bind(relay->client, peer, now_of(relay));
    return ask(relay, PROBE_CHANNEL);
}

bool probe_relay_send(struct probe_relay *relay, const struct rtc_addr *peer,
                      const uint8_t *data, size_t len)
{
    uint8_t buf[2048];
    size_t head = rtc_turn_head(relay->client, peer);
    int total;

    if (head + len > sizeof buf)
        return false;
    memcpy(buf + head, data, len);
    total = rtc_turn_wrap(relay->client, peer, buf, head, len, sizeof buf,
                          now_of(relay));
    set_timer(relay);
    return total > 0 && probe_line_send(relay->line, buf, (size_t)total);
}

void probe_relay_release(struct probe_relay *relay, bool wait)
{
    if (!relay->client)
        return;
    rtc_turn_release(relay->client, now_of(relay));
    begin_step(relay, PROBE_RELEASE);
    driver_timer_set(relay->limit, now_of(relay) + RELEASE_US);
    pump(relay);
    if (wait && relay->is_waiting)
        driver_run(relay->setup.driver);
    relay->is_waiting = false;
}

/* ---- the whole ----------------------------------------------------------- */

struct probe_relay *probe_relay_new(const struct probe_relay_setup *setup)
{
    struct probe_relay *relay = calloc(1, sizeof *relay);

    if (!relay)
        die(RTC_EXIT_INTERNAL, "out of memory");
    relay->setup = *setup;
    relay->log = (struct rtc_log){.fn = cli_log, .level = cli_log_level()};
    relay->facts.lifetime = -1;
    for (int i = 0; i < PROBE_PHASE_COUNT; i++)
        relay->facts.times[i] = -1;
    relay->timer = driver_timer_new(setup->driver, on_due, relay);
    relay->limit = driver_timer_new(setup->driver, on_limit, relay);
    if (!relay->timer || !relay->limit)
        die(RTC_EXIT_INTERNAL, "out of memory");
    return relay;
}

void probe_relay_free(struct probe_relay *relay)
{
    if (!relay)
        return;
    close_all(relay);
    driver_watch_free(relay->timer);
    driver_watch_free(relay->limit);
    free(relay);
}

const struct probe_failure *probe_relay_failure(const struct probe_relay *relay)
{
    return &relay->failure;
}

char *probe_relay_refusal(const struct probe_relay *relay, unsigned code,
                          char buf[PROBE_REFUSAL_LEN])
{
    return probe_refusal(code, relay->reason, relay->is_challenged, buf);
}

const struct probe_relay_facts *
probe_relay_facts(const struct probe_relay *relay)
{
    return &relay->facts;
}
