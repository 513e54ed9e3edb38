/* SPDX-License-Identifier: MIT
 * What one of many viewers costs rtc-probe: the processor time of
 * `rtc-probe whep --parallel` at the media server of the tests, over loopback.
 * The limit is what cannot be left out, measured in the same run: a key, one
 * end's share of a handshake, and each datagram through the kernel by itself,
 * as they come when nobody waits for the next. */
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/bare.h"
#include "tests/bench/bench.h"

#define ROUNDS 3
#define VIEWERS 100
#define VIEWERS_TEXT "100"
#define HANDSHAKES 50
#define DATAGRAMS 50000
#define LEN 500
#define LIMIT 8.0

extern char **environ;

/* ---- processor time, in microseconds ------------------------------------- */

static double cpu_of(int who)
{
    struct rusage usage;

    getrusage(who, &usage);
    return 1e6 * (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

/* ---- the limit ----------------------------------------------------------- */

/* A key and half of what both ends do. */
static double handshake_us(void)
{
    struct bare_identity identities[2], own = {0};
    struct bare_pair pair;
    double begun = cpu_of(RUSAGE_SELF), key;

    for (int i = 0; i < HANDSHAKES; i++) {
        bare_make_key(&own);
        bare_identity_done(&own);
    }
    key = (cpu_of(RUSAGE_SELF) - begun) / HANDSHAKES;
    bare_identity_init(&identities[0]);
    bare_identity_init(&identities[1]);
    begun = cpu_of(RUSAGE_SELF);
    for (int i = 0; i < HANDSHAKES; i++) {
        bare_connect(&pair, identities);
        bare_pair_done(&pair);
    }
    key += (cpu_of(RUSAGE_SELF) - begun) / HANDSHAKES / 2;
    bare_identity_done(&identities[0]);
    bare_identity_done(&identities[1]);
    return key;
}

/* Sent to ourselves, waited for and read. */
static double datagram_us(void)
{
    struct sockaddr_in name = {.sin_family = AF_INET,
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t name_len = sizeof name;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    uint8_t buf[LEN] = {0};
    double begun;

    bench_need(fd >= 0 && !bind(fd, (struct sockaddr *)&name, sizeof name) &&
                   !getsockname(fd, (struct sockaddr *)&name, &name_len) &&
                   !connect(fd, (struct sockaddr *)&name, sizeof name),
               "no socket");
    begun = cpu_of(RUSAGE_SELF);
    for (int i = 0; i < DATAGRAMS; i++)
        bench_need(send(fd, buf, sizeof buf, 0) == LEN &&
                       poll(&wait, 1, 1000) == 1 &&
                       recv(fd, buf, sizeof buf, 0) == LEN,
                   "a datagram to ourselves did not come");
    close(fd);
    return (cpu_of(RUSAGE_SELF) - begun) / DATAGRAMS;
}

/* ---- the viewers --------------------------------------------------------- */

static pid_t start_server(FILE **ret_out)
{
    char *argv[] = {(char *)"tests/whip/media_server", NULL};
    posix_spawn_file_actions_t actions;
    int ends[2];
    pid_t pid;

    bench_need(!pipe(ends), "no pipe");
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_addclose(&actions, ends[0]);
    bench_need(!posix_spawn(&pid, argv[0], &actions, NULL, argv, environ),
               "no media server");
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    *ret_out = fdopen(ends[0], "r");
    return pid;
}

/* Processor time of all viewers; and how many packets they got. */
static double viewers_us(double *ret_packets)
{
    char url[64];
    char *argv[] = {(char *)"./rtc-probe",
                    (char *)"whep",
                    (char *)"-qq",
                    (char *)"--interface",
                    (char *)"lo",
                    (char *)"-t3s",
                    (char *)"--ramp=1s",
                    (char *)"-P" VIEWERS_TEXT,
                    (char *)"-i0",
                    (char *)"--json",
                    url,
                    NULL};
    posix_spawn_file_actions_t actions;
    unsigned port = 0, connected = 0;
    unsigned long long packets = 0;
    double begun;
    int status = -1;
    pid_t pid, server;
    FILE *out;

    server = start_server(&out);
    bench_need(fscanf(out, "%u", &port) == 1, "the media server says no port");
    snprintf(url, sizeof url, "http://127.0.0.1:%u/x", port);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", 1,
                                     0);
    begun = cpu_of(RUSAGE_CHILDREN);
    bench_need(!posix_spawn(&pid, argv[0], &actions, NULL, argv, environ) &&
                   waitpid(pid, &status, 0) == pid && status == 0,
               "rtc-probe whep failed");
    begun = cpu_of(RUSAGE_CHILDREN) - begun;
    posix_spawn_file_actions_destroy(&actions);
    kill(server, SIGTERM);
    bench_need(fscanf(out,
                      " {\"posts\": %*u, \"connected\": %u, \"deleted\": %*u, "
                      "\"frames\": %*u, \"packets\": %llu",
                      &connected, &packets) == 2 &&
                   connected == VIEWERS,
               "not all viewers connected");
    waitpid(server, NULL, 0);
    fclose(out);
    *ret_packets = (double)packets;
    return begun;
}

int main(int argc, char **argv)
{
    double values[ROUNDS], limits[ROUNDS], packets = 0;

    for (unsigned i = 0; i < ROUNDS; i++) {
        values[i] = viewers_us(&packets) / VIEWERS / 1e3;
        limits[i] = (handshake_us() + packets / VIEWERS * datagram_us()) / 1e3;
    }
    printf("viewer: %.0f packets in 3 s\n", packets / VIEWERS);
    bench_judge("one of 100 viewers, 3 s", "ms",
                bench_quantile(values, ROUNDS, 0.5),
                bench_quantile(limits, ROUNDS, 0.5), LIMIT);
    return bench_exit(argc, argv);
}
