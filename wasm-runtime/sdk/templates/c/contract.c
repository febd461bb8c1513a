/* A counter that anybody may raise.
 *
 *   set up with  {"count":40}
 *   told         {"add":{"by":2}}    answers {"count":42}
 *   asked        {"count":{}}        answers {"count":42}
 */
#include "json.h"

SLSBFT_CONTRACT

#define COUNT slsbft_text("count")

SLSBFT_ENTRY(instantiate) {
    uint64_t count;
    if (!slsbft_json_get_u64(slsbft_message(), "count", &count)) slsbft_fail_text("begin with {\"count\":0}");
    slsbft_store_u64(COUNT, count);
}

static void answer(uint64_t count) {
    uint8_t room[64];
    slsbft_writer out = {room, 0, sizeof room};
    slsbft_put_text(&out, "{\"count\":");
    slsbft_put_decimal(&out, count);
    slsbft_put_text(&out, "}");
    slsbft_output(out.at, out.used);
}

static void report(uint64_t by) {
    uint8_t sender[256], digits[20], room[512];
    uint32_t length = (uint32_t)slsbft_sender(sender, sizeof sender);
    slsbft_writer decimal = {digits, 0, sizeof digits}, attributes = {room, 0, sizeof room};
    slsbft_put_decimal(&decimal, by);
    slsbft_put_prefixed(&attributes, slsbft_text("by"));
    slsbft_put_prefixed(&attributes, (slsbft_bytes){digits, decimal.used});
    slsbft_put_prefixed(&attributes, slsbft_text("sender"));
    slsbft_put_prefixed(&attributes, (slsbft_bytes){sender, length});
    slsbft_event("counted", 7, room, attributes.used);
}

SLSBFT_ENTRY(execute) {
    slsbft_bytes add;
    uint64_t by, count = slsbft_load_u64(COUNT, 0);
    if (slsbft_funds(NULL, 0)) slsbft_fail_text("this message takes no coins");
    if (!slsbft_json_get(slsbft_message(), "add", &add) || !slsbft_json_get_u64(add, "by", &by))
        slsbft_fail_text("say {\"add\":{\"by\":1}}");
    if (by > UINT64_MAX - count) slsbft_fail_text("the counter is full");
    slsbft_store_u64(COUNT, count + by);
    report(by);
    answer(count + by);
}

SLSBFT_ENTRY(query) {
    slsbft_bytes body;
    if (!slsbft_json_get(slsbft_message(), "count", &body)) slsbft_fail_text("ask {\"count\":{}}");
    answer(slsbft_load_u64(COUNT, 0));
}
