/* The instance's state. */
#include <stdlib.h>
#include <string.h>

#include "host.h"

static bool take_key(JSContext *js, JSValueConst from, slsbft_bytes *key) {
    if (!take_bytes(js, from, "the key", key)) return false;
    if (!key->length || key->at[0] != OWN_KEYS) return true;
    JS_ThrowRangeError(js, "keys that begin with the byte 0xff are the interpreter's own");
    return false;
}

enum { JSON, BYTES };

FUNCTION_MAGIC(get) {
    BEGIN;
    slsbft_bytes key;
    if (!take_key(js, argv[0], &key)) return JS_EXCEPTION;
    size_t length;
    const uint8_t *at = (uint8_t *)read_key(key.at, key.length, &length);
    if (!at) return JS_UNDEFINED;
    slsbft_bytes value = {at, (uint32_t)length};
    return magic == BYTES ? new_bytes(js, value) : parse_json(js, value);
}

FUNCTION_MAGIC(set) {
    BEGIN;
    slsbft_bytes value, key;
    bool taken = magic == BYTES ? take_bytes(js, argv[1], "the value", &value) : take_json(js, argv[1], "the value", &value);
    if (!taken || !take_key(js, argv[0], &key)) return JS_EXCEPTION;
    slsbft_store(key, value);
    return JS_UNDEFINED;
}

FUNCTION(remove_key) {
    BEGIN;
    slsbft_bytes key;
    if (!take_key(js, argv[0], &key)) return JS_EXCEPTION;
    slsbft_remove(key.at, key.length);
    return JS_UNDEFINED;
}

/* An option of a list, undefined if there is none. */
static JSValue option(JSContext *js, JSValueConst options, const char *name) {
    return JS_IsObject(options) ? JS_GetPropertyStr(js, options, name) : JS_UNDEFINED;
}

static int flag(JSContext *js, JSValueConst options, const char *name) {
    JSValue value = option(js, options, name);
    return JS_IsException(value) ? -1 : JS_ToBool(js, value);
}

/* The first bytes behind all that begin with `prefix`; the interpreter's own keys, if there are none before them. */
static slsbft_bytes behind(slsbft_bytes prefix) {
    static const uint8_t own = OWN_KEYS;
    uint32_t length = prefix.length;
    while (length && prefix.at[length - 1] == 0xff) length--;
    if (!length) return (slsbft_bytes){&own, 1};
    uint8_t *end = (uint8_t *)room(length);
    memcpy(end, prefix.at, length);
    end[length - 1]++;
    return (slsbft_bytes){end, length};
}

/* The next record: {done, value: [key, value]}. */
static JSValue next(JSContext *js, JSValueConst this, int argc, JSValueConst *argv, int bytes, JSValueConst *data) {
    (void)this, (void)argc, (void)argv;
    static uint8_t small[4096];
    uint8_t *record = small;
    int32_t id;
    if (JS_ToInt32(js, &id, data[0])) return JS_EXCEPTION;
    int32_t length = slsbft_next((uint32_t)id, record, sizeof small);
    JSValue result = JS_NewObject(js);
    JS_SetPropertyStr(js, result, "done", JS_NewBool(js, length == SLSBFT_ABSENT));
    if (length == SLSBFT_ABSENT) return result;
    if ((uint32_t)length > sizeof small) {
        record = (uint8_t *)room((size_t)length);
        slsbft_next((uint32_t)id, record, (uint32_t)length);
    }
    uint32_t key_length;
    memcpy(&key_length, record, sizeof key_length);
    slsbft_bytes key = {record + 4, key_length}, value = {record + 4 + key_length, (uint32_t)length - 4 - key_length};
    /* JSON is parsed up to a zero behind it. */
    char *text = room(value.length);
    memcpy(text, value.at, value.length);
    value.at = (uint8_t *)text;
    JSValue pair[] = {bytes ? new_bytes(js, key) : new_text(js, key), bytes ? new_bytes(js, value) : parse_json(js, value)};
    free(text);
    if (record != small) free(record);
    JS_SetPropertyStr(js, result, "value", JS_NewArrayFrom(js, 2, pair));
    return result;
}

/* An iterator like those of the language, which have `map`, `take`, `toArray` and others. */
static JSValue new_iterator(JSContext *js, uint32_t id, int bytes) {
    JSValue global = JS_GetGlobalObject(js);
    JSValue constructor = JS_GetPropertyStr(js, global, "Iterator");
    JSValue prototype = JS_GetPropertyStr(js, constructor, "prototype");
    JSValue iterator = JS_NewObjectProto(js, prototype);
    JSValue number = JS_NewInt32(js, (int32_t)id);
    JS_SetPropertyStr(js, iterator, "next", JS_NewCFunctionData(js, next, 0, bytes, 1, &number));
    JS_FreeValue(js, prototype);
    JS_FreeValue(js, constructor);
    JS_FreeValue(js, global);
    return iterator;
}

FUNCTION(scan) {
    BEGIN;
    JSValueConst options = argv[0];
    int descending = flag(js, options, "descending"), bytes = flag(js, options, "bytes");
    JSValue prefix = option(js, options, "prefix"), start = option(js, options, "start"), end = option(js, options, "end");
    if (descending < 0 || bytes < 0 || JS_IsException(prefix) || JS_IsException(start) || JS_IsException(end))
        return JS_EXCEPTION;
    slsbft_bytes from = {NULL, 0}, to = behind(from);
    if (!JS_IsUndefined(prefix)) {
        if (!take_bytes(js, prefix, "the prefix", &from)) return JS_EXCEPTION;
        to = behind(from);
    }
    if (!JS_IsUndefined(start) && !take_bytes(js, start, "the start", &from)) return JS_EXCEPTION;
    slsbft_bytes named;
    if (!JS_IsUndefined(end)) {
        if (!take_bytes(js, end, "the end", &named)) return JS_EXCEPTION;
        if (!named.length || named.at[0] != OWN_KEYS) to = named;
    }
    int32_t order = descending ? SLSBFT_DESCENDING : SLSBFT_ASCENDING;
    return new_iterator(js, slsbft_scan(from.at, from.length, to.at, to.length, order), bytes);
}

static const JSCFunctionListEntry LIST[] = {
    JS_CFUNC_MAGIC_DEF("get", 1, get, JSON),
    JS_CFUNC_MAGIC_DEF("getBytes", 1, get, BYTES),
    JS_CFUNC_MAGIC_DEF("set", 2, set, JSON),
    JS_CFUNC_MAGIC_DEF("setBytes", 2, set, BYTES),
    JS_CFUNC_DEF("remove", 1, remove_key),
    JS_CFUNC_DEF("scan", 1, scan),
};
FUNCTIONS(STATE, LIST);
