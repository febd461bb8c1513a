/* The globals of a script beside the language's own. */
#include "host.h"

static JSValue bigint_to_json(JSContext *js, JSValueConst this, int argc, JSValueConst *argv) {
    (void)argc, (void)argv;
    return JS_ToString(js, this);
}

static JSValue log_line(JSContext *js, JSValueConst this, int argc, JSValueConst *argv) {
    (void)this;
    for (int at = 0; at < argc; at++) {
        const char *words = JS_ToCString(js, argv[at]);
        if (!words) return JS_EXCEPTION;
        slsbft_debug(words, slsbft_length(words));
        JS_FreeCString(js, words);
    }
    return JS_UNDEFINED;
}

static void take_off(JSContext *js, JSValueConst object, const char *name) {
    JSAtom atom = JS_NewAtom(js, name);
    JS_DeleteProperty(js, object, atom, 0);
    JS_FreeAtom(js, atom);
}

/* Random numbers that everybody knows beforehand are none; memory is not shared with anybody. */
static void take_off_what_misleads(JSContext *js, JSValueConst global) {
    JSValue math = JS_GetPropertyStr(js, global, "Math");
    take_off(js, math, "random");
    JS_FreeValue(js, math);
    take_off(js, global, "SharedArrayBuffer");
}

/* In JSON a BigInt is its digits in quotes, as amounts are everywhere here. */
static void give_bigints_json(JSContext *js, JSValueConst global) {
    JSValue constructor = JS_GetPropertyStr(js, global, "BigInt");
    JSValue prototype = JS_GetPropertyStr(js, constructor, "prototype");
    JS_DefinePropertyValueStr(js, prototype, "toJSON", JS_NewCFunction(js, bigint_to_json, "toJSON", 0),
                              JS_PROP_CONFIGURABLE | JS_PROP_WRITABLE);
    JS_FreeValue(js, prototype);
    JS_FreeValue(js, constructor);
}

void add_host(JSContext *js) {
    JSValue global = JS_GetGlobalObject(js), host = JS_NewObject(js), console = JS_NewObject(js);
    const functions *const all[] = {&STATE, &CONTEXT, &CRYPTO, &CALLS};
    for (size_t at = 0; at < sizeof all / sizeof *all; at++)
        JS_SetPropertyFunctionList(js, host, all[at]->list, all[at]->length);
    JS_SetPropertyStr(js, console, "log", JS_NewCFunction(js, log_line, "log", 1));
    JS_SetPropertyStr(js, global, "slsbft", host);
    JS_SetPropertyStr(js, global, "console", console);
    take_off_what_misleads(js, global);
    give_bigints_json(js, global);
    JS_FreeValue(js, global);
}
