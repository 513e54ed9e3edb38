/* SPDX-License-Identifier: MIT
 *
 * Trickled lines: what each says, and streams of them in pieces of any size,
 * through pipes, files and a command, up to their ends.
 */
#include "cmd/trickle.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "cmd/file.h"
#include "cmd/signal.h"
#include "tap.h"

#define HOST "candidate:1 1 udp 2130706431 192.0.2.1 5000 typ host"
#define OFFER "{\"type\":\"offer\",\"sdp\":\"v=0\\r\\n\"}\n"
#define CANDIDATE "{\"candidate\":\"" HOST "\",\"sdpMid\":\"0\"}\n"

/* ---- lines --------------------------------------------------------------- */

static const struct {
    const char *text;
    enum trickle_kind kind;
    const char *candidate, *mid, *ufrag;
} good[] = {
    {"", TRICKLE_NOTHING, "", "", ""},
    {" \t\r", TRICKLE_NOTHING, "", "", ""},
    {"{}", TRICKLE_NOTHING, "", "", ""},
    {"{\"bye\":true}", TRICKLE_NOTHING, "", "", ""},
    {"{\"type\":\"rollback\",\"sdp\":\"\"}", TRICKLE_NOTHING, "", "", ""},
    {"{\"type\":\"answer\",\"sdp\":\"v=0\\r\\n\"}\r", TRICKLE_DESCRIPTION, "",
     "", ""},
    {"{\"candidate\":\"" HOST "\",\"sdpMid\":\"0\",\"sdpMLineIndex\":0,"
     "\"usernameFragment\":\"abcd\"}",
     TRICKLE_CANDIDATE, HOST, "0", "abcd"},
    {"{\"candidate\":\"" HOST "\",\"sdpMid\":null}", TRICKLE_CANDIDATE, HOST,
     "", ""},
    {"{\"candidate\":{\"candidate\":\"" HOST "\",\"sdpMid\":\"a\"}}",
     TRICKLE_CANDIDATE, HOST, "a", ""},
    {"{\"candidate\":\"\",\"sdpMid\":\"0\"}", TRICKLE_END, "", "0", ""},
    {"{\"candidate\":null}", TRICKLE_END, "", "", ""},
    {"null", TRICKLE_END, "", "", ""},
};

static const struct {
    const char *text, *why;
} bad[] = {
    {"v=0", "not a JSON object: "},
    {"[]", "not a JSON object: another value"},
    {"{\"candidate\":7}", "`candidate' is not a string"},
    {"{\"candidate\":{}}", "`candidate' is not a string"},
    {"{\"type\":\"pranswer\",\"sdp\":\"v=0\"}",
     "JSON of type `pranswer', not offer or answer"},
    {"{\"type\":\"offer\",\"sdp\":1}", "JSON without a string `sdp'"},
};

static void test_lines(void)
{
    char why[TRICKLE_WHY_LEN];
    struct trickle_line line;

    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        is_int(trickle_parse(good[i].text, strlen(good[i].text), &line, why), 0,
               good[i].text);
        is_int(line.kind, good[i].kind, "its kind");
        is_str(line.candidate, good[i].candidate, "candidate");
        is_str(line.mid, good[i].mid, "mid");
        is_str(line.ufrag, good[i].ufrag, "ufrag");
        trickle_line_done(&line);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        is_int(trickle_parse(bad[i].text, strlen(bad[i].text), &line, why), -1,
               bad[i].text);
        ok(!strncmp(why, bad[i].why, strlen(bad[i].why)), "why");
    }
}

static void test_truncation(void)
{
    const char *text = good[6].text;
    char why[TRICKLE_WHY_LEN];
    struct trickle_line line;
    unsigned wrong = 0;

    for (size_t cut = 1; cut < strlen(text); cut++)
        wrong += trickle_parse(text, cut, &line, why) == 0;
    is_int(wrong, 0, "a line cut off is refused");
}

static void test_writing(void)
{
    struct trickle_line line = {.candidate = HOST, .mid = "0", .ufrag = "abcd"};
    char *text = trickle_write(&line);

    is_str(text,
           "{\"candidate\":\"" HOST "\",\"sdpMid\":\"0\","
           "\"sdpMLineIndex\":0,\"usernameFragment\":\"abcd\"}\n",
           "a candidate");
    free(text);
    text = trickle_write(&(struct trickle_line){.mid = "0"});
    is_str(text, "{\"candidate\":\"\",\"sdpMid\":\"0\",\"sdpMLineIndex\":0}\n",
           "their end");
    free(text);
}

