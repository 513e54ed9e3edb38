/* SPDX-License-Identifier: MIT
 * Pacing of key-frame requests: ours are repeated until a key frame comes
 * (RFC 4585 6.3.1 leaves the pace to us), those received are folded. */
#include "stream/keyframe.h"

#define ASK_GAP_MIN_US (500 * RTC_MS)
/* What an encoder needs to act on a request and a few repeats to arrive. */
#define ANSWER_FOLD_US (300 * RTC_MS)

void rtc_keyframe_want(struct rtc_keyframe_ask *k)
{
    k->wanted = true;
}

void rtc_keyframe_got(struct rtc_keyframe_ask *k)
{
    k->wanted = false;
}

rtc_usec rtc_keyframe_deadline(const struct rtc_keyframe_ask *k,
                               rtc_usec rtt_us)
{
    if (!k->wanted)
        return RTC_NEVER;
    if (!k->asked)
        return 0;
    return k->asked_us + rtc_max_time(ASK_GAP_MIN_US, 2 * rtt_us);
}

bool rtc_keyframe_due(struct rtc_keyframe_ask *k, rtc_usec rtt_us, rtc_usec now)
{
    if (!k->wanted || now < rtc_keyframe_deadline(k, rtt_us))
        return false;
    k->asked = true;
    k->asked_us = now;
    k->count++;
    return true;
}

static bool tell(struct rtc_keyframe_answer *k, rtc_usec now)
{
    if (k->told && now - k->told_us < ANSWER_FOLD_US)
        return false;
    k->told = true;
    k->told_us = now;
    return true;
}

bool rtc_keyframe_pli(struct rtc_keyframe_answer *k, rtc_usec now)
{
    k->pli_count++;
    return tell(k, now);
}

bool rtc_keyframe_fir(struct rtc_keyframe_answer *k, uint8_t sequence,
                      rtc_usec now)
{
    bool repeated = k->has_fir && k->fir_sequence == sequence;

    k->has_fir = true;
    k->fir_sequence = sequence;
    k->fir_count++;
    return !repeated && tell(k, now);
}
