/* The rest of the chain: contracts, modules, events. */
#include <stdlib.h>
#include <string.h>

#include "host.h"

/* What the last call returned, with a zero behind it. */
static slsbft_bytes answer(void) {
    uint32_t length = (uint32_t)slsbft_answer(NULL, 0);
    char *at = room(length);
    slsbft_answer(at, length);
    return (slsbft_bytes){(uint8_t *)at, length};
}

enum { JSON, BYTES };

static JSValue done(JSContext *js, int32_t failed, int as) {
    slsbft_bytes words = answer();
    JSValue value = failed ? throw_words(js, words) : as == JSON ? parse_json(js, words) : new_bytes(js, words);
    free((void *)words.at);
    return value;
}

/* The most points that a call may use; undefined for all that are left. */
static bool take_points(JSContext *js, JSValueConst from, int64_t *points) {
    *points = SLSBFT_ALL_POINTS;
    return JS_IsUndefined(from) || take_integer(js, from, "points", points);
}

FUNCTION(execute) {
    BEGIN;
    JSValue funds = JS_UNDEFINED, limit = JS_UNDEFINED;
    if (JS_IsObject(argv[2])) {
        funds = JS_GetPropertyStr(js, argv[2], "funds");
        limit = JS_GetPropertyStr(js, argv[2], "points");
        if (JS_IsException(funds) || JS_IsException(limit)) return JS_EXCEPTION;
    }
    int64_t points;
    slsbft_bytes msg, contract, coins = {NULL, 0};
    if (!take_json(js, argv[1], "the message", &msg) || !take_points(js, limit, &points) ||
        !take_bytes(js, argv[0], "the contract", &contract) ||
        (!JS_IsUndefined(funds) && !take_bytes(js, funds, "funds, as in 5uankr,", &coins)))
        return JS_EXCEPTION;
    return done(js, slsbft_execute(contract.at, contract.length, msg.at, msg.length, coins.at, coins.length, points), JSON);
}

FUNCTION(ask) {
    BEGIN;
    slsbft_bytes msg, contract;
    if (!take_json(js, argv[1], "the question", &msg) || !take_bytes(js, argv[0], "the contract", &contract)) return JS_EXCEPTION;
    return done(js, slsbft_ask(contract.at, contract.length, msg.at, msg.length), JSON);
}

FUNCTION(send) {
    BEGIN;
    int64_t points;
    slsbft_bytes type, msg;
    if (!take_points(js, argv[2], &points) || !take_bytes(js, argv[0], "the type", &type) ||
        !take_bytes(js, argv[1], "the message", &msg))
        return JS_EXCEPTION;
    return done(js, slsbft_send(type.at, type.length, msg.at, msg.length, points), BYTES);
}

FUNCTION(query) {
    BEGIN;
    slsbft_bytes path, request;
    if (!take_bytes(js, argv[0], "the path", &path) || !take_bytes(js, argv[1], "the request", &request)) return JS_EXCEPTION;
    return done(js, slsbft_query(path.at, path.length, request.at, request.length), BYTES);
}

static void put_varint(buffer *to, uint64_t number) {
    uint8_t byte;
    do {
        byte = (uint8_t)((number & 0x7f) | (number > 0x7f ? 0x80 : 0));
        put(to, &byte, 1);
    } while (number >>= 7);
}

/* Calls `each` with the names and values of an object, in their order; false if it threw. */
static bool for_each(JSContext *js, JSValueConst object, bool (*each)(JSContext *, slsbft_bytes, JSValueConst, buffer *), buffer *to) {
    JSPropertyEnum *names;
    uint32_t count;
    if (JS_GetOwnPropertyNames(js, &names, &count, object, JS_GPN_STRING_MASK | JS_GPN_ENUM_ONLY)) return false;
    bool good = true;
    for (uint32_t at = 0; at < count && good; at++) {
        JSValue value = JS_GetProperty(js, object, names[at].atom);
        size_t length;
        const char *name = JS_IsException(value) ? NULL : JS_AtomToCStringLen(js, &length, names[at].atom);
        good = name && each(js, (slsbft_bytes){(const uint8_t *)name, (uint32_t)length}, value, to);
        if (name) JS_FreeCString(js, name);
        JS_FreeValue(js, value);
        give_back(js);
    }
    JS_FreePropertyEnum(js, names, count);
    return good;
}

