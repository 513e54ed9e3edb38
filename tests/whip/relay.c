/* SPDX-License-Identifier: MIT
 *
 * A server that forwards frames from who publishes (POST /whip) to who plays
 * (POST /whep), with faults that are known:
 *
 *     relay [FAULT...]
 *
 * prints its port on 127.0.0.1 on a line, and serves until it is ended. FAULT
 * is one of these, behind `audio:` or `video:` for one of the two only:
 *
 *     drop=N     every Nth frame is not forwarded
 *     swap=N     every Nth frame changes places with the next
 *     twice=N    every Nth frame is forwarded twice
 *     flip=N     a byte of every Nth frame is another one
 *     strip      the marks of rtc-probe are made unknown
 *     delay=MS   every frame is held so long
 *     silent     nothing is forwarded
 *
 * and these are about requests: `not-live=N`, the first N of players are
 * answered 404 and 409 in turn; `refuse=STATUS`, so are all of them; `token=T`,
 * who does not bring it is answered 401.
 *
 * Faults that are counted befall the frames of one second, which begins a
 * second after somebody began to play. At SIGTERM it says what it did, e.g.
 * `video dropped=3 swapped=0 twice=0 flipped=0 held=0`; a frame that waits for
 * the next to change places with was held. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "requests.h"

#define SESSION_MOST 8
/* After somebody began to play. */
#define FAULTS_FROM_US 1000000
#define FAULTS_TO_US 2000000

struct fault {
    unsigned drop, swap, twice, flip, delay_ms;
    bool strip, silent;
};

static struct {
    struct fault faults[2]; /* by enum rtc_kind */
    unsigned not_live, refuse;
    const char *token;
} options;

struct session {
    struct rtc_peer *peer; /* NULL: unused */
    bool is_publisher, is_connected, is_over;
    rtc_usec connected_at;
};

/* What was done to one kind. */
struct done {
    unsigned dropped, swapped, twice, flipped;
};

/* A frame that waits. */
struct held {
    struct held *next;
    struct rtc_frame frame;
    rtc_usec due;
    uint8_t data[];
};

static struct driver *driver;
static struct session sessions[SESSION_MOST];
static struct held *queue, *swapped[2];
static struct driver_watch *queue_timer, *reaper;
static uint64_t counts[2]; /* that faults may befall */
static struct done done[2];
static bool is_faulty; /* now */
static unsigned asked; /* requests to play */

static void die(const char *what)
{
    fprintf(stderr, "relay: %s: %s\n", what, strerror(errno));
    exit(EXIT_FAILURE);
}

/* ---- forwarding ---------------------------------------------------------- */

/* The track of a kind; -1: there is none. */
static int track_of(struct rtc_peer *peer, enum rtc_kind kind)
{
    struct rtc_track_info info;

    for (unsigned i = 0; i < rtc_peer_track_count(peer); i++)
        if (rtc_peer_track_info(peer, (int)i, &info) == 0 &&
            info.kind == kind && !info.stopped)
            return (int)i;
    return -1;
}

static void send_frame(const struct rtc_frame *frame)
{
    enum rtc_kind kind = rtc_codec_kind(frame->codec);
    struct rtc_frame copy = *frame;
    rtc_usec now = driver_now(driver);

    copy.time = RTC_NEVER;
    for (unsigned i = 0; i < SESSION_MOST; i++) {
        struct session *session = &sessions[i];
        int track;

        if (!session->peer || session->is_publisher || session->is_over)
            continue;
        track = track_of(session->peer, kind);
        if (track < 0)
            continue;
        if (rtc_peer_send_frame(session->peer, track, &copy, now) ==
                RTC_ERR_AGAIN &&
            driver_flush(driver, session->peer))
            (void)rtc_peer_send_frame(session->peer, track, &copy, now);
        driver_changed(driver, session->peer);
    }
}

static struct held *hold(const struct rtc_frame *frame)
{
    struct held *held = malloc(sizeof *held + frame->len);

    if (!held)
        die("memory");
    held->next = NULL;
    held->frame = *frame;
    memcpy(held->data, frame->data, frame->len);
    held->frame.data = held->data;
    return held;
}