/* ---- streams ------------------------------------------------------------- */

static struct driver *driver;
static struct driver_watch *limit;
static char story[400], got_why[400];
static unsigned line_count, stop_after;
static int form;

static void tell(const char *what)
{
    snprintf(story + strlen(story), sizeof story - strlen(story), "%s%s",
             *story ? " " : "", what);
}

static void on_line(void *user, const struct trickle_line *line)
{
    static const char *const names[] = {"?", "description", "candidate", "end"};

    (void)user;
    line_count++;
    if (line->kind == TRICKLE_DESCRIPTION)
        form = line->description.form;
    if (strlen(story) < 300)
        tell(names[line->kind]);
    if (line_count == stop_after)
        driver_stop(driver);
}

static void on_closed(void *user, const char *why)
{
    (void)user;
    tell("closed");
    snprintf(got_why, sizeof got_why, "%s", why ? why : "");
    driver_stop(driver);
}

static void on_limit(void *user, int what)
{
    (void)user;
    (void)what;
    tell("(nothing came)");
    driver_stop(driver);
}

static struct trickle *open_stream(int in, int out)
{
    const struct trickle_calls calls = {on_line, on_closed, NULL};

    *story = *got_why = '\0';
    line_count = stop_after = 0;
    form = -1;
    return trickle_new(driver, in, out, &calls);
}

static void run(void)
{
    driver_timer_set(limit, driver_now(driver) + 10000000);
    driver_run(driver);
    driver_timer_set(limit, RTC_NEVER);
}

static int nowhere(void)
{
    return open("/dev/null", O_WRONLY | O_CLOEXEC);
}

static const struct {
    const char *name, *text, *story, *why;
    bool plain;
} streams[] = {
    {"nothing", "", "closed", "", false},
    {"blank lines", "\n\r\n", "closed", "", false},
    {"a description, candidates, their end",
     OFFER CANDIDATE "\n" CANDIDATE "{\"candidate\":\"\"}\n",
     "description candidate candidate end closed", "", false},
    {"again later", OFFER "null\n" OFFER CANDIDATE,
     "description end description candidate closed", "", false},
    {"no last line end", OFFER "null", "description end closed", "", false},
    {"broken later on", OFFER "\n[]\n" CANDIDATE, "description closed",
     "line 3: not a JSON object: another value", false},
    {"plain SDP", "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\n", "description closed", "",
     true},
    {"JSON over several lines",
     "{\n\"type\": \"offer\",\n\"sdp\": \"v=0\"\n}\n", "description closed", "",
     true},
    {"base64", "eyJ0eXBlIjoib2ZmZXIiLCJzZHAiOiJ2PTAifQ==\n",
     "description closed", "", true},
    {"none of them", "Welcome to host\n", "closed",
     "line 1: neither SDP (v=0), nor JSON, nor JSON in base64", true},
};

static void check_stream(size_t i, struct trickle *t)
{
    run();
    is_str(story, streams[i].story, streams[i].name);
    is_str(got_why, streams[i].why, "what is said of its end");
    ok(trickle_is_plain(t) == streams[i].plain, "JSON Lines or not");
    trickle_free(t);
}

static void test_streams(void)
{
    for (size_t i = 0; i < sizeof streams / sizeof *streams; i++) {
        size_t len = strlen(streams[i].text);
        FILE *regular = tmpfile();
        int fds[2];

        ok(pipe2(fds, O_CLOEXEC) == 0 &&
               write(fds[1], streams[i].text, len) == (ssize_t)len,
           "a pipe");
        close(fds[1]);
        check_stream(i, open_stream(fds[0], nowhere()));
        ok(regular && fputs(streams[i].text, regular) >= 0, "a regular file");
        rewind(regular);
        check_stream(i, open_stream(dup(fileno(regular)), nowhere()));
        fclose(regular);
    }
}

