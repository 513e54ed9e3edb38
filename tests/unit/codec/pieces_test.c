/* SPDX-License-Identifier: MIT
 * Pieces: units of one and of many, what does not fit together, a full buffer.
 */
#include "codec/pieces.h"

#include "rtc.h"
#include "tap.h"

enum { S = RTC_PIECE_STARTS, E = RTC_PIECE_ENDS };

static void test_units(void)
{
    uint8_t buf[64];
    struct rtc_pieces p = {.data = buf};
    struct rtc_unit unit;
    struct rtc_writer w;

    rtc_writer_init(&w, buf, sizeof buf);
    rtc_piece_write(&w, S | E, (const uint8_t *)"abc", 3);
    rtc_piece_write(&w, S, (const uint8_t *)"de", 2);
    rtc_piece_write(&w, 0, (const uint8_t *)"", 0);
    rtc_piece_write(&w, 0, (const uint8_t *)"f", 1);
    rtc_piece_write(&w, E, (const uint8_t *)"ghi", 3);
    rtc_piece_write(&w, S, (const uint8_t *)"j", 1);
    is_int(w.len, 10 + 6 * RTC_PIECE_OVERHEAD, "as long as promised");
    p.len = w.len;
    is_int(rtc_pieces_join(&p, &unit), 1, "a unit of one");
    ok(unit.len == 3 && !memcmp(unit.data, "abc", 3) && unit.ended, "whole");
    is_int(rtc_pieces_join(&p, &unit), 1, "a unit of four");
    ok(unit.len == 6 && !memcmp(unit.data, "defghi", 6) && unit.ended,
       "joined");
    is_int(rtc_pieces_join(&p, &unit), 1, "a unit");
    ok(unit.len == 1 && !unit.ended, "without its end");
    is_int(rtc_pieces_join(&p, &unit), 0, "no more");
}

static void test_misfits(void)
{
    static const uint8_t rows[][3] = {
        {0, E, S}, {E, S, E}, {S | E, 0, S}, {S | E, E, S}};
    struct rtc_unit unit;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t buf[64];
        struct rtc_pieces p = {.data = buf};
        struct rtc_writer w;

        rtc_writer_init(&w, buf, sizeof buf);
        for (unsigned k = 0; k < 3; k++)
            rtc_piece_write(&w, rows[i][k], (const uint8_t *)"x", 1);
        p.len = w.len;
        is_int(rtc_pieces_join(&p, &unit), RTC_ERR_FORMAT, "no unit");
    }
}

static void test_full(void)
{
    uint8_t buf[8];
    struct rtc_writer w;

    rtc_writer_init(&w, buf, sizeof buf);
    rtc_piece_write(&w, S, (const uint8_t *)"abcd", 4);
    ok(!w.failed, "the last that fits");
    rtc_piece_write(&w, E, (const uint8_t *)"", 0);
    ok(w.failed && w.len == 8, "nothing of the next is written");
    rtc_writer_init(&w, buf, sizeof buf);
    rtc_piece_write(&w, S, (const uint8_t *)"abcdefgh", 5);
    ok(w.failed && w.len == 0, "nor of one that fits in part");
}

int main(void)
{
    test_units();
    test_misfits();
    test_full();
    return tap_done();
}
