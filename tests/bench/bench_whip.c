/* SPDX-License-Identifier: MIT
 * From the start of `rtc-send --whip URL` to its first media packet at the
 * server, over loopback, with a server that answers at once. The limit is what
 * cannot be left out, measured in the same run: starting the same program for
 * nothing (--version), its key, one handshake's cryptography, and the round
 * trips: TCP, POST, a check, two of DTLS. */
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "rtc.h"
#include "tests/bench/bare.h"
#include "tests/bench/bench.h"

#define RUNS 40
#define LIMIT 4.0
#define ROUND_TRIPS 5
#define CLIP "tests/vectors/media/media_vp8.ivf"

extern char **environ;

/* One run: the server's peer with its socket, and the sender's process. */
struct run {
    struct event_base *base;
    struct rtc_peer *peer;
    int fd;
    struct rtc_addr local;
    struct event *readable, *timer, *ended;
    pid_t pid;
    double first_at; /* when the first media came, 0: not yet */
};

static void draw(void *user, void *buf, size_t len)
{
    (void)user;
    bench_need(getrandom(buf, len, 0) == (ssize_t)len, "no randomness");
}

static rtc_usec now_us(void)
{
    return (rtc_usec)(bench_now() / 1e3);
}

/* ---- the server's peer --------------------------------------------------- */

static struct sockaddr_in name_of(const struct rtc_addr *addr)
{
    struct sockaddr_in name = {.sin_family = AF_INET,
                               .sin_port = htons(addr->port)};

    memcpy(&name.sin_addr, addr->ip, 4);
    return name;
}

static void send_all(struct run *run)
{
    static uint8_t buf[65536];
    struct rtc_datagrams d;
    int len;

    while ((len = rtc_peer_transmit(run->peer, buf, sizeof buf, &d, now_us())) >
           0) {
        struct sockaddr_in to = name_of(&d.path.remote);
        for (size_t at = 0; at < (size_t)len; at += d.segment) {
            size_t left = (size_t)len - at;
            sendto(run->fd, buf + at, left < d.segment ? left : d.segment, 0,
                   (struct sockaddr *)&to, sizeof to);
        }
    }
}

static void drain(struct run *run)
{
    struct rtc_event event;
    struct timeval wait = {0};
    rtc_usec left;

    send_all(run);
    while (rtc_peer_poll(run->peer, &event))
        ;
    left = rtc_peer_deadline(run->peer) - now_us();
    left = left < 0 ? 0 : left > 1000000 ? 1000000 : left;
    wait.tv_sec = left / 1000000;
    wait.tv_usec = left % 1000000;
    evtimer_add(run->timer, &wait);
}

static void on_timer(evutil_socket_t fd, short what, void *user)
{
    struct run *run = user;

    (void)fd;
    (void)what;
    rtc_peer_tick(run->peer, now_us());
    drain(run);
}

static void on_readable(evutil_socket_t fd, short what, void *user)
{
    struct run *run = user;
    struct rtc_path path = {.local = run->local};
    struct rtc_track_stats stats;
    struct sockaddr_in from;
    socklen_t from_len = sizeof from;
    uint8_t buf[2048];
    ssize_t len = recvfrom((int)fd, buf, sizeof buf, 0,
                           (struct sockaddr *)&from, &from_len);

    (void)what;
    if (len <= 0)
        return;
    path.remote.family = 4;
    path.remote.port = ntohs(from.sin_port);
    memcpy(path.remote.ip, &from.sin_addr, 4);
    rtc_peer_receive(run->peer, &path, buf, (size_t)len, 0, now_us());
    if (!run->first_at && !rtc_peer_track_stats(run->peer, 0, &stats) &&
        stats.packets_received)
        run->first_at = bench_now();
    drain(run);
    if (run->first_at)
        kill(run->pid, SIGKILL); /* seen enough */
}

