/* SPDX-License-Identifier: MIT
 *
 * Loss first, then the queue, then the way: in that order a datagram draws what
 * befalls it. Holding it until it is due is the caller's.
 */
#include "cmd/link_model.h"

#define REORDER_US 10000

uint64_t link_draw(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

double link_draw_unit(uint64_t *state)
{
    return (double)(link_draw(state) >> 11) / 9007199254740992.0; /* 2^53 */
}

static bool is_lost(struct link_model *model, uint64_t *random)
{
    const struct link_terms *t = &model->terms;

    if (t->burst_good > 0 && t->burst_bad > 0) {
        double turn = 1 / (model->in_burst ? t->burst_bad : t->burst_good);
        if (link_draw_unit(random) < turn)
            model->in_burst = !model->in_burst;
        if (model->in_burst)
            return true;
    }
    return t->dead || (t->loss > 0 && link_draw_unit(random) < t->loss);
}

/* When the last byte has left the queue, or RTC_NEVER when it is full. */
static rtc_usec serialize(struct link_model *model, size_t len, rtc_usec now)
{
    const struct link_terms *t = &model->terms;
    rtc_usec start = model->busy_until > now ? model->busy_until : now;
    uint64_t waiting;

    if (!t->rate_bps)
        return now;
    waiting = (uint64_t)(start - now) * t->rate_bps / 8000000;
    if (t->queue_bytes && waiting + len > t->queue_bytes)
        return RTC_NEVER;
    model->busy_until = start + (rtc_usec)(len * 8000000 / t->rate_bps);
    return model->busy_until;
}

static rtc_usec arrival(struct link_model *model, uint64_t *random,
                        rtc_usec left)
{
    const struct link_terms *t = &model->terms;
    rtc_usec due = left + t->delay_us;

    if (t->jitter_us)
        due +=
            (rtc_usec)((2 * link_draw_unit(random) - 1) * (double)t->jitter_us);
    if (due < left)
        due = left;
    if (t->reorder > 0 && link_draw_unit(random) < t->reorder)
        return due + 1 + (rtc_usec)(link_draw_unit(random) * REORDER_US);
    if (due < model->last_due)
        due = model->last_due;
    model->last_due = due;
    return due;
}

enum link_fate link_model_send(struct link_model *model, size_t len,
                               uint64_t *random, rtc_usec ret_due[2],
                               rtc_usec now)
{
    const struct link_terms *t = &model->terms;
    rtc_usec left;

    if (is_lost(model, random))
        return LINK_LOST;
    left = serialize(model, len, now);
    if (left == RTC_NEVER)
        return LINK_FULL;
    ret_due[0] = arrival(model, random, left);
    ret_due[1] = RTC_NEVER;
    if (t->duplicate > 0 && link_draw_unit(random) < t->duplicate)
        ret_due[1] = arrival(model, random, left);
    return LINK_ARRIVES;
}
