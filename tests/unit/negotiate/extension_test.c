/* SPDX-License-Identifier: MIT
 * Header extensions that only packet-level tracks have, and the caller's own:
 * who offers and takes which, under which id. */
#include "negotiate/payload.h"
#include "negotiate/side.h"

static const char *const ours[RTC_OWN_EXTENSION_MOST] = {"urn:x:1", NULL,
                                                         "urn:x:3", "urn:x:4"};
static const char *const theirs[RTC_OWN_EXTENSION_MOST] = {"urn:x:3", "urn:x:1",
                                                           "urn:x:9"};

/* The id of a URI in a section, 0: not there. */
static unsigned id_of(const struct rtc_sdp_media *media, const char *uri)
{
    for (unsigned i = 0; i < media->extmap_count; i++)
        if (rtc_text_is(media->extmaps[i].uri, uri))
            return media->extmaps[i].id;
    return 0;
}

static struct side a, b;

/* One offer, answered: tracks of packets at a side whose bit is set. */
static void exchange(unsigned packets, const char *const *b_uris)
{
    struct rtc_negotiate_match matches[RTC_SDP_MEDIA_MOST];
    struct rtc_sdp *offer, *answer = NULL;
    struct rtc_sdp_error why;

    init_both(&a, "aaaa");
    init_both(&b, "bbbb");
    for (unsigned i = 0; i < 2; i++) {
        a.tracks[i].packets = packets & 1;
        b.tracks[i].packets = packets >> 1;
    }
    a.local.own_uris = ours;
    b.local.own_uris = b_uris;
    offer = make_offer(&a);
    a.current.local = offer;
    b.current.remote = over_the_wire(offer);
    rtc_negotiate_match(b.current.remote, &b.local, matches);
    is_int(rtc_negotiate_answer(b.current.remote, &b.local,
                                &(struct rtc_negotiate_current){NULL, NULL},
                                matches, &answer, &why),
           0, "answered");
    b.current.local = answer;
    a.current.remote = over_the_wire(answer);
}

static void done(void)
{
    done_side(&a);
    done_side(&b);
}

static struct rtc_negotiate_agreed agreement(const struct side *s,
                                             const char *const *uris)
{
    struct rtc_negotiate_agreed agreed;

    rtc_negotiate_agree(s->current.local, s->current.remote, 1, &agreed);
    rtc_negotiate_agree_own(s->current.local, s->current.remote, 1, uris,
                            &agreed);
    return agreed;
}

static const enum rtc_extension packet_level[] = {
    RTC_EXTENSION_ORIENTATION, RTC_EXTENSION_ABS_CAPTURE_TIME,
    RTC_EXTENSION_PLAYOUT_DELAY, RTC_EXTENSION_DEPENDENCY_DESCRIPTOR,
    RTC_EXTENSION_VIDEO_LAYERS};

/* Offered by packets, and agreed when both have packets. */
static void test_levels(void)
{
    for (unsigned packets = 0; packets < 4; packets++) {
        const struct rtc_sdp_media *offer;
        struct rtc_negotiate_agreed left;
        unsigned offered = 0, taken = 0;

        exchange(packets, ours);
        offer = &a.current.local->media[1];
        left = agreement(&a, ours);
        for (size_t i = 0; i < 5; i++) {
            offered += id_of(offer, rtc_extension_uri(packet_level[i])) > 0;
            taken += left.extmap.id[packet_level[i]] > 0;
        }
        is_int(offered, packets & 1 ? 5 : 0, "offered by packets only");
        is_int(taken, packets == 3 ? 5 : 0, "and taken by packets only");
        is_int(id_of(offer, "urn:x:1") > 0, packets & 1, "as our own are");
        is_int(left.extmap.id[RTC_EXTENSION_USER0] > 0, packets == 3,
               "our own are agreed alike");
        ok(left.extmap.id[RTC_EXTENSION_MID] > 0, "MID is in any case");
        done();
    }
}

