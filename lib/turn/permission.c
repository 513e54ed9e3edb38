/* SPDX-License-Identifier: MIT
 * Permissions (RFC 8656 9, 10): those that are due at one time share a
 * CreatePermission request. A server refuses all of them for one it does not
 * like, so refused ones are asked for again each alone. */
#include "base/addr.h"
#include "base/clock.h"
#include "turn/machine.h"

/* RFC 8656 9: a permission lasts 5 minutes. */
#define REFRESH_US (240 * RTC_SEC)
#define REFUSED_AGAIN (60 * RTC_SEC)
#define SILENT_AGAIN (2 * RTC_SEC)

static int find(const struct rtc_turn_client *client,
                const struct rtc_addr *peer)
{
    for (unsigned i = 0; i < client->permission_count; i++)
        if (rtc_addr_equal_ip(&client->permissions[i].peer, peer))
            return (int)i;
    return -1;
}

bool rtc_turn_is_permitted(const struct rtc_turn_client *client,
                           const struct rtc_addr *peer)
{
    return find(client, peer) >= 0;
}

int rtc_turn_permit(struct rtc_turn_client *client, const struct rtc_addr *peer,
                    rtc_usec now)
{
    struct rtc_turn_permission *permission;

    if (!rtc_addr_is_set(peer))
        return RTC_ERR_ARG;
    if (rtc_turn_is_permitted(client, peer))
        return 0;
    if (client->permission_count == RTC_TURN_PERMISSION_MOST)
        return RTC_ERR_NOMEM;
    permission = &client->permissions[client->permission_count++];
    *permission = (struct rtc_turn_permission){.peer = *peer, .due_at = now};
    permission->peer.port = 0;
    permission->peer.scope = 0;
    return 0;
}

void rtc_turn_permissions_reset(struct rtc_turn_client *client, rtc_usec now)
{
    for (unsigned i = 0; i < client->permission_count; i++) {
        client->permissions[i].asking = client->permissions[i].alone = false;
        client->permissions[i].due_at = now;
    }
}

static bool is_wanting(const struct rtc_turn_client *client,
                       const struct rtc_turn_permission *permission)
{
    return !permission->asking &&
           rtc_turn_relayed_of(client, permission->peer.family);
}

static unsigned free_slot(const struct rtc_turn_client *client)
{
    unsigned slot = RTC_TURN_SLOT_PERMISSION;

    while (slot < RTC_TURN_SLOT_CHANNEL && rtc_turn_is_open(client, slot))
        slot++;
    return slot;
}

/* A bit for each that the next request asks for. */
static uint32_t choose_due(const struct rtc_turn_client *client, rtc_usec now)
{
    uint32_t chosen = 0;
    unsigned count = 0;

    for (unsigned i = 0; i < client->permission_count; i++) {
        const struct rtc_turn_permission *p = &client->permissions[i];

        if (!is_wanting(client, p) || now < p->due_at || (p->alone && count))
            continue;
        chosen |= (uint32_t)1 << i;
        if (p->alone || ++count == RTC_TURN_PERMISSIONS_A_REQUEST)
            break;
    }
    return chosen;
}

static void set_asking(struct rtc_turn_client *client, uint32_t chosen,
                       bool asking, rtc_usec due_at)
{
    for (unsigned i = 0; i < client->permission_count; i++)
        if (chosen >> i & 1) {
            client->permissions[i].asking = asking;
            client->permissions[i].due_at = due_at;
        }
}

void rtc_turn_permissions_start_due(struct rtc_turn_client *client,
                                    rtc_usec now)
{
    unsigned slot;
    uint32_t chosen;

    while ((slot = free_slot(client)) < RTC_TURN_SLOT_CHANNEL &&
           (chosen = choose_due(client, now))) {
        set_asking(client, chosen, true, RTC_NEVER);
        client->requests[slot].permissions = chosen;
        rtc_turn_start(client, slot, RTC_STUN_CREATE_PERMISSION, now);
    }
}

rtc_usec rtc_turn_permissions_deadline(const struct rtc_turn_client *client)
{
    rtc_usec at = RTC_NEVER;

    if (free_slot(client) == RTC_TURN_SLOT_CHANNEL)
        return RTC_NEVER;
    for (unsigned i = 0; i < client->permission_count; i++)
        if (is_wanting(client, &client->permissions[i]))
            at = rtc_min_time(at, client->permissions[i].due_at);
    return at;
}

void rtc_turn_permissions_write(const struct rtc_turn_client *client,
                                unsigned slot, struct rtc_writer *w)
{
    uint32_t chosen = client->requests[slot].permissions;

    for (unsigned i = 0; i < client->permission_count; i++)
        if (chosen >> i & 1)
            rtc_stun_write_xor_addr(w, RTC_STUN_XOR_PEER_ADDRESS,
                                    &client->permissions[i].peer);
}

void rtc_turn_permissions_granted(struct rtc_turn_client *client, unsigned slot,
                                  rtc_usec now)
{
    set_asking(client, client->requests[slot].permissions, false,
               now + REFRESH_US);
}

void rtc_turn_permissions_refused(struct rtc_turn_client *client, unsigned slot,
                                  rtc_usec now)
{
    uint32_t chosen = client->requests[slot].permissions;
    bool several = chosen & (chosen - 1);

    set_asking(client, chosen, false, several ? now : now + REFUSED_AGAIN);
    for (unsigned i = 0; several && i < client->permission_count; i++)
        if (chosen >> i & 1)
            client->permissions[i].alone = true;
}

void rtc_turn_permissions_silent(struct rtc_turn_client *client, unsigned slot,
                                 rtc_usec now)
{
    set_asking(client, client->requests[slot].permissions, false,
               now + SILENT_AGAIN);
    rtc_turn_allocation_doubt(client, now);
}
