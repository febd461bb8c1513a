/* The entry points: each takes the instance's script out of its state, runs it, and calls the function that
 * it exports under the entry point's name. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"

SLSBFT_CONTRACT

/* Of the linker's stack of 1 MiB; what is left is for functions in C that do not look. */
#define SCRIPT_STACK (768 << 10)
/* Calls are short: garbage in cycles is looked for only where a script makes much of it. */
#define COLLECT_AFTER (8 << 20)

/* No script's keys: theirs are text, or bytes that begin otherwise. The text is for people; what runs is the code made of
 * it. Code comes from this interpreter only: another one takes an instance over by a migration, which brings the script
 * again. */
static const char SCRIPT_KEY[] = "\xff" "script";
static const char CODE_KEY[] = "\xff" "code";

/* Ends the call with what was thrown: its words and where they came from. */
static _Noreturn void fail_with_exception(JSContext *js) {
    JSValue thrown = JS_GetException(js);
    const char *words = JS_ToCString(js, thrown);
    if (!words) slsbft_fail_text("an exception that has no words");
    char text[4096];
    int used = snprintf(text, sizeof text, "%s", words);
    JSValue stack = JS_IsError(thrown) ? JS_GetPropertyStr(js, thrown, "stack") : JS_UNDEFINED;
    const char *where = JS_IsString(stack) ? JS_ToCString(js, stack) : NULL;
    if (where && used >= 0 && (size_t)used < sizeof text)
        used += snprintf(text + used, sizeof text - (size_t)used, "\n%s", where);
    if (used < 0) used = 0;
    if ((size_t)used >= sizeof text) used = sizeof text - 1;
    while (used && text[used - 1] == '\n') used--;
    slsbft_fail(text, (uint32_t)used);
}

static JSContext *start(void) {
    JSRuntime *runtime = JS_NewRuntime();
    JSContext *js = runtime ? JS_NewContextRaw(runtime) : NULL;
    if (!js || JS_AddIntrinsicBaseObjects(js) || JS_AddIntrinsicDate(js) || JS_AddIntrinsicEval(js) ||
        JS_AddIntrinsicRegExp(js) || JS_AddIntrinsicJSON(js) || JS_AddIntrinsicProxy(js) ||
        JS_AddIntrinsicMapSet(js) || JS_AddIntrinsicTypedArrays(js) || JS_AddIntrinsicPromise(js))
        slsbft_panic_text("no memory left for the interpreter");
    JS_SetMaxStackSize(runtime, SCRIPT_STACK);
    JS_SetGCThreshold(runtime, COLLECT_AFTER);
    add_host(js);
    clock_runs = true;
    return js;
}

/* Runs the promises that wait, and gives a promise's result for it. */
static JSValue settle(JSContext *js, JSValue value) {
    JSContext *of = NULL;
    int ran;
    while ((ran = JS_ExecutePendingJob(JS_GetRuntime(js), &of)) > 0) {}
    if (ran < 0) fail_with_exception(of);
    switch (JS_PromiseState(js, value)) {
    case JS_PROMISE_NOT_A_PROMISE: return value;
    case JS_PROMISE_FULFILLED: return JS_PromiseResult(js, value);
    case JS_PROMISE_REJECTED: JS_Throw(js, JS_PromiseResult(js, value)); fail_with_exception(js);
    default: slsbft_fail_text("the script waits for a promise that nobody keeps");
    }
}

/* Runs a module, and gives its exports. */
static JSValue run(JSContext *js, JSValue module) {
    if (JS_IsException(module)) fail_with_exception(js);
    JSModuleDef *definition = JS_VALUE_GET_PTR(module);
    JSValue done = JS_EvalFunction(js, module);
    if (JS_IsException(done)) fail_with_exception(js);
    settle(js, done);
    JSValue exports = JS_GetModuleNamespace(js, definition);
    if (JS_IsException(exports)) fail_with_exception(js);
    return exports;
}

