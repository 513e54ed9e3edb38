/* SPDX-License-Identifier: MIT
 *
 * What goes in comes out by its time, and in the order it came.
 */
#include "cmd/due_heap.h"

#include "cmd/link_model.h"
#include "tap.h"

#define COUNT 1000

struct item {
    rtc_usec due;
    int number;
};

static void test_order(void)
{
    static struct item items[COUNT];
    struct due_heap heap = {0};
    const struct item *last = NULL;
    bool is_sorted = true;
    uint64_t random = 1;

    for (int i = 0; i < COUNT; i++) {
        items[i] = (struct item){(rtc_usec)(link_draw(&random) % 100), i};
        is_sorted &= due_heap_push(&heap, items[i].due, &items[i]);
    }
    for (int i = 0; i < COUNT; i++) {
        rtc_usec deadline = due_heap_deadline(&heap);
        const struct item *item = due_heap_pop(&heap);

        is_sorted &= item->due == deadline;
        is_sorted &= !last || last->due < item->due ||
                     (last->due == item->due && last->number < item->number);
        last = item;
    }
    ok(is_sorted, "a thousand come out by time, equals as they came");
    is_int(due_heap_deadline(&heap), RTC_NEVER, "then nothing is due");
    due_heap_done(&heap);
}

static void test_reserve(void)
{
    struct due_heap heap = {0};
    struct due_entry *entries;

    ok(due_heap_reserve(&heap, 100), "room for a hundred");
    entries = heap.entries;
    for (int i = 0; i < 100; i++)
        due_heap_push(&heap, i, NULL);
    ok(heap.entries == entries, "is used without making more");
    ok(due_heap_push(&heap, 5, NULL), "one more fits all the same");
    due_heap_done(&heap);
}

int main(void)
{
    test_order();
    test_reserve();
    return tap_done();
}