static void on_queue(void *user, int what)
{
    (void)user;
    (void)what;
    while (queue && queue->due <= driver_now(driver)) {
        struct held *held = queue;

        queue = held->next;
        send_frame(&held->frame);
        free(held);
    }
    driver_timer_set(queue_timer, queue ? queue->due : RTC_NEVER);
}

/* Sends a frame now or later. */
static void forward(const struct rtc_frame *frame)
{
    unsigned ms = options.faults[rtc_codec_kind(frame->codec)].delay_ms;
    struct held *held, **at = &queue;

    if (ms == 0) {
        send_frame(frame);
        return;
    }
    held = hold(frame);
    held->due = frame->time + (rtc_usec)ms * 1000;
    while (*at && (*at)->due <= held->due)
        at = &(*at)->next;
    held->next = *at;
    *at = held;
    driver_timer_set(queue_timer, queue->due);
}

/* ---- faults -------------------------------------------------------------- */

/* What rtc-probe's marks begin with: cmd/probe/mark_text.c. */
static const uint8_t mark_name[] = {0x6d, 0xb1, 0x5c, 0xe3, 0x92, 0x47};

static void strip_mark(uint8_t *data, size_t len)
{
    for (size_t i = 0; i + sizeof mark_name <= len; i++)
        if (memcmp(data + i, mark_name, sizeof mark_name) == 0)
            data[i] ^= 0x11;
}

/* Of the picture or sound, and where no header is. */
static void flip_byte(enum rtc_codec codec, uint8_t *data, size_t len)
{
    size_t at = codec == RTC_CODEC_H264 ? len - 4 : len / 4 + 3;

    if (len > 16)
        data[at] ^= 0x10;
}

/* Whether the count is due for a fault of every nth. */
static bool is_nth(uint64_t count, unsigned n)
{
    return is_faulty && n > 0 && count % n == 0;
}

/* The one that waited comes behind this one. */
static void pass_swapped(enum rtc_kind kind, rtc_usec now)
{
    struct held *first = swapped[kind];

    if (!first)
        return;
    first->frame.time = now;
    forward(&first->frame);
    free(first);
    swapped[kind] = NULL;
    done[kind].swapped++;
}

static void pass(const struct rtc_frame *frame)
{
    enum rtc_kind kind = rtc_codec_kind(frame->codec);
    const struct fault *fault = &options.faults[kind];

    if (fault->silent)
        return;
    if (is_nth(counts[kind], fault->drop)) {
        done[kind].dropped++;
        return;
    }
    if (is_nth(counts[kind], fault->swap)) {
        swapped[kind] = hold(frame);
        return;
    }
    forward(frame);
    if (is_nth(counts[kind], fault->twice)) {
        struct rtc_frame again = *frame;

        again.media_time++; /* Else it were the same frame's end. */
        forward(&again);
        done[kind].twice++;
    }
    pass_swapped(kind, frame->time);
}

/* When the first one began to play, or RTC_NEVER. */
static rtc_usec play_start(void)
{
    rtc_usec first = RTC_NEVER;

    for (unsigned i = 0; i < SESSION_MOST; i++)
        if (sessions[i].peer && !sessions[i].is_publisher &&
            sessions[i].is_connected && !sessions[i].is_over &&
            sessions[i].connected_at < first)
            first = sessions[i].connected_at;
    return first;
}

static void on_frame(const struct rtc_frame *frame)
{
    enum rtc_kind kind = rtc_codec_kind(frame->codec);
    const struct fault *fault = &options.faults[kind];
    rtc_usec start = play_start();
    rtc_usec since = driver_now(driver) - start;
    struct held *copy;

    if (start == RTC_NEVER)
        return;
    is_faulty = since >= FAULTS_FROM_US && since < FAULTS_TO_US;
    counts[kind] += is_faulty;
    copy = hold(frame);
    if (fault->strip)
        strip_mark(copy->data, copy->frame.len);
    if (is_nth(counts[kind], fault->flip)) {
        flip_byte(frame->codec, copy->data, copy->frame.len);
        done[kind].flipped++;
    }
    pass(&copy->frame);
    free(copy);
}

