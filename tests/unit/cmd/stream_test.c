/* SPDX-License-Identifier: MIT
 *
 * Streams over loopback: framing in pieces of every size, what is out of step,
 * a queue that is full, connections that fail; and TLS against a server whose
 * certificate is right, of another name, or of nobody.
 */
#include "cmd/stream.h"

#include <errno.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cmd/tcp.h"
#include "tap.h"

static struct driver *driver;
static const struct rtc_addr loopback = {.family = 4, .ip = {127, 0, 0, 1}};

/* One end and what it saw. */
struct side {
    struct stream *stream;
    unsigned count, opened, ended;
    size_t len; /* of the last datagram */
    uint8_t first, last;
    bool refuses;
    unsigned stop_at; /* datagrams */
    char why[256];
};

static void on_opened(void *user)
{
    struct side *side = user;

    side->opened++;
    driver_stop(driver);
}

static bool on_datagram(void *user, uint8_t *data, size_t len)
{
    struct side *side = user;

    side->count++;
    side->len = len;
    side->first = data[0];
    side->last = data[len - 1];
    if (side->count == side->stop_at)
        driver_stop(driver);
    return !side->refuses;
}

static void on_ended(void *user, const char *why)
{
    struct side *side = user;

    side->ended++;
    snprintf(side->why, sizeof side->why, "%s", why);
    stream_free(side->stream);
    side->stream = NULL;
    driver_stop(driver);
}

static struct stream_calls calls_of(struct side *side)
{
    return (struct stream_calls){.opened = on_opened,
                                 .datagram = on_datagram,
                                 .ended = on_ended,
                                 .user = side};
}

static void on_late(void *user, int what)
{
    (void)what;
    *(bool *)user = true;
    driver_stop(driver);
}

/* Until a callback stops it; false when that took longer. */
static bool run_for(rtc_usec limit_us)
{
    bool late = false;
    struct driver_watch *timer = driver_timer_new(driver, on_late, &late);

    driver_timer_set(timer, driver_now(driver) + limit_us);
    driver_run(driver);
    driver_watch_free(timer);
    return !late;
}

static bool run(void)
{
    return run_for(5000000);
}

/* A connection whose far end is a plain descriptor. */
static int adopt(struct side *side, enum rtc_framing framing)
{
    struct stream_calls calls = calls_of(side);
    int fds[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds))
        return -1;
    *side = (struct side){0};
    side->stream = stream_adopt(driver, fds[0], framing, &calls);
    return fds[1];
}

static void test_pieces(void)
{
    static const uint8_t bytes[] = {0, 3, 'a', 'b', 'c', 0, 0, 0, 1, 'z'};
    struct side side;
    int far = adopt(&side, RTC_FRAMING_ICE);

    for (size_t i = 0; i < sizeof bytes; i++) {
        side.stop_at = i == 4 || i == 9 ? side.count + 1 : 0;
        is_int(write(far, bytes + i, 1), 1, "one byte");
        if (side.stop_at)
            ok(run(), "a message is whole");
        else
            is_int(side.count, i > 4, "no message yet");
    }
    is_int(side.count, 2, "two messages, and an empty one that is none");
    ok(side.first == 'z' && side.len == 1, "the second one");
    close(far);
    ok(run() && side.ended == 1 && !side.stream, "its end is told once");
    is_str(side.why, "the other side closed the connection", "as such");
}

static void test_largest(void)
{
    static uint8_t big[2 + 65535];
    struct side side;
    int far = adopt(&side, RTC_FRAMING_ICE);
    size_t done = 0;

    memset(big, 'x', sizeof big);
    big[0] = big[1] = 0xff;
    big[sizeof big - 1] = 'y';
    side.stop_at = 1;
    /* The stream reads only while the driver runs. */
    while (done < sizeof big) {
        ssize_t n = write(far, big + done, sizeof big - done);

        done += n > 0 ? (size_t)n : 0;
        if (done < sizeof big)
            run_for(1000);
    }
    ok(side.count || run(), "the largest message there is");
    ok(side.len == 65535 && side.last == 'y', "whole");
    stream_free(side.stream);
    close(far);
}

static void test_out_of_step(void)
{
    struct side side;
    int far = adopt(&side, RTC_FRAMING_TURN);

    is_int(write(far, "GARBAGE\xff", 8), 8, "bytes of a STUN-like header");
    is_int(write(far, "\xff\xff\xff\xff", 4), 4, "and more");
    close(far);
    ok(run() && side.ended == 1, "it ends");
    far = adopt(&side, RTC_FRAMING_TURN);
    is_int(write(far, "\xff\xff\xff\xff", 4), 4, "no STUN, no channel");
    ok(run() && side.ended == 1, "ends at once");
    is_str(side.why, "what came is out of step", "and says why");
    close(far);
    far = adopt(&side, RTC_FRAMING_ICE);
    side.refuses = true;
    is_int(write(far, "\0\1a", 3), 3, "what the owner refuses");
    ok(run() && side.ended == 1 && side.count == 1, "ends it, too");
    close(far);
}

