/* Between the script's values and the host's bytes. */
#include <stdlib.h>
#include <string.h>

#include "host.h"

char *room(size_t length) {
    char *found = length < SIZE_MAX ? malloc(length + 1) : NULL;
    if (!found) slsbft_panic_text("no memory left");
    found[length] = 0;
    return found;
}

char *read_key(const void *key, size_t key_length, size_t *length) {
    static char small[4096 + 1];
    int32_t have = slsbft_get(key, (uint32_t)key_length, small, sizeof small - 1);
    if (have == SLSBFT_ABSENT) return NULL;
    *length = (size_t)have;
    char *value = small;
    if (*length >= sizeof small) {
        value = room(*length);
        slsbft_get(key, (uint32_t)key_length, value, (uint32_t)have);
    }
    value[*length] = 0;
    return value;
}

char *read_input(size_t *length) {
    *length = (size_t)slsbft_input(NULL, 0);
    char *value = room(*length);
    slsbft_input(value, (uint32_t)*length);
    return value;
}

/* No function takes more at once. */
static const char *taken[8];
static int taken_count;

void give_back(JSContext *js) {
    while (taken_count) JS_FreeCString(js, taken[--taken_count]);
}

static const char *take_text(JSContext *js, JSValueConst from, size_t *length) {
    if (taken_count == sizeof taken / sizeof *taken) slsbft_panic_text("too much is taken at once");
    const char *text = JS_ToCStringLen(js, length, from);
    if (text) taken[taken_count++] = text;
    return text;
}

bool take_bytes(JSContext *js, JSValueConst from, const char *what, slsbft_bytes *bytes) {
    size_t length = 0;
    if (JS_IsString(from))
        bytes->at = (const uint8_t *)take_text(js, from, &length);
    else if (JS_GetTypedArrayType(from) == JS_TYPED_ARRAY_UINT8)
        bytes->at = JS_GetUint8Array(js, &length, from);
    else {
        JS_ThrowTypeError(js, "%s has to be text or a Uint8Array", what);
        return false;
    }
    bytes->length = (uint32_t)length;
    /* An empty array has no address, and no exception. */
    return bytes->at || (!length && !JS_HasException(js));
}

bool take_exactly(JSContext *js, JSValueConst from, const char *what, uint32_t length, slsbft_bytes *bytes) {
    if (!take_bytes(js, from, what, bytes)) return false;
    if (bytes->length == length) return true;
    JS_ThrowRangeError(js, "%s has %u bytes, not %u", what, (unsigned)length, (unsigned)bytes->length);
    return false;
}

bool take_json(JSContext *js, JSValueConst from, const char *what, slsbft_bytes *bytes) {
    if (JS_GetTypedArrayType(from) == JS_TYPED_ARRAY_UINT8) return take_bytes(js, from, what, bytes);
    JSValue json = JS_JSONStringify(js, from, JS_UNDEFINED, JS_UNDEFINED);
    if (JS_IsException(json)) return false;
    if (JS_IsUndefined(json)) {
        JS_ThrowTypeError(js, "%s is missing, or nothing that JSON has", what);
        return false;
    }
    bool taken_json = take_bytes(js, json, what, bytes);
    JS_FreeValue(js, json);
    return taken_json;
}

bool take_integer(JSContext *js, JSValueConst from, const char *what, int64_t *number) {
    if (JS_IsBigInt(from)) return !JS_ToBigInt64(js, number, from);
    double value;
    if (JS_IsNumber(from) && !JS_ToFloat64(js, &value, from) && value == __builtin_trunc(value) &&
        __builtin_fabs(value) <= 9007199254740991.0) {
        *number = (int64_t)value;
        return true;
    }
    JS_ThrowTypeError(js, "%s has to be a whole number or a BigInt", what);
    return false;
}

void put(buffer *to, const void *bytes, size_t length) {
    if (length > to->have - to->used) {
        to->have = 2 * (to->used + length);
        to->at = realloc(to->at, to->have);
        if (!to->at) slsbft_panic_text("no memory left");
    }
    memcpy(to->at + to->used, bytes, length);
    to->used += length;
}

void put_prefixed(buffer *to, slsbft_bytes bytes) {
    put(to, &bytes.length, sizeof bytes.length);
    put(to, bytes.at, bytes.length);
}

JSValue new_text(JSContext *js, slsbft_bytes text) { return JS_NewStringLen(js, (const char *)text.at, text.length); }

JSValue new_bytes(JSContext *js, slsbft_bytes bytes) { return JS_NewUint8ArrayCopy(js, bytes.at, bytes.length); }

JSValue parse_json(JSContext *js, slsbft_bytes json) {
    if (!json.length) return JS_UNDEFINED;
    JSValue value = JS_ParseJSON(js, (const char *)json.at, json.length, "answer");
    if (!JS_IsException(value)) return value;
    JS_FreeValue(js, JS_GetException(js));
    return new_bytes(js, json);
}

/* Calls or constructs what a global of the language is, by its name. */
static JSValue global_of(JSContext *js, const char *name) {
    JSValue global = JS_GetGlobalObject(js);
    JSValue found = JS_GetPropertyStr(js, global, name);
    JS_FreeValue(js, global);
    return found;
}

JSValue new_bigint(JSContext *js, slsbft_bytes decimal) {
    JSValue text = new_text(js, decimal), constructor = global_of(js, "BigInt");
    JSValue made = JS_Call(js, constructor, JS_UNDEFINED, 1, &text);
    JS_FreeValue(js, constructor);
    JS_FreeValue(js, text);
    return made;
}

JSValue throw_words(JSContext *js, slsbft_bytes words) {
    JSValue text = new_text(js, words), constructor = global_of(js, "Error");
    JSValue error = JS_CallConstructor(js, constructor, 1, &text);
    JS_FreeValue(js, constructor);
    JS_FreeValue(js, text);
    return JS_IsException(error) ? error : JS_Throw(js, error);
}
