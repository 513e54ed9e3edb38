/* SPDX-License-Identifier: MIT
 * Transport-wide feedback: chunks laid out by hand from the examples' shape in
 * draft-holmer-rmcat-transport-wide-cc-extensions-01 3.1, then what is written
 * is read back for many arrival patterns. */
#include "rtcp/twcc.h"

#include "tap.h"

static uint8_t buf[70000];

/* A message's FCI: base 0xfffe, `count` statuses, reference 2 (128 ms), number
 * 5, then `rest`. */
static int parse(uint16_t count, const uint8_t *rest, size_t len,
                 struct rtc_twcc *ret_twcc)
{
    struct rtc_rtcp_feedback f = {
        .kind = RTC_FEEDBACK_TWCC, .fci = buf, .fci_len = 8 + len};
    struct rtc_writer w;

    rtc_writer_init(&w, buf, sizeof buf);
    rtc_write_u16(&w, 0xfffe);
    rtc_write_u16(&w, count);
    rtc_write_u32(&w, 0x205);
    rtc_write_bytes(&w, rest, len);
    return rtc_twcc_parse(&f, ret_twcc);
}

static void test_parse(void)
{
    /* Two-bit vector: small, large, lost, small, lost three times; a run of two
     * lost; one-bit vector: small, lost, and what is not used. Deltas of 1, -2,
     * 255 and 0 ticks. */
    static const uint8_t rest[] = {0xd8, 0x40, 0x00, 0x02, 0xa0, 0x00,
                                   1,    0xff, 0xfe, 255,  0};
    static const struct {
        uint16_t sequence;
        bool received;
        rtc_usec arrival_us;
    } want[] = {
        {0xfffe, true, 128250}, {0xffff, true, 127750}, {0, false, 0},
        {1, true, 191500},      {2, false, 0},          {3, false, 0},
        {4, false, 0},          {5, false, 0},          {6, false, 0},
        {7, true, 191500},
    };
    struct rtc_twcc_iterator it;
    struct rtc_twcc_status s;
    struct rtc_twcc t;

    is_int(parse(11, rest, sizeof rest, &t), 0, "a message parses");
    is_int(t.base_sequence, 0xfffe, "base sequence");
    is_int(t.status_count, 11, "status count");
    is_int(t.reference_us, 128000, "reference time");
    is_int(t.feedback_count, 5, "feedback count");
    rtc_twcc_iterator_init(&it, &t);
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        if (!rtc_twcc_next(&it, &s))
            break;
        is_int(s.sequence, want[i].sequence, "sequence across the wrap");
        is_int(s.received, want[i].received, "received");
        if (s.received)
            is_int(s.arrival_us, want[i].arrival_us, "arrival");
    }
    ok(rtc_twcc_next(&it, &s) && !s.received, "the last one is lost");
    ok(!rtc_twcc_next(&it, &s), "no more");
    for (size_t len = 0; len < sizeof rest - 1; len++)
        if (parse(11, rest, len, &t) != RTC_ERR_FORMAT)
            tap_ok(false, "a cut message", __FILE__, __LINE__);
    is_int(parse(11, rest, sizeof rest - 1, &t), RTC_ERR_FORMAT,
           "a delta too few");
}

static void test_malformed(void)
{
    static const struct {
        const char *name;
        uint16_t count;
        uint8_t rest[4];
        size_t len;
        int want;
    } rows[] = {
        {"no statuses", 0, {0}, 0, 0},
        {"a status without a chunk", 1, {0}, 0, RTC_ERR_FORMAT},
        {"a run of reserved symbols", 2, {0x60, 2}, 2, RTC_ERR_FORMAT},
        {"a reserved symbol in a vector", 2, {0xcc, 0}, 2, RTC_ERR_FORMAT},
        {"a reserved symbol that is not used", 1, {0xd3, 0xff, 1}, 3, 0},
        {"empty runs only", 1, {0, 0, 0, 0}, 4, RTC_ERR_FORMAT},
        {"an empty run, then one", 1, {0, 0, 0, 1}, 4, 0},
        {"the longest run, too short for all",
         65535,
         {0x1f, 0xff},
         2,
         RTC_ERR_FORMAT},
        {"a run longer than the count", 3, {0x1f, 0xff}, 2, 0},
        {"a run of small ones without deltas",
         3,
         {0x20, 3, 1, 1},
         4,
         RTC_ERR_FORMAT},
    };
    struct rtc_rtcp_feedback nack = {
        .kind = RTC_FEEDBACK_NACK, .fci = buf, .fci_len = 16};
    struct rtc_twcc t;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        is_int(parse(rows[i].count, rows[i].rest, rows[i].len, &t),
               rows[i].want, rows[i].name);
    }
    is_int(rtc_twcc_parse(&nack, &t), RTC_ERR_FORMAT, "another feedback");
}

/* Reads the message in `buf` back and compares it with the first `count`
 * arrivals of what was written. */