static void make_peer(struct run *run)
{
    struct sockaddr_in name = {.sin_family = AF_INET};
    socklen_t len = sizeof name;
    struct rtc_config config;

    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    run->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    bench_need(run->fd >= 0 &&
                   !bind(run->fd, (struct sockaddr *)&name, sizeof name) &&
                   !getsockname(run->fd, (struct sockaddr *)&name, &len),
               "no socket");
    run->local = (struct rtc_addr){
        .family = 4, .port = ntohs(name.sin_port), .ip = {127, 0, 0, 1}};
    rtc_config_init(&config);
    config.random = draw;
    bench_need(
        !rtc_peer_new(&run->peer, &config) &&
            !rtc_peer_add_local(run->peer, &run->local, RTC_UDP, now_us()),
        "no peer");
}

/* ---- HTTP ---------------------------------------------------------------- */

static void on_post(struct run *run, struct evhttp_request *request)
{
    struct evbuffer *in = evhttp_request_get_input_buffer(request);
    size_t len = evbuffer_get_length(in);
    const char *offer = (const char *)evbuffer_pullup(in, -1);
    struct evkeyvalq *headers = evhttp_request_get_output_headers(request);
    struct evbuffer *out = evbuffer_new();
    static char answer[65536];
    int answer_len = -1;

    if (offer && !rtc_peer_remote_offer(run->peer, offer, len, now_us()))
        answer_len =
            rtc_peer_answer(run->peer, answer, sizeof answer, now_us());
    bench_need(out && answer_len > 0, "no answer");
    evbuffer_add(out, answer, (size_t)answer_len);
    evhttp_add_header(headers, "Content-Type", "application/sdp");
    evhttp_add_header(headers, "Location", "/session");
    evhttp_send_reply(request, 201, "Created", out);
    evbuffer_free(out);
    drain(run);
}

static void on_request(struct evhttp_request *request, void *user)
{
    if (evhttp_request_get_command(request) == EVHTTP_REQ_POST)
        on_post(user, request);
    else
        evhttp_send_reply(request, 200, "OK", NULL);
}

static struct evhttp *listen_http(struct run *run, unsigned *ret_port)
{
    struct evhttp *http = evhttp_new(run->base);
    struct evhttp_bound_socket *bound =
        http ? evhttp_bind_socket_with_handle(http, "127.0.0.1", 0) : NULL;
    struct sockaddr_in name;
    socklen_t len = sizeof name;

    bench_need(bound && !getsockname(evhttp_bound_socket_get_fd(bound),
                                     (struct sockaddr *)&name, &len),
               "no HTTP server");
    evhttp_set_allowed_methods(http, EVHTTP_REQ_POST | EVHTTP_REQ_DELETE |
                                         EVHTTP_REQ_PATCH);
    evhttp_set_gencb(http, on_request, run);
    *ret_port = ntohs(name.sin_port);
    return http;
}

/* ---- one run ------------------------------------------------------------- */

static const char *sender = "./rtc-send", *clip = CLIP;

static void find_files(void)
{
    if (!access(".libs/rtc-send", X_OK)) {
        setenv("LD_LIBRARY_PATH", ".libs", 1);
        sender = ".libs/rtc-send";
    }
    if (access(clip, R_OK))
        clip = "../../" CLIP;
    bench_need(!access(clip, R_OK), CLIP);
}

static void on_ended(evutil_socket_t fd, short what, void *user)
{
    struct run *run = user;
    int status;

    (void)fd;
    (void)what;
    if (waitpid(run->pid, &status, WNOHANG) == run->pid)
        event_base_loopbreak(run->base);
}

static pid_t spawn(const char *const argv[])
{
    pid_t pid;

    bench_need(!posix_spawnp(&pid, argv[0], NULL, NULL,
                             (char **)(uintptr_t)argv, environ),
               argv[0]);
    return pid;
}

