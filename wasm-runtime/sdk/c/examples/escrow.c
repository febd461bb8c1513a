/* An escrow that pays by metered deals. A sponsor pays for computing that somebody else uses, and neither has
 * to trust the other: the money goes to the provider as it is metered, or back to the sponsor.
 *
 *  1. The sponsor makes the contract, with coins (uankr) for a deal's escrow and deposit, and for the calls by
 *     which the contract hears of it:
 *       {"offer":1,"escrow":"100000000","key":"<hex of an ed25519 key>","until":1790000000}
 *     It opens the deal at once, as the consumer. `key` is the user's: who holds it signs the vouchers by which
 *     the provider is paid, up to the escrow. `until` is in seconds since 1970.
 *  2. The provider claims vouchers; the deal pays it, and tells the contract how much.
 *  3. The deal ends: by the provider, by the sponsor ({"close":{}}), or at `until`. The chain pays what was not
 *     used to the contract and tells it, and the contract sends all that it has to the sponsor.
 *  4. What was set aside for that last call comes back after it; {"sweep":{}} sends it on. So does it if the
 *     contract could not pay for being told (others can have it told of deals of theirs that name it, at its
 *     cost and theirs). Anybody may say so, at any time after the deal's end; all goes to the sponsor only.
 *
 * {"status":{}} asks: {"sponsor":"…","deal":1,"escrow":"…","paid":"…","open":true}. Amounts are in uankr.
 */
#include "json.h"
#include "proto.h"

SLSBFT_CONTRACT

#define SPONSOR slsbft_text("sponsor")
#define DEAL slsbft_text("deal")
#define ESCROW slsbft_text("escrow")
#define PAID slsbft_text("paid")
#define OPEN slsbft_text("open")

#define HOOK_DEAL_SETTLED 3
#define HOOK_DEAL_CLOSED 4
/* Gas for hearing of a payment, and of the end. */
#define SETTLED_LIMIT 200000
#define CLOSED_LIMIT 400000

#define DENOM "uankr"

static slsbft_bytes own_address(void) {
    static uint8_t buffer[256];
    return (slsbft_bytes){buffer, (uint32_t)slsbft_contract(buffer, sizeof buffer)};
}

static slsbft_bytes sender_address(void) {
    static uint8_t buffer[256];
    return (slsbft_bytes){buffer, (uint32_t)slsbft_sender(buffer, sizeof buffer)};
}

/* Sends a module's message; a failure is the contract's own. */
static slsbft_bytes must_send(const char *type_url, slsbft_writer msg) {
    int32_t failed = slsbft_send(type_url, slsbft_length(type_url), msg.at, msg.used, SLSBFT_ALL_POINTS);
    slsbft_bytes answer = slsbft_answered();
    if (failed) slsbft_fail(answer.at, answer.length);
    return answer;
}

/* ---- Opening ---- */

static bool hex_digit(uint8_t digit, uint8_t *value) {
    if (digit >= '0' && digit <= '9') *value = digit - '0';
    else if (digit >= 'a' && digit <= 'f') *value = digit - 'a' + 10;
    else return false;
    return true;
}

static void read_key(slsbft_bytes message, uint8_t key[32]) {
    slsbft_bytes text;
    bool good = slsbft_json_get_text(message, "key", &text) && text.length == 64;
    for (uint32_t at = 0; good && at < 32; at++) {
        uint8_t high = 0, low = 0;
        good = hex_digit(text.at[2 * at], &high) && hex_digit(text.at[2 * at + 1], &low);
        key[at] = (uint8_t)(high << 4 | low);
    }
    if (!good) slsbft_fail_text("key is an ed25519 public key in hex: 64 of 0-9 and a-f");
}

static uint64_t read_number(slsbft_bytes message, const char *field) {
    uint64_t number;
    if (!slsbft_json_get_u64(message, field, &number)) {
        uint8_t room[128];
        slsbft_writer words = {room, 0, sizeof room};
        slsbft_put_text(&words, "say ");
        slsbft_put_text(&words, field);
        slsbft_put_text(&words, ", a number");
        slsbft_fail(words.at, words.used);
    }
    return number;
}

