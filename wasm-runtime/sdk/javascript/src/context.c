/* What is around the call, and how a script ends it or speaks. */
#include <string.h>

#include "host.h"

static JSValue height(JSContext *js, JSValueConst this) {
    (void)this;
    return JS_NewInt64(js, (int64_t)slsbft_block_height());
}

static JSValue time_of_block(JSContext *js, JSValueConst this) {
    (void)this;
    return JS_NewBigUint64(js, slsbft_block_time());
}

enum { CHAIN_ID, CONTRACT, SENDER, FUNDS };

static slsbft_bytes read_text(int which) {
    int32_t (*const of[])(void *, uint32_t) = {slsbft_chain_id, slsbft_contract, slsbft_sender, slsbft_funds};
    int32_t length = of[which](NULL, 0);
    char *at = room((size_t)length);
    of[which](at, (uint32_t)length);
    return (slsbft_bytes){(uint8_t *)at, (uint32_t)length};
}

static JSValue text(JSContext *js, JSValueConst this, int which) {
    (void)this;
    return new_text(js, read_text(which));
}

static JSValue funds(JSContext *js, JSValueConst this) {
    (void)this;
    JSValue list = JS_NewArray(js);
    slsbft_bytes left = read_text(FUNDS);
    for (uint32_t index = 0; left.length; index++) {
        uint32_t digits = 0, end = 0;
        while (end < left.length && left.at[end] != ',') end++;
        while (digits < end && left.at[digits] >= '0' && left.at[digits] <= '9') digits++;
        JSValue coin = JS_NewObject(js);
        JS_SetPropertyStr(js, coin, "denom", new_text(js, (slsbft_bytes){left.at + digits, end - digits}));
        JS_SetPropertyStr(js, coin, "amount", new_bigint(js, (slsbft_bytes){left.at, digits}));
        JS_SetPropertyUint32(js, list, index, coin);
        if (end < left.length) end++;
        left.at += end;
        left.length -= end;
    }
    return list;
}

static JSValue transaction(JSContext *js, JSValueConst this) {
    (void)this;
    uint8_t hash[32];
    if (!slsbft_tx_hash(hash)) return JS_UNDEFINED;
    JSValue found = JS_NewObject(js);
    JS_SetPropertyStr(js, found, "index", JS_NewInt32(js, slsbft_tx_index()));
    JS_SetPropertyStr(js, found, "hash", new_bytes(js, (slsbft_bytes){hash, sizeof hash}));
    return found;
}

static JSValue points_left(JSContext *js, JSValueConst this) {
    (void)this;
    return JS_NewBigInt64(js, slsbft_points_left());
}

FUNCTION(beacon) {
    BEGIN;
    int64_t at;
    uint8_t found[32];
    if (!take_integer(js, argv[0], "the height", &at)) return JS_EXCEPTION;
    if (at < 0 || !slsbft_beacon((uint64_t)at, found)) return JS_UNDEFINED;
    return new_bytes(js, (slsbft_bytes){found, sizeof found});
}

FUNCTION(fail) {
    BEGIN;
    slsbft_bytes words;
    if (!take_bytes(js, argv[0], "the reason", &words)) return JS_EXCEPTION;
    slsbft_fail(words.at, words.length);
}

FUNCTION(debug) {
    BEGIN;
    const char *words = JS_ToCString(js, argv[0]);
    if (!words) return JS_EXCEPTION;
    slsbft_debug(words, slsbft_length(words));
    return JS_UNDEFINED;
}

/* Text of UTF-8 bytes, and back. */
FUNCTION(from_utf8) {
    BEGIN;
    slsbft_bytes bytes;
    return take_bytes(js, argv[0], "the text", &bytes) ? new_text(js, bytes) : JS_EXCEPTION;
}

FUNCTION(to_utf8) {
    BEGIN;
    slsbft_bytes bytes;
    return take_bytes(js, argv[0], "the text", &bytes) ? new_bytes(js, bytes) : JS_EXCEPTION;
}

static const JSCFunctionListEntry LIST[] = {
    JS_CGETSET_DEF("height", height, NULL),
    JS_CGETSET_DEF("time", time_of_block, NULL),
    JS_CGETSET_MAGIC_DEF("chainId", text, NULL, CHAIN_ID),
    JS_CGETSET_MAGIC_DEF("contract", text, NULL, CONTRACT),
    JS_CGETSET_MAGIC_DEF("sender", text, NULL, SENDER),
    JS_CGETSET_DEF("funds", funds, NULL),
    JS_CGETSET_DEF("transaction", transaction, NULL),
    JS_CGETSET_DEF("pointsLeft", points_left, NULL),
    JS_CFUNC_DEF("beacon", 1, beacon),
    JS_CFUNC_DEF("fail", 1, fail),
    JS_CFUNC_DEF("debug", 1, debug),
    JS_CFUNC_DEF("text", 1, from_utf8),
    JS_CFUNC_DEF("utf8", 1, to_utf8),
};
FUNCTIONS(CONTEXT, LIST);