static double run_once(void)
{
    struct run run = {.base = event_base_new()};
    char url[64];
    const char *const argv[] = {sender,        "-q",        "--whip", url,
                                "--interface", "127.0.0.1", clip,     NULL};
    struct evhttp *http;
    unsigned port;
    double begin;

    make_peer(&run);
    http = listen_http(&run, &port);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/whip", port);
    run.readable =
        event_new(run.base, run.fd, EV_READ | EV_PERSIST, on_readable, &run);
    run.timer = evtimer_new(run.base, on_timer, &run);
    run.ended = evsignal_new(run.base, SIGCHLD, on_ended, &run);
    event_add(run.readable, NULL);
    event_add(run.ended, NULL);
    begin = bench_now();
    run.pid = spawn(argv);
    event_base_dispatch(run.base);
    bench_need(run.first_at > 0, "no media came");
    event_free(run.readable);
    event_free(run.timer);
    event_free(run.ended);
    evhttp_free(http);
    event_base_free(run.base);
    rtc_peer_free(run.peer);
    close(run.fd);
    return (run.first_at - begin) / 1e6;
}

/* ---- the limit ----------------------------------------------------------- */

static double start_once(void)
{
    const char *const argv[] = {"sh", "-c", "exec \"$0\" --version >/dev/null",
                                sender, NULL};
    double begin = bench_now();
    pid_t pid = spawn(argv);
    int status;

    bench_need(waitpid(pid, &status, 0) == pid && !status, sender);
    return (bench_now() - begin) / 1e6;
}

static double crypto_once(const struct bare_identity identities[2])
{
    static struct bare_pair pair;
    struct bare_identity identity;
    double begin = bench_now(), end;

    bare_make_key(&identity);
    bare_connect(&pair, identities);
    end = bench_now();
    bare_pair_done(&pair);
    bare_identity_done(&identity);
    return (end - begin) / 1e6;
}

/* A byte to another process and back. */
static double round_trip_once(int fd)
{
    double begin = bench_now();
    char byte = 1;

    bench_need(write(fd, &byte, 1) == 1 && read(fd, &byte, 1) == 1, "no echo");
    return (bench_now() - begin) / 1e6;
}

static pid_t echo(const int ends[2])
{
    pid_t pid = fork();
    char byte;

    if (pid == 0)
        close(ends[0]);
    while (pid == 0)
        if (read(ends[1], &byte, 1) != 1 || write(ends[1], &byte, 1) != 1)
            _exit(0);
    return pid;
}

int main(int argc, char **argv)
{
    static double ours[RUNS], start[RUNS], crypto[RUNS], trip[RUNS];
    struct bare_identity identities[2];
    double parts[3];
    int ends[2], status;
    pid_t pid;

    find_files();
    bench_need(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends),
               "no sockets");
    pid = echo(ends);
    close(ends[1]);
    for (int i = 0; i < 2; i++)
        bare_identity_init(&identities[i]);
    for (unsigned i = 0; i < RUNS; i++) {
        ours[i] = run_once();
        start[i] = start_once();
        crypto[i] = crypto_once(identities);
        trip[i] = round_trip_once(ends[0]);
    }
    close(ends[0]);
    waitpid(pid, &status, 0);
    parts[0] = bench_quantile(start, RUNS, 0.5);
    parts[1] = bench_quantile(crypto, RUNS, 0.5);
    parts[2] = ROUND_TRIPS * bench_quantile(trip, RUNS, 0.5);
    bench_judge("whip.first_packet.p50", "ms", bench_quantile(ours, RUNS, 0.5),
                parts[0] + parts[1] + parts[2], LIMIT);
    printf("%-24s start_ms=%.4g crypto_ms=%.4g round_trips_ms=%.4g\n", "",
           parts[0], parts[1], parts[2]);
    for (int i = 0; i < 2; i++)
        bare_identity_done(&identities[i]);
    return bench_exit(argc, argv);
}