static JSValue load_kept(JSContext *js) {
    size_t length;
    const char *code = read_key(CODE_KEY, sizeof CODE_KEY - 1, &length);
    if (!code) slsbft_fail_text("the instance has no script");
    return run(js, JS_ReadObject(js, (const uint8_t *)code, length, JS_READ_OBJ_BYTECODE));
}

static void keep(const char *key, const void *value, size_t length, const char *too_long) {
    if (length > MAX_VALUE) slsbft_fail_text(too_long);
    slsbft_set(key, slsbft_length(key), value, (uint32_t)length);
}

/* Compiles a script, and keeps it. */
static JSValue keep_script(JSContext *js, JSValueConst script) {
    size_t length, code_length;
    const char *text = JS_ToCStringLen(js, &length, script);
    if (!text) fail_with_exception(js);
    keep(SCRIPT_KEY, text, length, "the script has more than 131,072 bytes");
    JSValue module = JS_Eval(js, text, length, "contract.js", JS_EVAL_TYPE_MODULE | JS_EVAL_FLAG_COMPILE_ONLY);
    if (JS_IsException(module)) fail_with_exception(js);
    uint8_t *code = JS_WriteObject(js, &code_length, module, JS_WRITE_OBJ_BYTECODE | JS_WRITE_OBJ_STRIP_SOURCE);
    if (!code) fail_with_exception(js);
    keep(CODE_KEY, code, code_length, "the script compiles to more than 131,072 bytes");
    return module;
}

/* What a function returned becomes what the call returns: bytes as they are, nothing as nothing, all else as JSON. */
static void give(JSContext *js, JSValue value) {
    if (JS_IsUndefined(value)) return;
    size_t length = 0;
    const uint8_t *bytes;
    if (JS_GetTypedArrayType(value) == JS_TYPED_ARRAY_UINT8)
        bytes = JS_GetUint8Array(js, &length, value);
    else {
        JSValue json = JS_JSONStringify(js, value, JS_UNDEFINED, JS_UNDEFINED);
        if (JS_IsException(json)) fail_with_exception(js);
        if (JS_IsUndefined(json)) return;
        bytes = (const uint8_t *)JS_ToCStringLen(js, &length, json);
    }
    if (JS_HasException(js)) fail_with_exception(js);
    slsbft_output(bytes, (uint32_t)length);
}

static void call(JSContext *js, JSValue exports, const char *name, JSValue msg) {
    JSValue function = JS_GetPropertyStr(js, exports, name);
    if (!JS_IsFunction(js, function)) {
        JS_ThrowTypeError(js, "the script exports no function `%s`", name);
        fail_with_exception(js);
    }
    JSValue returned = JS_Call(js, function, JS_UNDEFINED, 1, &msg);
    if (JS_IsException(returned)) fail_with_exception(js);
    give(js, settle(js, returned));
}

/* The message; JSON, or empty for nothing. */
static JSValue message(JSContext *js) {
    size_t length;
    char *text = read_input(&length);
    if (!length) return JS_UNDEFINED;
    JSValue msg = JS_ParseJSON(js, text, length, "message");
    if (JS_IsException(msg)) fail_with_exception(js);
    return msg;
}

/* Keeps the script that comes in a message, and calls it with the rest. */
static void install(const char *name) {
    JSContext *js = start();
    JSValue msg = message(js);
    JSValue script = JS_IsObject(msg) ? JS_GetPropertyStr(js, msg, "script") : JS_UNDEFINED;
    if (!JS_IsString(script)) slsbft_fail_text("say {\"script\":\"…\",\"msg\":…}: the script's text and its own message");
    JSValue exports = run(js, keep_script(js, script));
    call(js, exports, name, JS_GetPropertyStr(js, msg, "msg"));
}

static void enter(const char *name) {
    JSContext *js = start();
    JSValue exports = load_kept(js);
    call(js, exports, name, message(js));
}

SLSBFT_ENTRY(instantiate) { install("instantiate"); }
SLSBFT_ENTRY(execute) { enter("execute"); }
SLSBFT_ENTRY(query) { enter("query"); }
SLSBFT_ENTRY(hook) { enter("hook"); }
SLSBFT_ENTRY(migrate) { install("migrate"); }