static void subscribe(uint64_t hook, uint64_t gas_limit) {
    uint8_t room[300];
    slsbft_writer msg = {room, 0, sizeof room};
    slsbft_put_field(&msg, 1, own_address());
    slsbft_put_field_u64(&msg, 2, hook);
    slsbft_put_field_u64(&msg, 3, gas_limit);
    must_send("/slsbft.hooks.v1.MsgSubscribe", msg);
}

static uint64_t open_deal(uint64_t offer, uint64_t escrow, const uint8_t public_key[32], uint64_t until) {
    uint8_t key_room[64], time_room[16], room[600];
    slsbft_writer key = {key_room, 0, sizeof key_room}, time = {time_room, 0, sizeof time_room};
    slsbft_put_field(&key, 1, (slsbft_bytes){public_key, 32});
    slsbft_put_field_u64(&time, 1, until);
    slsbft_writer msg = {room, 0, sizeof room};
    slsbft_put_field(&msg, 1, own_address());
    slsbft_put_field_u64(&msg, 2, offer);
    slsbft_put_field_decimal(&msg, 4, escrow);
    slsbft_put_field(&msg, 5, (slsbft_bytes){key.at, key.used});
    slsbft_put_field(&msg, 7, (slsbft_bytes){time.at, time.used});
    slsbft_bytes answer = must_send("/slsbft.metering.v1.MsgOpenDeal", msg);
    slsbft_field field;
    while (slsbft_take_field(&answer, &field))
        if (field.field == 1) return field.number;
    slsbft_panic_text("the deal has no number");
}

SLSBFT_ENTRY(instantiate) {
    slsbft_bytes message = slsbft_message();
    uint64_t offer = read_number(message, "offer"), escrow = read_number(message, "escrow");
    uint64_t until = read_number(message, "until");
    uint8_t key[32];
    read_key(message, key);
    uint64_t deal = open_deal(offer, escrow, key, until);
    subscribe(HOOK_DEAL_SETTLED, SETTLED_LIMIT);
    subscribe(HOOK_DEAL_CLOSED, CLOSED_LIMIT);
    slsbft_store(SPONSOR, sender_address());
    slsbft_store_u64(DEAL, deal);
    slsbft_store_u64(ESCROW, escrow);
    slsbft_store_u64(PAID, 0);
    slsbft_store_u64(OPEN, 1);
}

/* ---- The end ---- */

/* What the contract has, as the bank says it: decimal digits. */
static slsbft_bytes balance(void) {
    uint8_t room[300];
    slsbft_writer request = {room, 0, sizeof room};
    slsbft_put_field(&request, 1, own_address());
    slsbft_put_field(&request, 2, slsbft_text(DENOM));
    const char *path = "/cosmos.bank.v1beta1.Query/Balance";
    int32_t failed = slsbft_query(path, slsbft_length(path), request.at, request.used);
    slsbft_bytes answer = slsbft_answered();
    if (failed) slsbft_fail(answer.at, answer.length);
    slsbft_field coin, field;
    if (slsbft_take_field(&answer, &coin) && coin.field == 1)
        while (slsbft_take_field(&coin.bytes, &field))
            if (field.field == 2) return field.bytes;
    slsbft_panic_text("the bank says no balance");
}

/* All that the contract has goes to the sponsor. Returns how much. */
static slsbft_bytes pay_sponsor(void) {
    slsbft_bytes all = balance();
    if (slsbft_equal(all, slsbft_text("0"))) return all;
    uint8_t coin_room[80], room[700];
    slsbft_writer coin = {coin_room, 0, sizeof coin_room}, msg = {room, 0, sizeof room};
    slsbft_put_field(&coin, 1, slsbft_text(DENOM));
    slsbft_put_field(&coin, 2, all);
    slsbft_put_field(&msg, 1, own_address());
    slsbft_put_field(&msg, 2, slsbft_load(SPONSOR));
    slsbft_put_field(&msg, 3, (slsbft_bytes){coin.at, coin.used});
    must_send("/cosmos.bank.v1beta1.MsgSend", msg);
    return all;
}

