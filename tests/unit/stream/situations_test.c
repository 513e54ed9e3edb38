/* SPDX-License-Identifier: MIT
 * Acceptance 65: packets to frames in every situation, a row each. A word of a
 * script is a packet: its number, a small letter for its media time, S when it
 * starts a frame, M for the marker, P for padding; `+100` lets 100 ms pass. Of
 * what comes `[1,2]` is a frame of packets 1 and 2, `!` before it one behind a
 * gap, and `(2,1)` a gap of two packets and one frame that came in part. */
#include "base/clock.h"
#include "stream/assemble.h"
#include "stream/fake.h"
#include "stream/script.h"

#define HOLE (100 * RTC_MS)
/* Number 6 is the first behind a wrap. */
#define FIRST ((UINT64_C(1) << 32) + 65530)

static struct rtc_pool pool;
static struct rtc_reorder reorder;
static struct rtc_assemble assemble;

static void push(const struct script_word *w, unsigned number, rtc_usec now)
{
    uint8_t payload[2] = {strchr(w->letters, 'S') ? FAKE_START : 0,
                          (uint8_t)number};
    struct rtc_packet packet = {.payload = payload,
                                .len = sizeof payload,
                                .sequence = FIRST + number,
                                .media_time = (uint64_t)w->letters[0],
                                .marker = strchr(w->letters, 'M'),
                                .time = now};

    if (strchr(w->letters, 'P'))
        packet.len = 0;
    rtc_reorder_push(&reorder, &packet, fake_codec(0));
}

static void add_frame(struct script_text *got, const struct rtc_frame *frame)
{
    script_add(got, frame->contiguous ? "[" : "![");
    for (size_t i = 0; i < frame->len; i++)
        script_add(got, i ? ",%u" : "%u", frame->data[i]);
    script_add(got, "]");
}

static void pop(struct script_text *got, rtc_usec now)
{
    struct rtc_frame frame;
    struct rtc_assemble_gap gap;

    for (;;)
        switch (rtc_assemble_pop(&assemble, &frame, &gap, now)) {
        case RTC_ASSEMBLE_FRAME:
            add_frame(got, &frame);
            break;
        case RTC_ASSEMBLE_GAP:
            script_add(got, "(%u,%u)", (unsigned)gap.packets,
                       (unsigned)gap.frames);
            break;
        case RTC_ASSEMBLE_NOTHING:
            return;
        }
}

static void check(const struct script_row *row)
{
    const struct rtc_assemble_config config = {.hole_us = HOLE,
                                               .start_us = 20 * RTC_MS};
    const char *at = row->script;
    struct script_text got = {.len = 0};
    struct script_word w;
    rtc_usec now = 0;

    rtc_pool_init(&pool, 64, 4096);
    rtc_reorder_init(&reorder, row->most, &pool);
    rtc_assemble_init(&assemble, &config, &reorder);
    /* Not at the start of a stream, where more is waited for. */
    push(&(struct script_word){.letters = "AS"}, 0, now);
    push(&(struct script_word){.letters = "AM"}, 1, now);
    now += 20 * RTC_MS;
    pop(&got, now);
    got = (struct script_text){.len = 0};
    while (script_next(&at, &w)) {
        if (w.head == '+')
            now += w.first * RTC_MS;
        for (unsigned n = w.first; w.head != '+' && n <= w.last; n++) {
            push(&w, n, now);
            pop(&got, now);
        }
        pop(&got, now);
    }
    script_check(row, &got);
    rtc_assemble_done(&assemble);
    rtc_reorder_done(&reorder);
    is_int(pool.used, 0, "every buffer is back");
    rtc_pool_done(&pool);
}

static const struct script_row rows[] = {
    {"end on the marker", 100, "2aS 3a 4aM", "[2,3,4]"},
    {"end on the marker of one packet", 100, "2aSM", "[2]"},
    {"end without marker, by the next time", 100, "2aS 3a 4bS", "[2,3]"},
    {"end without marker, by the next start", 100, "2aS 3a 4aS", "[2,3]"},
    {"no end yet", 100, "2aS 3a +100", ""},
    {"padding within a frame", 100, "2aS 3aP 4aM", "[2,4]"},
    {"padding between frames", 100, "2aSM 3aP 4aP 5bSM", "[2][5]"},
    {"padding is no end", 100, "2aS 3bP +100", ""},
    {"out of order within a frame", 100, "2aS 4aM 3a", "[2,3,4]"},
    {"out of order across frames", 100, "2aS 4bSM 3aM", "[2,3][4]"},
    {"in reverse order", 100, "4aM 3a 2aS", "[2,3,4]"},
    {"out of order across the wrap", 100, "2-4aS 7bM 6b 5bS",
     "[2][3][4][5,6,7]"},
    {"every packet twice", 100, "2aS 2aS 3aM 3aM 4bSM 4bSM", "[2,3][4]"},
    {"a gap after a frame is told before the next", 100, "2aSM 4bSM +99 +1",
     "[2](1,0)![4]"},
    {"and once", 100, "2aSM 4bSM +100 5cSM 6dSM", "[2](1,0)![4][5][6]"},
    {"a gap that is filled in time", 100, "2aSM 4bSM +99 3bSM 5cSM",
     "[2][3][4][5]"},
    {"a packet behind its time", 100, "2aSM 4bSM +100 3bSM 5cSM",
     "[2](1,0)![4][5]"},
    {"the middle of a frame is lost", 100, "2aS 4aM 5bSM +100", "(1,1)![5]"},
    {"the end of a frame is lost", 100, "2aS 3a 5bSM +100", "(1,1)![5]"},
    {"the start of a frame is lost", 100, "2aSM 4bM 5cSM +100", "[2](1,1)![5]"},
    {"two frames in a row lose a packet", 100, "2aS 4aM 5bS 7bM 8cSM +100",
     "(2,2)![8]"},
    {"two holes far apart", 100, "2aSM 4bSM +100 6cSM +100",
     "[2](1,0)![4](1,0)![6]"},
    {"hold nothing: a hole goes at once", 0, "2aSM 4bSM 5cSM",
     "[2](1,0)![4][5]"},
    {"hold nothing, in order", 0, "2aS 3aM 4bSM", "[2,3][4]"},
    {"hold three behind a hole", 3, "2aSM 4bSM 5cSM 6dSM",
     "[2](1,0)![4][5][6]"},
    {"a run of padding", 100, "2aSM 3-900aP 901bSM", "[2][133]"},
    {"a run of padding behind a loss", 100, "2aSM 4-60aP +100 61bSM",
     "[2](1,0)![61]"},
    {"a run of padding behind a loss, longer than may wait", 100,
     "2aSM 4-300aP 301bSM", "[2](1,0)![45]"},
    {"a run of padding with every other lost", 100,
     "2aSM 4aP 6aP 8aP 10aP +100 11bSM", "[2](4,0)![11]"},
};

int main(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check(&rows[i]);
    return tap_done();
}
