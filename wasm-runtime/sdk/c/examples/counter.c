/* A counter that anybody may raise. Messages: a number to begin with, empty for 0 (instantiate); "add 5"
 * (execute). A question is empty; its answer is the count in decimal. */
#include "slsbft.h"

SLSBFT_CONTRACT

#define COUNT slsbft_text("count")

SLSBFT_ENTRY(instantiate) {
    slsbft_bytes msg = slsbft_message();
    uint64_t start = 0;
    if (msg.length && !slsbft_parse_u64(msg, &start)) slsbft_fail_text("begin with a number");
    slsbft_store_u64(COUNT, start);
}

static void report(uint64_t by, uint64_t count) {
    uint8_t sender[256];
    uint32_t length = (uint32_t)slsbft_sender(sender, sizeof sender);
    uint8_t digits[20], list[512];
    slsbft_writer decimal = {digits, 0, sizeof digits}, attributes = {list, 0, sizeof list};
    slsbft_put_decimal(&decimal, by);
    slsbft_put_prefixed(&attributes, slsbft_text("by"));
    slsbft_put_prefixed(&attributes, (slsbft_bytes){digits, decimal.used});
    slsbft_put_prefixed(&attributes, slsbft_text("sender"));
    slsbft_put_prefixed(&attributes, (slsbft_bytes){sender, length});
    slsbft_event("counted", 7, list, attributes.used);
    decimal.used = 0;
    slsbft_put_decimal(&decimal, count);
    slsbft_output(digits, decimal.used);
}

SLSBFT_ENTRY(execute) {
    slsbft_bytes msg = slsbft_message();
    uint64_t by, count = slsbft_load_u64(COUNT, 0);
    if (!slsbft_take(&msg, slsbft_text("add ")) || !slsbft_parse_u64(msg, &by))
        slsbft_fail_text("say `add` and a number");
    if (by > UINT64_MAX - count) slsbft_fail_text("the counter is full");
    slsbft_store_u64(COUNT, count + by);
    report(by, count + by);
}

SLSBFT_ENTRY(query) {
    uint8_t digits[20];
    slsbft_writer decimal = {digits, 0, sizeof digits};
    slsbft_put_decimal(&decimal, slsbft_load_u64(COUNT, 0));
    slsbft_output(digits, decimal.used);
}