static bool put_attribute(JSContext *js, slsbft_bytes key, JSValueConst value, buffer *to) {
    slsbft_bytes text;
    JSValue words = JS_ToString(js, value);
    if (JS_IsException(words) || !take_bytes(js, words, "an attribute", &text)) return false;
    put_prefixed(to, key);
    put_prefixed(to, text);
    JS_FreeValue(js, words);
    return true;
}

FUNCTION(event) {
    BEGIN;
    buffer attributes = {NULL, 0, 0};
    if (JS_IsObject(argv[1]) && !for_each(js, argv[1], put_attribute, &attributes)) return JS_EXCEPTION;
    slsbft_bytes type;
    if (!take_bytes(js, argv[0], "the event's type", &type)) return JS_EXCEPTION;
    slsbft_event(type.at, type.length, attributes.at, (uint32_t)attributes.used);
    free(attributes.at);
    return JS_UNDEFINED;
}

/* Field of a protobuf message: text and bytes with their length, numbers as varints, a list as repeated fields. */
static bool put_value(JSContext *js, uint64_t field, JSValueConst value, buffer *to) {
    int64_t number;
    slsbft_bytes bytes;
    if (JS_IsUndefined(value)) return true;
    if (JS_IsNumber(value) || JS_IsBigInt(value) || JS_IsBool(value)) {
        if (JS_IsBool(value)) number = JS_ToBool(js, value);
        else if (!take_integer(js, value, "a field", &number)) return false;
        put_varint(to, field << 3);
        put_varint(to, (uint64_t)number);
        return true;
    }
    if (!take_bytes(js, value, "a field, if no number or list,", &bytes)) return false;
    put_varint(to, field << 3 | 2);
    put_varint(to, bytes.length);
    put(to, bytes.at, bytes.length);
    return true;
}

static bool put_field(JSContext *js, slsbft_bytes name, JSValueConst value, buffer *to) {
    uint64_t field;
    if (!slsbft_parse_u64(name, &field) || !field || field > 536870911) {
        JS_ThrowRangeError(js, "fields are named by their numbers, 1 to 536870911");
        return false;
    }
    if (!JS_IsArray(value)) return put_value(js, field, value, to);
    int64_t length;
    if (JS_GetLength(js, value, &length)) return false;
    for (int64_t at = 0; at < length; at++) {
        JSValue item = JS_GetPropertyInt64(js, value, at);
        if (JS_IsException(item) || !put_value(js, field, item, to)) return false;
        JS_FreeValue(js, item);
        give_back(js);
    }
    return true;
}

FUNCTION(encode) {
    BEGIN;
    buffer message = {NULL, 0, 0};
    if (!JS_IsObject(argv[0])) return JS_ThrowTypeError(js, "a message is an object: its fields by their numbers");
    if (!for_each(js, argv[0], put_field, &message)) return JS_EXCEPTION;
    JSValue bytes = new_bytes(js, (slsbft_bytes){message.at, (uint32_t)message.used});
    free(message.at);
    return bytes;
}

static const JSCFunctionListEntry LIST[] = {
    JS_CFUNC_DEF("execute", 3, execute),
    JS_CFUNC_DEF("ask", 2, ask),
    JS_CFUNC_DEF("send", 3, send),
    JS_CFUNC_DEF("query", 2, query),
    JS_CFUNC_DEF("event", 2, event),
    JS_CFUNC_DEF("encode", 1, encode),
};
FUNCTIONS(CALLS, LIST);