/* One byte at a time, then silence: a stream that stays open. */
static void test_staying_open(void)
{
    static const char text[] = OFFER CANDIDATE;
    static const char sdp[] = "v=0\r\nm=audio 9 RTP/SAVPF 0\r\n";
    struct trickle *t;
    int fds[2];

    ok(pipe2(fds, O_CLOEXEC) == 0, "a pipe that stays open");
    t = open_stream(fds[0], nowhere());
    stop_after = 2;
    for (size_t i = 0; i < sizeof text - 1; i++) {
        ok(write(fds[1], text + i, 1) == 1, "a byte");
        if (i == sizeof text - 2)
            run();
    }
    is_str(story, "description candidate", "is read as it comes");
    is_int(form, DESCRIPTION_JSON, "as JSON");
    trickle_free(t);
    close(fds[1]);

    ok(pipe2(fds, O_CLOEXEC) == 0, "plain SDP without an end");
    t = open_stream(fds[0], nowhere());
    ok(write(fds[1], sdp, sizeof sdp - 1) > 0, "written");
    run();
    is_str(story, "description closed", "is over after a silence");
    is_int(form, DESCRIPTION_SDP, "as SDP");
    trickle_free(t);
    close(fds[1]);
}

static void test_too_long(void)
{
    FILE *file = tmpfile();
    struct trickle *t;

    ok(file && fputs(OFFER "{\"sdp\":\"", file) > 0 &&
           ftruncate(fileno(file), 2 * TRICKLE_LINE_MAX) == 0,
       "a line without an end");
    rewind(file);
    t = open_stream(dup(fileno(file)), nowhere());
    run();
    is_str(got_why, "a line, or the description, is longer than 1 MiB",
           "is refused");
    is_str(story, "description closed", "what came before was heard");
    trickle_free(t);
    fclose(file);
}

/* ---- both ways ----------------------------------------------------------- */

static void test_sending(void)
{
    char text[64] = "";
    struct trickle *t;
    int in[2], out[2];

    ok(pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0, "pipes");
    t = open_stream(in[0], out[1]);
    ok(trickle_send(t, "null\n", 5), "sent");
    ok(read(out[0], text, sizeof text) == 5, "arrives");
    trickle_finish(t, 100);
    ok(read(out[0], text, sizeof text) == 0, "end of file");
    ok(!trickle_send(t, "null\n", 5), "nothing more can be sent");
    ok(write(in[1], "null\n", 5) == 5 && close(in[1]) == 0, "the other way");
    run();
    is_str(story, "end closed", "is open still");
    trickle_free(t);
    close(out[0]);

    ok(pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0, "pipes");
    t = open_stream(in[0], out[1]);
    close(out[0]);
    ok(!trickle_send(t, "null\n", 5), "nobody reads");
    trickle_free(t);
    close(in[1]);
}

/* Nobody reads for long: it neither blocks nor grows without end. */
static void test_backlog(void)
{
    static char big[1 << 20];
    struct trickle *t;
    int in[2], out[2];
    unsigned sent = 0;

    memset(big, ' ', sizeof big);
    ok(pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0, "pipes");
    t = open_stream(in[0], out[1]);
    while (sent < 1000 && trickle_send(t, big, sizeof big))
        sent++;
    ok(sent >= 8 && sent <= 40, "a bounded queue");
    trickle_free(t);
    close(in[1]);
    close(out[0]);
}

static void test_command(void)
{
    char why[SIGNAL_WHY_LEN];
    struct signal_child *child;
    struct trickle *t;
    int in, out;

    child = signal_child_open("while read -r l; do printf '%s\\n' \"$l\"; done",
                              &in, &out);
    ok(child != NULL, "a command that echoes");
    t = open_stream(out, in);
    stop_after = 1;
    ok(trickle_send(t, OFFER, sizeof OFFER - 1), "a line");
    run();
    is_str(story, "description", "comes back");
    stop_after = 2;
    ok(trickle_send(t, CANDIDATE, sizeof CANDIDATE - 1), "another one");
    run();
    is_str(story, "description candidate", "both pipes stayed open");
    trickle_finish(t, 1000);
    run();
    is_str(story, "description candidate closed", "its end follows ours");
    trickle_free(t);
    is_int(signal_child_wait(child, 5000), 0, "its status");
    signal_child_free(child);

    child = signal_child_open("exit 7", &in, &out);
    t = open_stream(out, in);
    run();
    is_str(story, "closed", "a command that says nothing");
    is_str(signal_child_silence(child, why),
           "the command gave no description and ended with status 7",
           "is explained");
    trickle_free(t);
    signal_child_free(child);
}

int main(void)
{
    driver = driver_new();
    limit = driver_timer_new(driver, on_limit, NULL);
    test_lines();
    test_truncation();
    test_writing();
    test_streams();
    test_staying_open();
    test_too_long();
    test_sending();
    test_backlog();
    test_command();
    driver_watch_free(limit);
    driver_free(driver);
    return tap_done();
}