static void test_queue(void)
{
    static uint8_t data[1000], got[2 * STREAM_QUEUE_LEN + 1024 * 1024];
    struct side side;
    int far = adopt(&side, RTC_FRAMING_ICE);
    unsigned sent = 0;
    size_t len = 0, at = 0;
    ssize_t n;
    bool whole = true;

    while (stream_send(side.stream, data, sizeof data))
        sent++;
    ok(sent >= STREAM_QUEUE_LEN / 1002, "the queue takes what it says");
    is_int((int64_t)stream_dropped(side.stream), 1, "what it lacks is counted");
    ok(!stream_send(side.stream, data, sizeof data), "full is full");
    for (int i = 0; i < 1000 && len < sent * 1002u; i++) {
        while ((n = read(far, got + len, sizeof got - len)) > 0)
            len += (size_t)n;
        run_for(1000);
    }
    is_int((int64_t)len, (int64_t)sent * 1002, "all of it came, in the end");
    for (; at + 1002 <= len; at += 1002)
        whole = whole && got[at] == 1000 >> 8 && got[at + 1] == (1000 & 255);
    ok(whole, "and no datagram was cut");
    ok(stream_send(side.stream, data, sizeof data), "then there is room");
    stream_free(side.stream);
    close(far);
}

static void test_connecting(void)
{
    const struct stream_options options = {.framing = RTC_FRAMING_TURN,
                                           .open_us = 2000000};
    struct rtc_addr addr, from;
    struct side side = {0};
    struct stream_calls calls = calls_of(&side);
    int listener = tcp_listen(&loopback, (struct port_range){0, 0}, &addr);
    int far;
    char got[8];

    side.stream = stream_connect(driver, &addr, &loopback, &options, &calls);
    ok(stream_send(side.stream, (const uint8_t *)"early", 5),
       "what is sent early");
    ok(run() && side.opened == 1, "connected");
    far = tcp_accept(listener, &from);
    is_int(stream_local(side.stream, &addr), 0, "our end");
    is_int(addr.port, from.port, "is what the server sees");
    ok(recv(far, got, sizeof got, 0) == 5 && !memcmp(got, "early", 5),
       "arrives, unframed");
    stream_free(side.stream);
    close(far);
    close(listener);

    tcp_listen(&loopback, (struct port_range){0, 0}, &addr);
    side = (struct side){0};
    addr.port = 1; /* nobody listens there */
    side.stream = stream_connect(driver, &addr, NULL, &options, &calls);
    if (side.stream)
        ok(run() && side.ended == 1 && side.opened == 0, "refused");
    else
        is_int(errno, ECONNREFUSED, "refused at once");
}

/* ---- TLS ----------------------------------------------------------------- */

static char folder[] = "/tmp/stream_test.XXXXXX", cacert[64];

struct tls_server {
    int listener;
    gnutls_certificate_credentials_t credentials;
    bool talked;
};

/* A self-signed certificate for the name, its own authority. */
static void make_certificate(struct tls_server *server, const char *name)
{
    gnutls_x509_privkey_t key;
    gnutls_x509_crt_t certificate;
    gnutls_datum_t pem;
    FILE *out = fopen(cacert, "w");

    gnutls_x509_privkey_init(&key);
    gnutls_x509_privkey_generate(
        key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1),
        0);
    gnutls_x509_crt_init(&certificate);
    gnutls_x509_crt_set_version(certificate, 3);
    gnutls_x509_crt_set_serial(certificate, "\1", 1);
    gnutls_x509_crt_set_activation_time(certificate, time(NULL) - 3600);
    gnutls_x509_crt_set_expiration_time(certificate, time(NULL) + 3600);
    gnutls_x509_crt_set_dn_by_oid(certificate, GNUTLS_OID_X520_COMMON_NAME, 0,
                                  "test", 4);
    gnutls_x509_crt_set_subject_alt_name(certificate, GNUTLS_SAN_DNSNAME, name,
                                         (unsigned)strlen(name),
                                         GNUTLS_FSAN_SET);
    gnutls_x509_crt_set_key(certificate, key);
    gnutls_x509_crt_sign2(certificate, certificate, key, GNUTLS_DIG_SHA256, 0);
    gnutls_x509_crt_export2(certificate, GNUTLS_X509_FMT_PEM, &pem);
    fwrite(pem.data, pem.size, 1, out);
    fclose(out);
    gnutls_free(pem.data);
    gnutls_certificate_allocate_credentials(&server->credentials);
    gnutls_certificate_set_x509_key(server->credentials, &certificate, 1, key);
    gnutls_x509_crt_deinit(certificate);
    gnutls_x509_privkey_deinit(key);
}