/* Each side has indices of its own; the URI counts. */
static void test_indices(void)
{
    const struct rtc_sdp_media *offer;
    struct rtc_negotiate_agreed left, right;

    exchange(3, theirs);
    offer = &a.current.local->media[1];
    left = agreement(&a, ours);
    right = agreement(&b, theirs);
    ok(id_of(offer, "urn:x:1") && id_of(offer, "urn:x:3") &&
           id_of(offer, "urn:x:4"),
       "all of ours are offered");
    is_int(id_of(offer, ""), 0, "and nothing without a URI");
    ok(id_of(offer, "urn:x:4") > 14, "the last needs the two-byte form");
    is_int(left.extmap.id[RTC_EXTENSION_USER0],
           right.extmap.id[RTC_EXTENSION_USER1],
           "the first of ours is their second");
    is_int(left.extmap.id[RTC_EXTENSION_USER2],
           right.extmap.id[RTC_EXTENSION_USER0], "our third their first");
    ok(left.extmap.id[RTC_EXTENSION_USER0] &&
           left.extmap.id[RTC_EXTENSION_USER2],
       "both are agreed");
    is_int(left.extmap.id[RTC_EXTENSION_USER3], 0,
           "not what one side only has");
    is_int(right.extmap.id[RTC_EXTENSION_USER2], 0, "whichever");
    is_int(id_of(&b.current.local->media[1], "urn:x:4"), 0,
           "it is not in the answer");
    ok(!left.extmap.one_byte_only, "both forms may be used");
    done();
}

/* Ids of the first section hold in the others, and in later offers. */
static void test_ids(void)
{
    const struct rtc_sdp *first;
    struct rtc_sdp *again;
    unsigned id;

    exchange(3, ours);
    first = a.current.local;
    strcpy(a.mids[0], "0");
    strcpy(a.mids[1], "1");
    again = make_offer(&a);
    id = id_of(&first->media[0], "urn:x:3");
    ok(id > 0, "sound has them, too");
    is_int(id_of(&first->media[1], "urn:x:3"), id, "under the same id");
    is_int(id_of(&again->media[0], "urn:x:3"), id, "and again");
    is_int(id_of(&again->media[1], "urn:x:4"),
           id_of(&first->media[1], "urn:x:4"), "each of them");
    rtc_sdp_free(again);
    done();
}

/* A remote that does not speak of mixed forms. */
static void test_not_mixed(void)
{
    struct rtc_negotiate_agreed left;

    exchange(3, ours);
    ((struct rtc_sdp *)a.current.remote)->media[1].extmap_allow_mixed = false;
    left = agreement(&a, ours);
    ok(left.extmap.one_byte_only, "one-byte elements only");
    done();
}

/* Whatever ids are taken: none twice, none 15, one-byte ids for ours. */
static void test_crowded(void)
{
    for (unsigned taken = 0; taken <= 14; taken++) {
        struct rtc_payload_numbers numbers;
        bool seen[RTC_EXTENSION_ID_MAX + 1] = {false}, good = true;
        const struct rtc_payload_extension *row;

        rtc_payload_numbers_init(
            &numbers, &(struct rtc_negotiate_current){NULL, NULL}, ours);
        for (unsigned i = 1; i <= taken; i++)
            seen[i] = numbers.id_used[i] = true;
        for (unsigned i = 0; (row = rtc_payload_extension_at(i)); i++) {
            unsigned id = rtc_payload_extension_id(&numbers, row);

            good = good && id != 15 && (!id || !seen[id]) &&
                   (id <= 14 || row->extension >= RTC_EXTENSION_USER0) &&
                   (id || row->extension < RTC_EXTENSION_USER0);
            seen[id] = true;
        }
        ok(good, "ids are free ones");
    }
}

int main(void)
{
    test_levels();
    test_indices();
    test_ids();
    test_not_mixed();
    test_crowded();
    return tap_done();
}