static void on_end(void *user, int number)
{
    static const char *const names[] = {"audio", "video"};

    (void)user;
    (void)number;
    for (int kind = 0; kind < 2; kind++)
        printf("%s dropped=%u swapped=%u twice=%u flipped=%u held=%d\n",
               names[kind], done[kind].dropped, done[kind].swapped,
               done[kind].twice, done[kind].flipped, swapped[kind] != NULL);
    fflush(stdout);
    exit(EXIT_SUCCESS);
}

/* ---- sessions ------------------------------------------------------------ */

static struct session *find_publisher(void)
{
    for (unsigned i = 0; i < SESSION_MOST; i++)
        if (sessions[i].peer && sessions[i].is_publisher &&
            sessions[i].is_connected && !sessions[i].is_over)
            return &sessions[i];
    return NULL;
}

static void request_keyframe(enum rtc_kind kind)
{
    struct session *publisher = find_publisher();
    int track = publisher ? track_of(publisher->peer, kind) : -1;

    if (track < 0)
        return;
    rtc_peer_request_keyframe(publisher->peer, track, driver_now(driver));
    driver_changed(driver, publisher->peer);
}

static void on_reap(void *user, int what)
{
    (void)user;
    (void)what;
    for (unsigned i = 0; i < SESSION_MOST; i++) {
        if (!sessions[i].peer || !sessions[i].is_over)
            continue;
        driver_remove_peer(driver, sessions[i].peer);
        rtc_peer_free(sessions[i].peer);
        sessions[i].peer = NULL;
    }
}

static void on_event(void *user, const struct rtc_event *event)
{
    struct session *session = user;
    struct rtc_track_info info;

    if (event->type == RTC_EVENT_CONNECTED) {
        session->is_connected = true;
        session->connected_at = driver_now(driver);
    }
    if (event->type == RTC_EVENT_FRAME && session->is_publisher)
        on_frame(&event->frame);
    if (event->type == RTC_EVENT_KEYFRAME_REQUEST && !session->is_publisher &&
        rtc_peer_track_info(session->peer, event->track, &info) == 0)
        request_keyframe(info.kind);
    if (event->type == RTC_EVENT_CLOSED) {
        session->is_over = true;
        driver_timer_set(reaper, driver_now(driver) + 1000);
    }
}

static struct rtc_peer *new_peer(struct session *session)
{
    const struct rtc_addr loopback = {.family = 4, .ip = {127, 0, 0, 1}};
    struct rtc_config config;
    struct rtc_peer *peer;

    rtc_config_init(&config);
    config.random = driver_random;
    config.any_frame = true;
    if (rtc_peer_new(&peer, &config) ||
        driver_add_peer(driver, peer, on_event, session) ||
        driver_open_sockets(driver, peer, RTC_UDP, &loopback, 1,
                            (struct port_range){0, 0}) != 1)
        die("peer");
    return peer;
}

/* The answer to an offer; -1: there is none. */
static int begin(bool is_publisher, const char *offer, size_t len, char *buf,
                 size_t cap, unsigned *ret_number)
{
    unsigned number = 0;
    struct rtc_peer *peer;

    while (number < SESSION_MOST && sessions[number].peer)
        number++;
    if (number == SESSION_MOST)
        return -1;
    sessions[number] = (struct session){.is_publisher = is_publisher};
    peer = sessions[number].peer = new_peer(&sessions[number]);
    *ret_number = number;
    if (rtc_peer_remote_offer(peer, offer, len, driver_now(driver)) < 0)
        return -1;
    for (unsigned i = 0; i < rtc_peer_track_count(peer); i++)
        rtc_peer_set_direction(peer, (int)i,
                               is_publisher ? RTC_RECVONLY : RTC_SENDONLY);
    if (rtc_peer_answer(peer, buf, cap, driver_now(driver)) < 0)
        return -1;
    driver_changed(driver, peer);
    return 0;
}

