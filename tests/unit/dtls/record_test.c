/* SPDX-License-Identifier: MIT
 * Record headers by their bytes, truncation at every length; the queue. */
#include "dtls/record.h"

#include "base/queue.h"
#include "rtc.h"
#include "tap.h"

/* An alert in the clear, a ClientHello fragment, an encrypted record. */
static const uint8_t datagram[] = {
    21, 254, 253, 0, 0, 0, 0, 0, 0, 0, 5, 0, 2,  2, 40,              /* */
    22, 254, 255, 0, 0, 0, 0, 0, 0, 0, 6, 0, 14, 1, 0,  1, 44, 0, 0, /* */
    0,  0,   200, 0, 0, 2, 7, 7,                                     /* */
    23, 254, 253, 0, 1, 0, 0, 0, 0, 0, 1, 0, 3,  9, 9,  9};

static void test_walk(void)
{
    struct rtc_dtls_record record;
    struct rtc_reader r;
    uint32_t from = 0, until = 0;
    uint8_t alert = 0;

    rtc_reader_init(&r, datagram, sizeof datagram);
    ok(rtc_dtls_record_next(&r, &record), "first record");
    is_int(record.len, 15, "its length");
    ok(rtc_dtls_record_alert(&record, &alert) && alert == 40, "fatal alert");
    ok(!rtc_dtls_record_hello(&record, &from, &until), "no hello");
    ok(rtc_dtls_record_next(&r, &record), "second record");
    ok(rtc_dtls_record_hello(&record, &from, &until), "part of a ClientHello");
    is_int(from, 200, "from");
    is_int(until, 202, "until");
    ok(!rtc_dtls_record_alert(&record, &alert), "no alert");
    ok(rtc_dtls_record_next(&r, &record), "third record");
    is_int(record.epoch, 1, "its epoch");
    is_int(record.body_len, 3, "its content");
    ok(record.data + record.len == datagram + sizeof datagram, "up to the end");
    ok(!rtc_dtls_record_next(&r, &record), "no more");
}

static void test_truncated(void)
{
    bool fine = true;

    for (size_t cut = 0; cut < sizeof datagram; cut++) {
        struct rtc_dtls_record record;
        struct rtc_reader r;
        uint8_t *exact = malloc(cut ? cut : 1);
        int whole = 0;

        memcpy(exact, datagram, cut);
        rtc_reader_init(&r, exact, cut);
        while (rtc_dtls_record_next(&r, &record))
            whole++;
        fine &= whole == (cut >= 15) + (cut >= 42);
        free(exact);
    }
    ok(fine, "only whole records are taken from a truncated datagram");
}

/* Whether a lone record of these bytes is one, and a final alert. */
static const struct {
    const char *name;
    uint8_t bytes[16];
    size_t len;
    bool is_record, is_alert;
} rows[] = {
    {"fatal",
     {21, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 80},
     15,
     true,
     true},
    {"close_notify",
     {21, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 1, 0},
     15,
     true,
     true},
    {"warning",
     {21, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 1, 90},
     15,
     true,
     false},
    {"encrypted",
     {21, 254, 253, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 2, 80},
     15,
     true,
     false},
    {"long alert",
     {21, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 2, 80, 0},
     16,
     true,
     false},
    {"type 19", {19, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 13, false, false},
    {"type 24", {24, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 13, false, false},
    {"TLS", {22, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 13, false, false},
    {"empty", {22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 13, true, false},
};

static void test_rows(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct rtc_dtls_record record;
        struct rtc_reader r;
        uint8_t alert;
        bool is_record;

        rtc_reader_init(&r, rows[i].bytes, rows[i].len);
        is_record = rtc_dtls_record_next(&r, &record);
        ok(is_record == rows[i].is_record &&
               (is_record && rtc_dtls_record_alert(&record, &alert)) ==
                   rows[i].is_alert,
           rows[i].name);
    }
}

static void test_renumber(void)
{
    static const uint8_t want[11] = {22, 254, 253, 0, 0, 0, 0, 0, 0, 1, 4};
    uint8_t record[13] = {22, 254, 253, 0, 0, 1, 2, 3, 4, 5, 6, 0, 0};
    uint32_t next = 0x104;

    rtc_dtls_record_renumber(record, &next);
    is_mem(record, want, sizeof want, "a record in the clear is renumbered");
    is_int(next, 0x105, "and counted");
    record[4] = 1;
    rtc_dtls_record_renumber(record, &next);
    is_int(record[10], 4, "an encrypted one is not");
}

static void test_queue(void)
{
    struct rtc_queue q;
    uint8_t item[700];
    size_t len = 0;
    bool fine = true;
    unsigned pushed = 0, popped = 0;
    int e;

    rtc_queue_init(&q, 5000);
    ok(!rtc_queue_peek(&q, &len), "a new queue is empty");
    for (int round = 0; round < 50; round++) {
        while (memset(item, (int)(pushed & 0xff), sizeof item),
               rtc_queue_push(&q, item, pushed * 7 % 700) == 0)
            pushed++;
        for (int i = 0; i < 5; i++, popped++) {
            const uint8_t *p = rtc_queue_peek(&q, &len);

            fine &= p && len == popped * 7 % 700;
            fine &= len == 0 ||
                    (p[0] == (popped & 0xff) && p[len - 1] == (popped & 0xff));
            rtc_queue_pop(&q);
        }
    }
    ok(fine, "what goes in comes out in order");
    ok(pushed > 200 && q.size <= 8192, "within the cap");
    while ((e = rtc_queue_push(&q, item, 100)) == 0)
        ;
    is_int(e, RTC_ERR_AGAIN, "full");
    ok(!rtc_queue_has_room(&q, 65536), "an item has 16 bits of length");
    rtc_queue_done(&q);
}

int main(void)
{
    test_walk();
    test_truncated();
    test_rows();
    test_renumber();
    test_queue();
    return tap_done();
}
