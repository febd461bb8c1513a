/* How many primes are there below a number? The contract does not count them in a block: it has nodes do so off
 * the chain, for a fraction of the gas's price, and is told what enough of them say.
 *
 *  {"code":1}                                              makes it; `code` is the id of this very code
 *  {"count":{"below":"10000000","gas":"300000000","fee":"400000000"}}
 *                                                          asks; the fee, in uankr, is paid out of its own coins
 *
 * Asked anything, it returns what it was told last: {"answered":{"request":1,"answer":"664579"}}. The coins that
 * came with its messages pay for that call, too.
 */
#include "json.h"
#include "proto.h"

SLSBFT_CONTRACT

#define CODE slsbft_text("code")
#define TOLD slsbft_text("told")
/* Gas for being told. */
#define CALLBACK_LIMIT 200000

static uint64_t number(slsbft_bytes message, const char *field) {
    uint64_t number;
    if (!slsbft_json_get_u64(message, field, &number)) slsbft_fail_text("say code, or count with below, gas and fee");
    return number;
}

SLSBFT_ENTRY(instantiate) { slsbft_store_u64(CODE, number(slsbft_message(), "code")); }

SLSBFT_ENTRY(execute) {
    slsbft_bytes count, message = slsbft_message();
    if (!slsbft_json_get(message, "count", &count)) slsbft_fail_text("say count");
    uint8_t input_room[20], task_room[64], address[256], room[512];
    slsbft_writer input = {input_room, 0, sizeof input_room};
    slsbft_put_decimal(&input, number(count, "below"));
    slsbft_writer task = {task_room, 0, sizeof task_room};
    slsbft_put_field_u64(&task, 1, slsbft_load_u64(CODE, 0));
    slsbft_put_field(&task, 2, (slsbft_bytes){input.at, input.used});
    slsbft_put_field_u64(&task, 3, number(count, "gas"));
    slsbft_writer msg = {room, 0, sizeof room};
    slsbft_put_field(&msg, 1, (slsbft_bytes){address, (uint32_t)slsbft_contract(address, sizeof address)});
    slsbft_put_field_decimal(&msg, 5, number(count, "fee"));
    slsbft_put_field_u64(&msg, 6, CALLBACK_LIMIT);
    slsbft_put_field(&msg, 7, (slsbft_bytes){task.at, task.used});
    const char *type_url = "/slsbft.requests.v1.MsgPost";
    if (slsbft_send(type_url, slsbft_length(type_url), msg.at, msg.used, SLSBFT_ALL_POINTS)) {
        slsbft_bytes why = slsbft_answered();
        slsbft_fail(why.at, why.length);
    }
}

/* Run by nodes, off the chain: its message is a number in decimal digits. */
SLSBFT_ENTRY(compute) {
    uint64_t below;
    if (!slsbft_parse_u64(slsbft_message(), &below) || below > 50000000) slsbft_fail_text("a number up to 50000000");
    uint32_t end = (uint32_t)below, found = 0;
    uint8_t *is_composite = slsbft_alloc(end);
    for (uint32_t n = 2; n < end; n++) {
        if (is_composite[n]) continue;
        found++;
        for (uint64_t multiple = (uint64_t)n * n; multiple < end; multiple += n) is_composite[multiple] = 1;
    }
    uint8_t digits[20];
    slsbft_writer text = {digits, 0, sizeof digits};
    slsbft_put_decimal(&text, found);
    slsbft_output(digits, text.used);
}

SLSBFT_ENTRY(hook) {
    slsbft_bytes told = slsbft_message();
    slsbft_set(TOLD.at, TOLD.length, told.at, told.length);
}

SLSBFT_ENTRY(query) {
    slsbft_bytes told = slsbft_load(TOLD);
    slsbft_output(told.at, told.length);
}
