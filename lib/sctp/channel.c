/* SPDX-License-Identifier: MIT
 * A table of at most RTC_CHANNEL_MOST channels, looked through from the front:
 * there are few. */
#include "sctp/channel.h"

#include <string.h>

#include "base/mem.h"

#define ID_MOST 65534 /* RFC 8832 5.1 */

void rtc_channel_table_done(struct rtc_channel_table *t)
{
    for (unsigned i = 0; i < RTC_CHANNEL_MOST; i++)
        rtc_free(t->slots[i]);
    *t = (struct rtc_channel_table){0};
}

static bool is_text_good(const char *text)
{
    return !text || strlen(text) <= RTC_LABEL_MAX;
}

bool rtc_channel_is_config_good(const struct rtc_channel_config *config)
{
    return is_text_good(config->label) && is_text_good(config->protocol) &&
           config->max_retransmits >= -1 && config->max_lifetime_ms >= -1 &&
           (config->max_retransmits < 0 || config->max_lifetime_ms < 0) &&
           (!config->negotiated || config->id <= ID_MOST);
}

static bool is_over(const struct rtc_channel *channel)
{
    return channel->state == RTC_CHANNEL_CLOSED && !channel->tell_open &&
           !channel->tell_closed;
}

static struct rtc_channel **free_slot(struct rtc_channel_table *t)
{
    for (unsigned i = 0; i < RTC_CHANNEL_MOST; i++)
        if (!t->slots[i])
            return &t->slots[i];
    return NULL;
}

int rtc_channel_make(struct rtc_channel_table *t,
                     const struct rtc_channel_config *config,
                     struct rtc_channel **ret_channel)
{
    struct rtc_channel **slot;
    struct rtc_channel *c;

    for (unsigned i = 0; i < RTC_CHANNEL_MOST; i++)
        if (t->slots[i] && is_over(t->slots[i])) {
            rtc_free(t->slots[i]);
            t->slots[i] = NULL;
        }
    slot = free_slot(t);
    c = slot ? rtc_calloc(1, sizeof *c) : NULL;
    if (!c)
        return RTC_ERR_NOMEM;
    c->number = t->next_number++;
    c->config = *config;
    strcpy(c->label, config->label ? config->label : "");
    strcpy(c->protocol, config->protocol ? config->protocol : "");
    c->config.label = c->label;
    c->config.protocol = c->protocol;
    c->id = config->negotiated ? config->id : -1;
    *slot = c;
    *ret_channel = c;
    return 0;
}

struct rtc_channel *rtc_channel_by_number(const struct rtc_channel_table *t,
                                          int number)
{
    for (unsigned i = 0; i < RTC_CHANNEL_MOST; i++)
        if (t->slots[i] && t->slots[i]->number == number)
            return t->slots[i];
    return NULL;
}

struct rtc_channel *rtc_channel_by_id(const struct rtc_channel_table *t, int id)
{
    for (unsigned i = 0; i < RTC_CHANNEL_MOST; i++)
        if (t->slots[i] && t->slots[i]->id == id &&
            t->slots[i]->state != RTC_CHANNEL_CLOSED)
            return t->slots[i];
    return NULL;
}

int rtc_channel_free_id(const struct rtc_channel_table *t, bool is_client,
                        unsigned streams)
{
    for (int id = is_client ? 0 : 1; id <= ID_MOST && (unsigned)id < streams;
         id += 2)
        if (!rtc_channel_by_id(t, id))
            return id;
    return -1;
}

void rtc_channel_close(struct rtc_channel *channel)
{
    if (channel->state == RTC_CHANNEL_CLOSED)
        return;
    channel->state = RTC_CHANNEL_CLOSED;
    channel->open_due = channel->ack_due = channel->reset_due = false;
    channel->tell_low = false;
    channel->tell_closed = true;
}
