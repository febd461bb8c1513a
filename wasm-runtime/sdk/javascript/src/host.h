/* What a script sees of the chain: the object `slsbft`. */
#ifndef HOST_H
#define HOST_H

#include "quickjs.h"
#include "slsbft.h"

/* Bytes of a value in the state, at most. */
#define MAX_VALUE 131072
/* What the interpreter's own keys begin with, and no script's. */
#define OWN_KEYS 0xff

/* Adds `slsbft` and `console` to the globals, and takes off what is not the same on every node. */
void add_host(JSContext *js);

/* Until it does, the time is 0: QuickJS takes the seed of its hashes from it, and what a call costs would depend on when
 * it is made. */
extern bool clock_runs;

/* The functions of each file, for `slsbft`. */
typedef struct {
    const JSCFunctionListEntry *list;
    int length;
} functions;
extern const functions STATE, CONTEXT, CRYPTO, CALLS;

#define FUNCTIONS(name, list) const functions name = {list, sizeof list / sizeof *list}
#define FUNCTION(name) static JSValue name(JSContext *js, JSValueConst this, int argc, JSValueConst *argv)
#define FUNCTION_MAGIC(name) static JSValue name(JSContext *js, JSValueConst this, int argc, JSValueConst *argv, int magic)
/* Each function of the host begins with it: what the one before took is given back. */
#define BEGIN (void)this, (void)argc, give_back(js)

/* ---- values.c ---- */

/* Room that stays until the call ends, with a zero behind it; what cannot be had ends the call. */
char *room(size_t length);

/* The value at a key, with a zero behind it; NULL if there is none. */
char *read_key(const void *key, size_t key_length, size_t *length);
/* The message, with a zero behind it. */
char *read_input(size_t *length);

/* Frees the text that `take_*` made. */
void give_back(JSContext *js);
/* Takes text as UTF-8, or a Uint8Array. Runs nothing of the script's, so what was taken before stays valid. False:
 * it was something else, which was thrown; `what` names it. */
bool take_bytes(JSContext *js, JSValueConst from, const char *what, slsbft_bytes *bytes);
/* The same for exactly so many bytes. */
bool take_exactly(JSContext *js, JSValueConst from, const char *what, uint32_t length, slsbft_bytes *bytes);
/* JSON of anything; a Uint8Array is taken as it is. May run the script's `toJSON`: take it before others. */
bool take_json(JSContext *js, JSValueConst from, const char *what, slsbft_bytes *bytes);
/* A number or BigInt of 64 bits. */
bool take_integer(JSContext *js, JSValueConst from, const char *what, int64_t *number);

JSValue new_text(JSContext *js, slsbft_bytes text);
JSValue new_bytes(JSContext *js, slsbft_bytes bytes);
/* What JSON says; bytes if it is none, undefined if it is empty. The bytes have a zero behind them. */
JSValue parse_json(JSContext *js, slsbft_bytes json);
JSValue new_bigint(JSContext *js, slsbft_bytes decimal);
/* Bytes that grow. */
typedef struct {
    uint8_t *at;
    size_t used, have;
} buffer;

void put(buffer *to, const void *bytes, size_t length);
/* Behind their length. */
void put_prefixed(buffer *to, slsbft_bytes bytes);

/* Throws an Error of these words. */
JSValue throw_words(JSContext *js, slsbft_bytes words);

#endif