/* Accepts one client and sends back what it says, up to its end. */
static void *serve(void *user)
{
    struct tls_server *server = user;
    gnutls_session_t session;
    char data[1024];
    int fd;
    struct pollfd wait = {.fd = server->listener, .events = POLLIN};
    ssize_t n;

    if (poll(&wait, 1, 5000) != 1)
        return NULL;
    fd = accept(server->listener, NULL, NULL);
    gnutls_init(&session, GNUTLS_SERVER | GNUTLS_NO_SIGNAL);
    gnutls_set_default_priority(session);
    gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE,
                           server->credentials);
    gnutls_transport_set_int(session, fd);
    gnutls_handshake_set_timeout(session, 5000);
    if (gnutls_handshake(session) == 0)
        while ((n = gnutls_record_recv(session, data, sizeof data)) > 0) {
            server->talked = true;
            gnutls_record_send(session, data, (size_t)n);
        }
    gnutls_deinit(session);
    close(fd);
    return NULL;
}

/* One connection to a server of `name`, which should be of `host`. */
static struct side talk(const char *name, const char *host, bool insecure,
                        bool trusted, bool *ret_talked)
{
    static const uint8_t message[] = {0x40, 0, 0, 4, 'e', 'c', 'h', 'o'};
    struct tls_server server = {0};
    struct rtc_addr addr;
    struct side side = {.stop_at = 1};
    struct stream_calls calls = calls_of(&side);
    char why[256];
    struct tls_trust *trust;
    pthread_t thread;

    server.listener = tcp_listen(&loopback, (struct port_range){0, 0}, &addr);
    make_certificate(&server, name);
    trust = tls_trust_new(trusted ? cacert : NULL, insecure, why, sizeof why);
    pthread_create(&thread, NULL, serve, &server);
    const struct stream_options options = {RTC_FRAMING_TURN, trust, host,
                                           5000000};
    side.stream = stream_connect(driver, &addr, NULL, &options, &calls);
    ok(run(), "the handshake ends");
    if (side.opened) {
        stream_send(side.stream, message, sizeof message);
        ok(run(), "an answer");
    }
    stream_free(side.stream);
    side.stream = NULL;
    pthread_join(thread, NULL);
    tls_trust_free(trust);
    gnutls_certificate_free_credentials(server.credentials);
    close(server.listener);
    *ret_talked = server.talked;
    return side;
}

static void test_tls(void)
{
    bool talked;
    struct side side = talk("turn.test", "turn.test", false, true, &talked);

    ok(side.opened && side.count == 1 && side.len == 8 && side.last == 'o',
       "TLS carries datagrams both ways");
    side = talk("other.test", "turn.test", false, true, &talked);
    ok(!side.opened && side.ended == 1 && !talked, "a certificate of another");
    ok(strstr(side.why, "name") != NULL, "is refused for its name");
    printf("# %s\n", side.why);
    side = talk("turn.test", "turn.test", false, false, &talked);
    ok(!side.opened && side.ended == 1 && !talked,
       "one that nobody vouches for");
    ok(strstr(side.why, "issuer is unknown") != NULL, "is not trusted");
    printf("# %s\n", side.why);
    side = talk("other.test", "turn.test", true, false, &talked);
    ok(side.opened && side.count == 1, "unless that is wanted");
}

/* More than the sockets hold, both ways at once. */
static void test_tls_bulk(void)
{
    static uint8_t message[1000] = {0x40, 0, 996 >> 8, 996 & 255};
    struct tls_server server = {0};
    struct rtc_addr addr;
    struct side side = {0};
    struct stream_calls calls = calls_of(&side);
    char why[256];
    struct tls_trust *trust;
    pthread_t thread;
    unsigned sent = 0;

    server.listener = tcp_listen(&loopback, (struct port_range){0, 0}, &addr);
    make_certificate(&server, "turn.test");
    trust = tls_trust_new(cacert, false, why, sizeof why);
    pthread_create(&thread, NULL, serve, &server);
    const struct stream_options options = {RTC_FRAMING_TURN, trust, "turn.test",
                                           5000000};
    side.stream = stream_connect(driver, &addr, NULL, &options, &calls);
    ok(run(), "connected");
    while (sent < 2000) {
        if (sent - side.count < 200 &&
            stream_send(side.stream, message, sizeof message))
            sent++;
        else
            run_for(200);
    }
    side.stop_at = sent;
    ok(side.count == sent || run(), "2000 datagrams go round");
    ok(side.len == 1000 && side.ended == 0, "whole");
    stream_free(side.stream);
    pthread_join(thread, NULL);
    tls_trust_free(trust);
    gnutls_certificate_free_credentials(server.credentials);
    close(server.listener);
}

static void test_trust(void)
{
    char why[256] = "";

    ok(!tls_trust_new("/nowhere", false, why, sizeof why), "no such file");
    ok(strstr(why, "/nowhere") != NULL, "is named");
    ok(!tls_trust_new("/dev/null", false, why, sizeof why), "an empty one");
    is_str(why, "/dev/null: no certificate in it", "too");
}

int main(void)
{
    driver = driver_new();
    ok(mkdtemp(folder) != NULL, "a place for certificates");
    snprintf(cacert, sizeof cacert, "%s/ca.pem", folder);
    test_pieces();
    test_largest();
    test_out_of_step();
    test_queue();
    test_connecting();
    test_tls();
    test_tls_bulk();
    test_trust();
    driver_free(driver);
    unlink(cacert);
    rmdir(folder);
    return tap_done();
}
