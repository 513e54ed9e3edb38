/* SPDX-License-Identifier: MIT
 *
 * Both signals are blocked and come out of a signalfd, which can be waited for
 * beside an input without a moment in which one is missed.
 */
#include "cmd/probe/interrupt.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "cmd/cli.h"

static int signals = -1, number;

void probe_interrupt_init(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (signals < 0)
        die(RTC_EXIT_INTERNAL, "no signalfd: %s", strerror(errno));
}

int probe_interrupted(void)
{
    struct signalfd_siginfo info;

    if (number == 0 && read(signals, &info, sizeof info) == sizeof info)
        number = (int)info.ssi_signo;
    return number;
}

void probe_interrupt_wait(int fd, int timeout_ms)
{
    struct pollfd waits[2] = {{.fd = fd, .events = POLLIN},
                              {.fd = signals, .events = POLLIN}};

    if (!probe_interrupted())
        poll(waits, 2, timeout_ms);
}
