/* SPDX-License-Identifier: MIT
 *
 * Without the driver, both signals are blocked and come out of a signalfd,
 * which can be waited for beside an input without a moment in which one is
 * missed.
 */
#include "cmd/probe/interrupt.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "cmd/cli.h"

static int descriptor = -1, number; /* of both; the one that came, or 0 */

/* ---- on the driver ------------------------------------------------------- */

static bool is_ignored(int which)
{
    struct sigaction inherited;

    return sigaction(which, NULL, &inherited) == 0 &&
           inherited.sa_handler == SIG_IGN;
}

void probe_signals_watch(struct probe_signals *signals, struct driver *driver,
                         driver_fn fn, void *user)
{
    static const int numbers[] = {SIGINT, SIGTERM};

    for (int i = 0; i < 2; i++) {
        if (is_ignored(numbers[i]))
            continue;
        signals->watches[i] = driver_watch_signal(driver, numbers[i], fn, user);
        if (!signals->watches[i])
            die(RTC_EXIT_INTERNAL, "out of memory");
    }
}

void probe_signals_done(struct probe_signals *signals)
{
    for (int i = 0; i < 2; i++)
        driver_watch_free(signals->watches[i]);
}

/* ---- without ------------------------------------------------------------- */

void probe_interrupt_init(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, NULL);
    descriptor = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (descriptor < 0)
        die(RTC_EXIT_INTERNAL, "no signalfd: %s", strerror(errno));
}

int probe_interrupted(void)
{
    struct signalfd_siginfo info;

    if (number == 0 && read(descriptor, &info, sizeof info) == sizeof info)
        number = (int)info.ssi_signo;
    return number;
}

void probe_interrupt_wait(int fd, int timeout_ms)
{
    struct pollfd waits[2] = {{.fd = fd, .events = POLLIN},
                              {.fd = descriptor, .events = POLLIN}};

    if (!probe_interrupted())
        poll(waits, 2, timeout_ms);
}
