/* SPDX-License-Identifier: MIT
 *
 * Keeps the requests that are under way in a list, sends each when it is due,
 * and gives answers to whoever asked. Any source may answer: where from is part
 * of what is measured; the random id is what must fit.
 */
#include "cmd/probe/port.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cli.h"
#include "cmd/sockaddr.h"
#include "cmd/socket.h"
#include "stun/auth.h"

#define REQUEST_LEN 64

struct request {
    struct request *next;
    struct probe_ask ask;
    struct rtc_stun_transaction transaction;
    rtc_usec sent_at;
    probe_answer_fn fn;
    void *user;
};

struct probe_port {
    struct driver *driver;
    struct udp_socket socket;
    struct socket_batch *batch;
    struct impair *impair; /* or NULL */
    struct driver_watch *readable, *timer;
    struct request *requests;
    bool is_heard;
    unsigned reached;
    struct rtc_addr stray; /* of the last one */
};

int probe_source(const struct rtc_addr *remote, struct rtc_addr *ret_local)
{
    union sockaddr_any name;
    socklen_t len = sockaddr_write(remote, &name);
    int fd = socket(name.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int error;

    if (fd < 0)
        return -1;
    error =
        connect(fd, &name.any, len) < 0 || getsockname(fd, &name.any, &len) < 0;
    if (!error) {
        sockaddr_read(&name, ret_local);
        ret_local->port = 0;
    } else {
        error = errno;
    }
    close(fd);
    errno = error;
    return error ? -1 : 0;
}

/* ---- answers ------------------------------------------------------------- */

bool probe_answer_is_good(const struct probe_answer *answer)
{
    return answer->is_answered && !answer->error_code && answer->mapped.family;
}

const char *probe_answer_trouble(const struct probe_answer *answer,
                                 char buf[PROBE_TROUBLE_LEN])
{
    if (!answer->is_answered)
        snprintf(buf, PROBE_TROUBLE_LEN, "does not answer");
    else if (answer->error_code)
        snprintf(buf, PROBE_TROUBLE_LEN, "refuses: error %u",
                 answer->error_code);
    else
        snprintf(buf, PROBE_TROUBLE_LEN, "answers, but names no address");
    return buf;
}

/* Not 0.0.0.0 or ::, and with a port. (It may be of the other family: there are
 * NATs from one to the other.) */
static bool is_address(const struct rtc_addr *addr)
{
    static const uint8_t none[sizeof addr->ip];

    return addr->family && addr->port && memcmp(addr->ip, none, sizeof none);
}

/* ---- sending ------------------------------------------------------------- */

/* An impair_fn. A full socket loses it, as any network may. */
static bool send_impaired(void *user, const struct rtc_path *path,
                          uint8_t *data, size_t len)
{
    struct probe_port *port = user;

    socket_send(&port->socket, &path->remote, data, len, len);
    return true;
}

static void send_datagram(struct probe_port *port,
                          const struct rtc_addr *remote, uint8_t *data,
                          size_t len)
{
    const struct rtc_path path = {
        .local = port->socket.addr, .remote = *remote, .transport = RTC_UDP};
    const struct impair_run run = {&path, data, len, 0, send_impaired, port};

    if (port->impair)
        impair_pass(port->impair, IMPAIR_OUT, &run);
    else
        send_impaired(port, &path, data, len);
}

static void send_request(struct probe_port *port, struct request *request)
{
    uint8_t data[REQUEST_LEN];
    struct rtc_writer w;
    rtc_usec now = driver_now(port->driver);

    rtc_writer_init(&w, data, sizeof data);
    rtc_stun_write_begin(&w, RTC_STUN_REQUEST, RTC_STUN_BINDING,
                         request->transaction.id);
    if (request->ask.change)
        rtc_stun_write_u32(&w, RTC_STUN_CHANGE_REQUEST, request->ask.change);
    if (request->ask.response_port)
        rtc_stun_write_u32(&w, RTC_STUN_RESPONSE_PORT,
                           (uint32_t)request->ask.response_port << 16);
    rtc_stun_write_fingerprint(&w);
    request->sent_at = now;
    rtc_stun_transaction_sent(&request->transaction, &request->ask.retry, now);
    send_datagram(port, &request->ask.server, data, w.len);
}

static void set_timer(struct probe_port *port)
{
    rtc_usec due = RTC_NEVER;

    for (struct request *at = port->requests; at; at = at->next)
        if (at->transaction.due_at < due)
            due = at->transaction.due_at;
    driver_timer_set(port->timer, due);
}

/* Takes the request out and tells its owner. */
static void end_request(struct probe_port *port, struct request *request,
                        const struct probe_answer *answer)
{
    struct request **at = &port->requests;

    while (*at != request)
        at = &(*at)->next;
    *at = request->next;
    request->fn(request->user, answer);
    free(request);
}

/* The first request that has something due, or NULL. */
static struct request *find_due(struct probe_port *port, rtc_usec now,
                                enum rtc_stun_step *ret_step)
{
    struct request *at = port->requests;

    for (; at; at = at->next) {
        *ret_step =
            rtc_stun_transaction_step(&at->transaction, &at->ask.retry, now);
        if (*ret_step != RTC_STUN_WAIT)
            break;
    }
    return at;
}

static void on_due(void *user, int what)
{
    const struct probe_answer silence = {0};
    struct probe_port *port = user;
    enum rtc_stun_step step;
    struct request *request;

    (void)what;
    while ((request = find_due(port, driver_now(port->driver), &step)))
        if (step == RTC_STUN_RESEND)
            send_request(port, request);
        else
            end_request(port, request, &silence);
    set_timer(port);
}

void probe_port_ask(struct probe_port *port, const struct probe_ask *ask,
                    probe_answer_fn fn, void *user)
{
    struct request *request = calloc(1, sizeof *request);
    uint8_t id[RTC_STUN_ID_LEN];

    if (!request)
        die(RTC_EXIT_INTERNAL, "out of memory");
    driver_random(NULL, id, sizeof id);
    request->ask = *ask;
    request->fn = fn;
    request->user = user;
    rtc_stun_transaction_start(&request->transaction, id,
                               driver_now(port->driver));
    request->next = port->requests;
    port->requests = request;
    send_request(port, request);
    set_timer(port);
}

/* ---- receiving ----------------------------------------------------------- */

static void receive(struct probe_port *port, const uint8_t *data, size_t len,
                    const struct rtc_addr *from)
{
    struct request *at = port->requests;
    struct probe_answer answer = {.is_answered = true, .from = *from};
    struct rtc_stun message;

    port->is_heard = true;
    if (rtc_stun_parse(&message, data, len) ||
        message.method != RTC_STUN_BINDING ||
        !rtc_stun_check_fingerprint(&message))
        return;
    if (message.class == RTC_STUN_REQUEST)
        port->reached++;
    if (message.class != RTC_STUN_SUCCESS && message.class != RTC_STUN_ERROR)
        return;
    while (at && !rtc_stun_transaction_answer(&at->transaction, message.id))
        at = at->next;
    if (!at) {
        if (message.class == RTC_STUN_SUCCESS)
            port->stray = message.mapped;
        return;
    }
    answer.error_code = message.class == RTC_STUN_ERROR
                            ? message.error_code ? message.error_code : 500
                            : 0;
    if (is_address(&message.mapped))
        answer.mapped = message.mapped;
    answer.other = message.other;
    answer.rtt_us = driver_now(port->driver) - at->sent_at;
    end_request(port, at, &answer);
}

/* An impair_fn. */
static bool receive_impaired(void *user, const struct rtc_path *path,
                             uint8_t *data, size_t len)
{
    receive(user, data, len, &path->remote);
    set_timer(user);
    return true;
}

static void receive_item(struct probe_port *port,
                         const struct socket_item *item)
{
    const struct rtc_path path = {.local = port->socket.addr,
                                  .remote = item->remote,
                                  .transport = RTC_UDP};
    const struct impair_run run = {&path,         item->data,       item->len,
                                   item->segment, receive_impaired, port};
    size_t segment = item->segment ? item->segment : item->len;

    if (port->impair) {
        impair_pass(port->impair, IMPAIR_IN, &run);
        return;
    }
    for (size_t at = 0; at < item->len; at += segment)
        receive(port, item->data + at,
                item->len - at < segment ? item->len - at : segment,
                &item->remote);
}

static void on_readable(void *user, int fd)
{
    struct probe_port *port = user;
    const struct socket_item *items;
    unsigned count = socket_recv(&port->socket, port->batch, &items);

    (void)fd;
    for (unsigned i = 0; i < count; i++)
        receive_item(port, &items[i]);
    set_timer(port);
}

const struct rtc_addr *probe_port_stray(const struct probe_port *port)
{
    return &port->stray;
}

bool probe_port_is_heard(const struct probe_port *port)
{
    return port->is_heard;
}

unsigned probe_port_reached(const struct probe_port *port)
{
    return port->reached;
}

/* ---- the port ------------------------------------------------------------ */

struct probe_port *probe_port_new(struct driver *driver,
                                  const struct rtc_addr *local)
{
    struct probe_port *port = calloc(1, sizeof *port);

    if (!port || socket_open(&port->socket, local) < 0) {
        free(port);
        return NULL;
    }
    port->driver = driver;
    port->batch = socket_batch_new();
    port->timer = driver_timer_new(driver, on_due, port);
    port->readable = driver_watch_fd(driver, port->socket.fd, DRIVER_READ,
                                     on_readable, port);
    if (!port->batch || !port->timer || !port->readable) {
        probe_port_free(port);
        errno = ENOMEM;
        return NULL;
    }
    return port;
}

void probe_port_impair(struct probe_port *port, struct impair *impair)
{
    port->impair = impair;
}

const struct rtc_addr *probe_port_addr(const struct probe_port *port)
{
    return &port->socket.addr;
}

void probe_port_free(struct probe_port *port)
{
    if (!port)
        return;
    impair_forget(port->impair, port);
    while (port->requests) {
        struct request *next = port->requests->next;

        free(port->requests);
        port->requests = next;
    }
    driver_watch_free(port->readable);
    driver_watch_free(port->timer);
    socket_batch_free(port->batch);
    socket_close(&port->socket);
    free(port);
}
