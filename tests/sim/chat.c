/* SPDX-License-Identifier: MIT
 * A message is its serial number in four bytes, and bytes that follow from it;
 * shorter ones are of those bytes alone. */
#include "tests/sim/chat.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SERIAL_LEN 4
#define LONGEST (1 << 20)

static uint8_t pattern(uint32_t serial, size_t at)
{
    return (uint8_t)(serial * 31 + at * 7 + (at >> 8));
}

static void fill(uint8_t *data, size_t len, uint32_t serial)
{
    for (size_t i = 0; i < len; i++)
        data[i] = pattern(serial, i);
    if (len >= SERIAL_LEN)
        memcpy(data, &serial, SERIAL_LEN);
}

static void note_message(struct sim_channel *c,
                         const struct rtc_message *message)
{
    uint32_t serial;

    c->messages++;
    c->texts += message->is_text;
    c->empty += !message->len;
    c->bytes += message->len;
    if (message->len < SERIAL_LEN)
        return;
    memcpy(&serial, message->data, SERIAL_LEN);
    for (size_t i = SERIAL_LEN; i < message->len; i++)
        if (message->data[i] != pattern(serial, i)) {
            c->corrupt++;
            return;
        }
    if (serial <= c->last)
        c->disordered++;
    c->last = serial;
}

static void on_event(struct sim_side *side, const struct rtc_event *event)
{
    struct sim_chat *chat = side->user;
    struct sim_chat_side *seen = &chat->side[side->which];
    struct sim_channel *c;

    seen->after_closed += seen->closed;
    seen->closed |= event->type == RTC_EVENT_CLOSED;
    if (event->type < RTC_EVENT_CHANNEL ||
        event->type > RTC_EVENT_CHANNEL_CLOSED)
        return;
    if (event->channel < 0 || event->channel >= SIM_CHANNEL_MOST)
        abort();
    if ((unsigned)event->channel >= seen->channel_count)
        seen->channel_count = (unsigned)event->channel + 1;
    c = &seen->channels[event->channel];
    if (event->type == RTC_EVENT_CHANNEL) {
        c->opened++;
        c->opened_at = side->pair->now;
    } else if (event->type == RTC_EVENT_CHANNEL_CLOSED) {
        c->closed++;
        c->closed_at = side->pair->now;
    } else if (event->type == RTC_EVENT_CHANNEL_LOW) {
        c->low++;
    } else {
        c->early += !c->opened || c->closed;
        note_message(c, &event->message);
    }
}

struct sim_chat *sim_chat_new(uint64_t seed, const struct sim_link *link)
{
    struct sim_chat *chat = calloc(1, sizeof *chat);

    if (!chat)
        abort();
    chat->pair = sim_pair_new(seed);
    for (int i = 0; i < 2; i++) {
        chat->pair->side[i].user = chat;
        chat->pair->side[i].on_event = on_event;
        chat->side[i].serial = 1;
    }
    if (link)
        sim_pair_link(chat->pair, link);
    return chat;
}

void sim_chat_free(struct sim_chat *chat)
{
    sim_pair_free(chat->pair);
    free(chat);
}

static bool is_opening(struct sim_pair *pair)
{
    const struct sim_chat *chat = pair->side[0].user;

    return !chat->side[SIM_L].channels[0].opened ||
           !chat->side[SIM_R].channels[0].opened;
}

bool sim_chat_connect(struct sim_chat *chat,
                      const struct rtc_channel_config *config)
{
    struct sim_pair *pair = chat->pair;
    int error;

    sim_pair_start(pair);
    error = rtc_peer_add_channel(pair->side[SIM_L].peer, config, pair->now);
    if (error >= 0 && config->negotiated)
        error = rtc_peer_add_channel(pair->side[SIM_R].peer, config, pair->now);
    if (error >= 0)
        error = sim_pair_negotiate(pair, SIM_L);
    if (error < 0) {
        printf("# %s: %s / %s\n", rtc_error_text(error),
               rtc_peer_why(pair->side[SIM_L].peer),
               rtc_peer_why(pair->side[SIM_R].peer));
        return false;
    }
    return sim_pair_run_while(pair, pair->now + 10000000, is_opening);
}

void sim_chat_run(struct sim_chat *chat, rtc_usec duration)
{
    sim_pair_run(chat->pair, chat->pair->now + duration);
}

int sim_chat_send(struct sim_chat *chat, int from, int channel, size_t len,
                  bool is_text)
{
    static uint8_t data[LONGEST];
    struct rtc_message message = {.data = data, .len = len, .is_text = is_text};
    int error;

    fill(data, len, chat->side[from].serial);
    error = rtc_peer_send_message(chat->pair->side[from].peer, channel,
                                  &message, chat->pair->now);
    chat->side[from].serial += !error;
    return error;
}

bool sim_chat_is_sound(const struct sim_chat *chat)
{
    bool pass = true;

    for (int i = 0; i < 2; i++) {
        const struct sim_side *side = &chat->pair->side[i];
        unsigned corrupt = 0, early = 0, odd = 0;
        for (unsigned k = 0; k < chat->side[i].channel_count; k++) {
            const struct sim_channel *c = &chat->side[i].channels[k];
            corrupt += c->corrupt;
            early += c->early;
            odd += c->opened > 1 || c->closed > 1;
        }
        if (!side->past_deadlines && !side->oversized && !side->wrong_runs &&
            !corrupt && !early && !odd && !chat->side[i].after_closed)
            continue;
        printf("# %c: past deadlines %u oversized %u wrong runs %u corrupt %u "
               "early %u odd %u after closed %u\n",
               "LR"[i], side -> past_deadlines, side -> oversized,
               side -> wrong_runs, corrupt, early, odd,
               chat -> side[i].after_closed);
        pass = false;
    }
    return pass;
}
