/* SPDX-License-Identifier: MIT
 * Bytes through `rtc-send --data` and `rtc-recv --data`, two processes over
 * loopback, beside what two processes do that only send and receive datagrams
 * of the same size, one by one, in the same run. */
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/bench.h"

#define ROUNDS 3
#define BYTES ((size_t)512 << 20)
#define PACKET 1200
#define RAW_PACKETS 400000
#define SOCKET_BUFFER (4 << 20)
/* 1.5 Gbit/s where bare datagrams carry 3. */
#define LIMIT 2.0

extern char **environ;

/* ---- bare datagrams ------------------------------------------------------ */

static int open_socket(struct sockaddr_in *ret_name)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int len = SOCKET_BUFFER;
    socklen_t name_len = sizeof *ret_name;
    struct timeval patience = {.tv_usec = 300000};

    *ret_name = (struct sockaddr_in){.sin_family = AF_INET};
    ret_name->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bench_need(fd >= 0 &&
                   !bind(fd, (struct sockaddr *)ret_name, sizeof *ret_name) &&
                   !getsockname(fd, (struct sockaddr *)ret_name, &name_len),
               "no socket");
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &len, sizeof len);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    return fd;
}

static void flood(const struct sockaddr_in *to)
{
    static const uint8_t packet[PACKET];
    struct sockaddr_in own;
    int fd = open_socket(&own);

    for (unsigned i = 0; i < RAW_PACKETS; i++)
        if (sendto(fd, packet, sizeof packet, 0, (const struct sockaddr *)to,
                   sizeof *to) < 0)
            break;
    _exit(0);
}

/* Seconds for so many bytes of those that came: some are lost when the sender
 * is faster. */
static double raw_seconds(void)
{
    struct sockaddr_in name;
    int fd = open_socket(&name);
    uint8_t packet[PACKET];
    double first = 0, last = 0;
    size_t bytes = 0;
    ssize_t n;
    pid_t pid = fork();

    bench_need(pid >= 0, "no process");
    if (pid == 0)
        flood(&name);
    while ((n = recv(fd, packet, sizeof packet, 0)) > 0) {
        last = bench_now();
        if (!first)
            first = last;
        bytes += (size_t)n;
    }
    waitpid(pid, NULL, 0);
    close(fd);
    bench_need(bytes > BYTES / 16, "hardly a datagram came");
    return (last - first) / 1e9 * ((double)BYTES / (double)bytes);
}

/* ---- the tools ----------------------------------------------------------- */

static double pipe_seconds(const char *file)
{
    char *argv[] = {(char *)"./rtc-send",
                    (char *)"-q",
                    (char *)"--data",
                    (char *)"--interface",
                    (char *)"127.0.0.1",
                    (char *)"--signal",
                    (char *)"exec ./rtc-recv -q --data --interface 127.0.0.1 "
                            "--signal - -o /dev/null",
                    (char *)file,
                    NULL};
    double begun = bench_now();
    int status = -1;
    pid_t pid;

    bench_need(!posix_spawn(&pid, argv[0], NULL, NULL, argv, environ) &&
                   waitpid(pid, &status, 0) == pid && status == 0,
               "rtc-send --data failed");
    return (bench_now() - begun) / 1e9;
}

/* Zeros that take no room: they are encrypted like anything else. */
static void make_file(char *name)
{
    int fd = mkstemp(name);

    bench_need(fd >= 0 && !ftruncate(fd, (off_t)BYTES), "no file");
    close(fd);
}

int main(int argc, char **argv)
{
    double piped[ROUNDS], raw[ROUNDS], value, limit;
    char name[] = "bench_pipe.XXXXXX";

    make_file(name);
    for (unsigned i = 0; i < ROUNDS; i++) {
        raw[i] = raw_seconds();
        piped[i] = pipe_seconds(name);
    }
    unlink(name);
    value = bench_quantile(piped, ROUNDS, 0.5);
    limit = bench_quantile(raw, ROUNDS, 0.5);
    printf("data pipe: %.2f Gbit/s, bare datagrams %.2f Gbit/s\n",
           8 * (double)BYTES / value / 1e9, 8 * (double)BYTES / limit / 1e9);
    bench_judge("data pipe, 512 MiB", "s", value, limit, LIMIT);
    return bench_exit(argc, argv);
}