static bool reads_back(size_t len, const struct rtc_twcc_report *report,
                       size_t count)
{
    struct rtc_rtcp_feedback f;
    struct rtc_rtcp_packet p;
    struct rtc_twcc_iterator it;
    struct rtc_twcc_status s;
    struct rtc_twcc t;
    struct rtc_reader r;
    uint64_t sequence = report->base_sequence;
    size_t seen = 0;

    rtc_reader_init(&r, buf, len);
    if (rtc_rtcp_next(&r, &p) != 1 || rtc_reader_left(&r) ||
        rtc_rtcp_feedback_parse(&p, &f) || rtc_twcc_parse(&f, &t))
        return false;
    if (t.sender_ssrc != report->sender_ssrc ||
        t.media_ssrc != report->media_ssrc ||
        t.feedback_count != report->feedback_count)
        return false;
    rtc_twcc_iterator_init(&it, &t);
    for (; rtc_twcc_next(&it, &s); sequence++) {
        const struct rtc_twcc_arrival *a = &report->arrivals[seen];

        if (s.sequence != (uint16_t)sequence ||
            s.received != (seen < count && a->sequence == sequence))
            return false;
        if (s.received) {
            rtc_usec modulo = (INT64_C(64000) << 24);

            if (s.arrival_us % modulo != a->arrival_us / 250 * 250 % modulo)
                return false;
            seen++;
        }
    }
    return seen == count && t.status_count == sequence - report->base_sequence;
}

static void test_forms(void)
{
    /* Steps of sequence and time from arrival to arrival (the first counts
     * from base 65530 and 10 s), and the length it must come to. */
    static const struct {
        const char *name;
        uint64_t step;
        rtc_usec delta_us;
        size_t count, len;
    } rows[] = {
        {"one packet", 1, 250, 1, 24},
        {"8191 small: one run", 1, 250, 8191, 20 + 2 + 8191},
        {"8192 small: two chunks", 1, 250, 8192, 20 + 4 + 8192},
        {"every other: one-bit vectors", 2, 0, 70, 20 + 2 * 10 + 70},
        {"14 large: one run", 1, 100000, 14, 20 + 2 + 2 * 14},
        {"every other, large: two-bit vectors", 2, 100000, 7, 20 + 4 + 13},
        {"time steps back", 1, -250, 10, 20 + 4 + 19},
        {"a gap of 20000", 20000, 0, 3, 20 + 9 * 2 + 3},
    };
    static struct rtc_twcc_arrival arrivals[8192];

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rtc_twcc_report report = {1,     2,        3,
                                         65530, arrivals, rows[i].count};
        struct rtc_writer w;

        for (size_t n = 0; n < rows[i].count; n++)
            arrivals[n] = (struct rtc_twcc_arrival){
                65530 + n * rows[i].step,
                10000000 + (rtc_usec)n * rows[i].delta_us};
        rtc_writer_init(&w, buf, sizeof buf);
        is_int(rtc_twcc_write(&w, &report), rows[i].count, rows[i].name);
        is_int(w.len, (rows[i].len + 3) / 4 * 4, "as short as can be");
        ok(reads_back(w.len, &report, rows[i].count), "reads back");
    }
}

static void test_split(void)
{
    static struct rtc_twcc_arrival arrivals[3000];
    struct rtc_twcc_report report = {1, 2, 0, 100, arrivals, 3000};
    uint32_t dice = 12345;
    bool right = true, tight = true;
    size_t messages = 0;
    rtc_usec at = INT64_C(1073741824000) - 1000000; /* reference wraps */
    uint64_t sequence = 100;

    for (size_t i = 0; i < 3000; i++) {
        dice = dice * 1664525 + 1013904223;
        sequence += dice >> 29 ? 1 : 1 + (dice >> 20 & 63);
        at += dice >> 28 == 1 ? 70000 : (rtc_usec)(dice >> 18 & 4095) - 500;
        arrivals[i] = (struct rtc_twcc_arrival){sequence, at};
    }
    while (report.arrival_count && right) {
        struct rtc_writer w;
        int count;

        rtc_writer_init(&w, buf, 601);
        count = rtc_twcc_write(&w, &report);
        right = count > 0 && reads_back(w.len, &report, (size_t)count);
        if (!right)
            break;
        report.base_sequence = report.arrivals[count - 1].sequence + 1;
        report.arrivals += count;
        report.arrival_count -= (size_t)count;
        report.feedback_count++;
        tight &= w.len <= 600 && (w.len > 592 || !report.arrival_count);
        messages++;
    }
    ok(right, "3000 random arrivals, split, all read back");
    ok(tight, "each message fills its room and no more");
    ok(messages > 5 && messages < 15, "in about ten messages");
}

static void test_limits(void)
{
    struct rtc_twcc_arrival a[2] = {{10, 1000000}, {11, 1000000 + 8191750}};
    struct rtc_twcc_report report = {1, 2, 3, 10, a, 2};
    struct rtc_writer w;

    rtc_writer_init(&w, buf, sizeof buf);
    is_int(rtc_twcc_write(&w, &report), 2, "the largest delta");
    a[1].arrival_us += 250;
    is_int(rtc_twcc_write(&w, &report), 1, "a larger one waits");
    a[1].arrival_us = a[0].arrival_us;
    a[1].sequence = 10 + 65534;
    is_int(rtc_twcc_write(&w, &report), 2, "the largest gap");
    a[1].sequence++;
    is_int(rtc_twcc_write(&w, &report), 1, "a larger one waits");
    report.base_sequence = 11;
    is_int(rtc_twcc_write(&w, &report), RTC_ERR_ARG, "a base behind the first");
    report.base_sequence = 10;
    rtc_writer_init(&w, buf, 23);
    is_int(rtc_twcc_write(&w, &report), RTC_ERR_NOBUF, "no room for one");
    is_int(w.len, 0, "leaves no trace");
    report.arrival_count = 0;
    is_int(rtc_twcc_write(&w, &report), RTC_ERR_ARG, "nothing to report");
}

int main(void)
{
    test_parse();
    test_malformed();
    test_forms();
    test_split();
    test_limits();
    return tap_done();
}