static void end_session(unsigned number)
{
    if (number >= SESSION_MOST || !sessions[number].peer)
        return;
    rtc_peer_close(sessions[number].peer, driver_now(driver));
    driver_changed(driver, sessions[number].peer);
}

/* ---- requests ------------------------------------------------------------ */

static int status_of_play(void)
{
    if (options.refuse)
        return (int)options.refuse;
    if (++asked <= options.not_live)
        return asked % 2 ? 404 : 409;
    return find_publisher() ? 201 : 404;
}

static void answer_post(struct request *request, bool is_publisher)
{
    static char answer[32768];
    char headers[128];
    unsigned number;
    int status = is_publisher ? 201 : status_of_play();

    if (status == 201 &&
        begin(is_publisher, request->body, strlen(request->body), answer,
              sizeof answer, &number) < 0)
        status = 400;
    if (status != 201) {
        request_reply(request, status, "", "");
        return;
    }
    snprintf(headers, sizeof headers,
             "Content-Type: application/sdp\r\nLocation: /session/%u\r\n",
             number);
    request_reply(request, 201, headers, answer);
}

static bool has_token(const struct request *request)
{
    char wanted[200];

    snprintf(wanted, sizeof wanted, "\r\nAuthorization: Bearer %s\r\n",
             options.token ? options.token : "");
    return !options.token || strcasestr(request->text, wanted);
}

static void on_request(struct request *request)
{
    unsigned number;

    if (!has_token(request)) {
        request_reply(request, 401, "", "");
    } else if (strncmp(request->text, "POST /whip ", 11) == 0) {
        answer_post(request, true);
    } else if (strncmp(request->text, "POST /whep ", 11) == 0) {
        answer_post(request, false);
    } else if (sscanf(request->text, "DELETE /session/%u ", &number) == 1) {
        end_session(number);
        request_reply(request, 200, "", "");
    } else {
        request_reply(request, 405, "", "");
    }
}

/* ---- the command line ---------------------------------------------------- */

static bool read_number(const char *text, const char *name, unsigned *ret)
{
    size_t len = strlen(name);

    if (strncmp(text, name, len) != 0 || text[len] != '=')
        return false;
    *ret = (unsigned)strtoul(text + len + 1, NULL, 10);
    return true;
}

static bool read_fault(const char *text, struct fault *fault)
{
    if (strcmp(text, "strip") == 0)
        return (fault->strip = true);
    if (strcmp(text, "silent") == 0)
        return (fault->silent = true);
    return read_number(text, "drop", &fault->drop) ||
           read_number(text, "swap", &fault->swap) ||
           read_number(text, "twice", &fault->twice) ||
           read_number(text, "flip", &fault->flip) ||
           read_number(text, "delay", &fault->delay_ms);
}

static bool read_option(const char *text)
{
    if (strncmp(text, "audio:", 6) == 0)
        return read_fault(text + 6, &options.faults[RTC_AUDIO]);
    if (strncmp(text, "video:", 6) == 0)
        return read_fault(text + 6, &options.faults[RTC_VIDEO]);
    if (strncmp(text, "token=", 6) == 0) {
        options.token = text + 6;
        return true;
    }
    return (read_fault(text, &options.faults[RTC_AUDIO]) &&
            read_fault(text, &options.faults[RTC_VIDEO])) ||
           read_number(text, "not-live", &options.not_live) ||
           read_number(text, "refuse", &options.refuse);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (!read_option(argv[i])) {
            fprintf(stderr, "relay: unknown: %s\n", argv[i]);
            return EXIT_FAILURE;
        }
    driver = driver_new();
    queue_timer = driver ? driver_timer_new(driver, on_queue, NULL) : NULL;
    reaper = driver ? driver_timer_new(driver, on_reap, NULL) : NULL;
    if (!queue_timer || !reaper ||
        !driver_watch_signal(driver, SIGTERM, on_end, NULL))
        die("driver");
    printf("%u\n", requests_listen(driver, on_request));
    fflush(stdout);
    driver_run(driver);
    return EXIT_SUCCESS;
}
