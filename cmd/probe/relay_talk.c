/* SPDX-License-Identifier: MIT
 *
 * Between the TURN client and the line. What the client keeps to itself, such
 * as how a permission was refused, is read from the server's answers on their
 * way to it.
 */
#include "cmd/cli.h"
#include "cmd/probe/relay_machine.h"
#include "cmd/sockaddr.h"

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
    probe_relay_end_step(relay);
}

/* The client gave its allocation up, and asks for the next one. */
static bool wants_another(const struct probe_relay *relay)
{
    return rtc_turn_state(relay->client) == RTC_TURN_ALLOCATING &&
           rtc_turn_generation(relay->client) > 0;
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
    /* The client failed at once if that was no challenge it could take. */
    if (m->error_code == 401 &&
        rtc_turn_state(relay->client) != RTC_TURN_FAILED)
        relay->is_challenged = true;
    if (m->class == RTC_STUN_SUCCESS && m->method == RTC_STUN_ALLOCATE &&
        m->has_lifetime)
        relay->facts.lifetime = (rtc_usec)m->lifetime * 1000000;
    relay->is_lost |= wants_another(relay);
    note_answer(relay, m);
}

void probe_relay_receive(struct probe_relay *relay, uint8_t *data, size_t len)
{
    struct rtc_turn_data unwrapped;
    struct rtc_stun m;
    bool is_message =
        rtc_stun_is_message(data, len) && rtc_stun_parse(&m, data, len) == 0;

    if (!relay->client)
        return;
    switch (rtc_turn_receive(relay->client, data, len, &unwrapped,
                             probe_relay_now(relay))) {
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

void probe_relay_set_timer(struct probe_relay *relay)
{
    rtc_usec due = rtc_turn_deadline(relay->client);

    if (due == relay->due)
        return;
    relay->due = due;
    driver_timer_set(relay->timer, due);
}

static bool is_following(const struct probe_relay *relay, unsigned code)
{
    return code == 300 && probe_relay_is_stream(relay) &&
           rtc_turn_alternate(relay->client)->family &&
           relay->facts.redirects < PROBE_REDIRECT_MOST;
}

static void explain_silence(struct probe_relay *relay)
{
    char text[RTC_ADDR_TEXT];

    rtc_addr_write(remote_of(relay), text);
    if (relay->is_heard)
        probe_relay_fail(relay, RTC_EXIT_GATHER, 0,
                         "%s falls silent, or what it answers makes no sense",
                         text);
    else if (probe_relay_is_stream(relay))
        probe_relay_fail(
            relay, RTC_EXIT_GATHER, 0,
            "%s takes the connection, but no TURN server answers there", text);
    else
        probe_relay_fail(
            relay, RTC_EXIT_GATHER, 0,
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
        probe_relay_end_step(relay);
    if (state == RTC_TURN_ALLOCATED && allocating)
        probe_relay_end_step(relay);
    if (wants_another(relay))
        probe_relay_fail(relay, RTC_EXIT_GATHER, 0, "%s",
                         relay->is_lost ? "the server lost the allocation"
                                        : "the server fell silent");
    if (state != RTC_TURN_FAILED || relay->failure.status)
        return;
    code = rtc_turn_error(relay->client, NULL);
    if (is_following(relay, code))
        probe_relay_end_step(relay);
    else if (code)
        probe_relay_fail(relay, RTC_EXIT_TURN, code, "%s",
                         probe_relay_refusal(relay, code, why));
    else
        explain_silence(relay);
}

/* Sends what is due, and looks what became of it. */
void probe_relay_pump(struct probe_relay *relay)
{
    uint8_t buf[RTC_TURN_CONTROL_MOST];
    int len;

    if (!relay->client)
        return;
    while ((len = rtc_turn_transmit(relay->client, buf, sizeof buf,
                                    probe_relay_now(relay))) > 0) {
        follow(relay);
        probe_line_send(relay->line, buf, (size_t)len);
    }
    look(relay);
    probe_relay_set_timer(relay);
}
