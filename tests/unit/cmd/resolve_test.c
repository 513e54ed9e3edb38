/* SPDX-License-Identifier: MIT
 *
 * Names: localhost as the machine has it; and, with a getaddrinfo of our own,
 * order, doubles, failure, and one that never answers.
 */
#include "cmd/resolve.h"

#include <dlfcn.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/socket.h>

#include "tap.h"

static struct driver *driver;
static sem_t release, released;

/* What the fake name server knows. */
static int fake(const char *host, struct addrinfo **ret_found)
{
    static struct sockaddr_in names[12];
    static struct addrinfo found[12];

    if (!strcmp(host, "broken.test")) {
        errno = EMFILE;
        return EAI_SYSTEM;
    }
    if (!strcmp(host, "slow.test")) {
        sem_wait(&release);
        sem_post(&released);
        return EAI_AGAIN;
    }
    if (strcmp(host, "many.test"))
        return EAI_NONAME;
    for (int i = 0; i < 12; i++) {
        names[i].sin_family = AF_INET;
        names[i].sin_addr.s_addr = htonl(0xc0000201u + (unsigned)i / 2);
        if (i >= 4)
            names[i].sin_addr.s_addr = htonl(0xc0000280u + (unsigned)i);
        found[i] = (struct addrinfo){
            .ai_family = AF_INET,
            .ai_addr = (struct sockaddr *)&names[i],
            .ai_addrlen = sizeof names[i],
            .ai_next = i < 11 ? &found[i + 1] : NULL,
        };
    }
    *ret_found = found;
    return 0;
}

static bool is_fake;

int getaddrinfo(const char *host, const char *service,
                const struct addrinfo *hints, struct addrinfo **ret_found)
{
    int (*real)(const char *, const char *, const struct addrinfo *,
                struct addrinfo **);

    if (is_fake)
        return fake(host, ret_found);
    *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
    return real(host, service, hints, ret_found);
}

void freeaddrinfo(struct addrinfo *found)
{
    void (*real)(struct addrinfo *);

    if (is_fake)
        return;
    *(void **)&real = dlsym(RTLD_NEXT, "freeaddrinfo");
    real(found);
}

static struct rtc_addr got[RESOLVE_MOST];
static unsigned got_count, calls;
static char got_why[256];

static void on_resolved(void *user, const struct rtc_addr *addrs,
                        unsigned count, const char *why)
{
    (void)user;
    calls++;
    got_count = count;
    memcpy(got, addrs, count * sizeof *addrs);
    snprintf(got_why, sizeof got_why, "%s", why ? why : "");
    driver_stop(driver);
}

static void look_up(const char *host, rtc_usec limit_us)
{
    struct resolve_request request = {host, 3478, 0,
                                      driver_now(driver) + limit_us};
    struct resolve *resolve =
        resolve_start(driver, &request, on_resolved, NULL);

    calls = 0;
    ok(resolve != NULL, host);
    driver_run(driver);
    is_int(calls, 1, "one call");
    resolve_free(resolve);
}

static void test_localhost(void)
{
    static const uint8_t v4[] = {127, 0, 0, 1}, v6[16] = {[15] = 1};
    bool all = true;

    look_up("localhost", 10000000);
    for (unsigned i = 0; i < got_count; i++)
        all = all && got[i].port == 3478 &&
              !memcmp(got[i].ip, got[i].family == 4 ? v4 : v6,
                      got[i].family == 4 ? 4 : 16);
    ok(all && got_count > 0, "is this machine");
}

static void test_literal(void)
{
    struct rtc_addr addr;
    char text[RTC_ADDR_TEXT];

    ok(resolve_literal("192.0.2.7", 5, &addr), "an IPv4 address");
    is_str(rtc_addr_write(&addr, text), "192.0.2.7:5", "with its port");
    ok(resolve_literal("2001:db8::1", 6, &addr), "an IPv6 address");
    is_str(rtc_addr_write(&addr, text), "[2001:db8::1]:6", "with its port");
    ok(!resolve_literal("localhost", 1, &addr), "a name is none");
}

static void test_fake(void)
{
    is_fake = true;
    look_up("many.test", 10000000);
    is_int(got_count, RESOLVE_MOST, "no more than we take");
    ok(got[0].ip[3] == 1 && got[1].ip[3] == 2 && got[2].ip[3] == 0x84,
       "in order, each once");
    look_up("none.test", 10000000);
    is_int(got_count, 0, "a name that is not known");
    is_str(got_why, gai_strerror(EAI_NONAME), "is said to be");
    look_up("broken.test", 10000000);
    is_str(got_why, strerror(EMFILE), "an error of the system");
    look_up("slow.test", 20000);
    is_str(got_why, "no name server answered in time", "one that is slow");
    sem_post(&release);
    sem_wait(&released);
    is_int(calls, 1, "is not heard when it comes late");
}

int main(void)
{
    sem_init(&release, 0, 0);
    sem_init(&released, 0, 0);
    driver = driver_new();
    test_localhost();
    test_literal();
    test_fake();
    driver_free(driver);
    return tap_done();
}