static void report(const char *type, slsbft_bytes amount) {
    uint8_t room[128];
    slsbft_writer attributes = {room, 0, sizeof room};
    slsbft_put_prefixed(&attributes, slsbft_text("amount"));
    slsbft_put_prefixed(&attributes, amount);
    slsbft_event(type, slsbft_length(type), attributes.at, attributes.used);
}

/* Whether the chain still has the deal. It forgets a deal that is over. */
static bool deal_is_there(void) {
    uint8_t room[16];
    slsbft_writer request = {room, 0, sizeof room};
    slsbft_put_field_u64(&request, 1, slsbft_load_u64(DEAL, 0));
    const char *path = "/slsbft.metering.v1.Query/Deal";
    return !slsbft_query(path, slsbft_length(path), request.at, request.used);
}

static void close(void) {
    if (!slsbft_equal(sender_address(), slsbft_load(SPONSOR))) slsbft_fail_text("only the sponsor may close");
    uint8_t room[300];
    slsbft_writer msg = {room, 0, sizeof room};
    slsbft_put_field(&msg, 1, own_address());
    slsbft_put_field_u64(&msg, 2, slsbft_load_u64(DEAL, 0));
    must_send("/slsbft.metering.v1.MsgCloseDeal", msg);
}

static void sweep(void) {
    if (slsbft_load_u64(OPEN, 1)) {
        if (deal_is_there()) slsbft_fail_text("the deal is not over; what it does not use comes back then");
        slsbft_store_u64(OPEN, 0);
    }
    report("swept", pay_sponsor());
}

SLSBFT_ENTRY(execute) {
    slsbft_bytes message = slsbft_message(), body;
    if (slsbft_json_get(message, "close", &body)) close();
    else if (slsbft_json_get(message, "sweep", &body)) sweep();
    else slsbft_fail_text("say {\"close\":{}} or {\"sweep\":{}}");
}

/* ---- What the chain says of the deal ---- */

static void note_paid(slsbft_bytes deal) {
    if (read_number(deal, "deal") != slsbft_load_u64(DEAL, 0)) slsbft_fail_text("another deal");
    slsbft_store_u64(PAID, read_number(deal, "paid"));
}

SLSBFT_ENTRY(hook) {
    slsbft_bytes message = slsbft_message(), deal;
    if (slsbft_json_get(message, "deal_settled", &deal)) {
        note_paid(deal);
    } else if (slsbft_json_get(message, "deal_closed", &deal)) {
        note_paid(deal);
        slsbft_store_u64(OPEN, 0);
        report("returned", pay_sponsor());
    }
}

SLSBFT_ENTRY(query) {
    slsbft_bytes message = slsbft_message(), body;
    if (!slsbft_json_get(message, "status", &body)) slsbft_fail_text("ask {\"status\":{}}");
    uint8_t room[600];
    slsbft_writer out = {room, 0, sizeof room};
    slsbft_bytes sponsor = slsbft_load(SPONSOR);
    slsbft_put_text(&out, "{\"sponsor\":\"");
    slsbft_put(&out, sponsor.at, sponsor.length);
    slsbft_put_text(&out, "\",\"deal\":");
    slsbft_put_decimal(&out, slsbft_load_u64(DEAL, 0));
    slsbft_put_text(&out, ",\"escrow\":\"");
    slsbft_put_decimal(&out, slsbft_load_u64(ESCROW, 0));
    slsbft_put_text(&out, "\",\"paid\":\"");
    slsbft_put_decimal(&out, slsbft_load_u64(PAID, 0));
    slsbft_put_text(&out, slsbft_load_u64(OPEN, 0) ? "\",\"open\":true}" : "\",\"open\":false}");
    slsbft_output(out.at, out.used);
}
