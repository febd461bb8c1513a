/* Hashes, signatures, addresses. */
#include <stdlib.h>
#include <string.h>

#include "host.h"

static JSValue some_bytes(JSContext *js, const void *at, size_t length) {
    return new_bytes(js, (slsbft_bytes){at, (uint32_t)length});
}

enum { SHA256, KECCAK256 };

FUNCTION_MAGIC(hash) {
    BEGIN;
    slsbft_bytes of;
    uint8_t out[32];
    if (!take_bytes(js, argv[0], "what is hashed", &of)) return JS_EXCEPTION;
    (magic == SHA256 ? slsbft_sha256 : slsbft_keccak256)(of.at, of.length, out);
    return some_bytes(js, out, sizeof out);
}

FUNCTION(blake2b) {
    BEGIN;
    slsbft_bytes of;
    int64_t length = 32;
    uint8_t out[64];
    if (!JS_IsUndefined(argv[1]) && !take_integer(js, argv[1], "the length", &length)) return JS_EXCEPTION;
    if (length < 1 || length > 64) return JS_ThrowRangeError(js, "the length of a BLAKE2b hash is 1 to 64");
    if (!take_bytes(js, argv[0], "what is hashed", &of)) return JS_EXCEPTION;
    slsbft_blake2b(of.at, of.length, out, (uint32_t)length);
    return some_bytes(js, out, (size_t)length);
}

enum { SECP256K1, SECP256R1 };

FUNCTION_MAGIC(verify) {
    BEGIN;
    slsbft_bytes digest, signature, key;
    if (!take_exactly(js, argv[0], "the hash", 32, &digest) || !take_exactly(js, argv[1], "the signature", 64, &signature) ||
        !take_bytes(js, argv[2], "the key", &key))
        return JS_EXCEPTION;
    int32_t valid = (magic == SECP256K1 ? slsbft_secp256k1_verify : slsbft_secp256r1_verify)(digest.at, signature.at, key.at, key.length);
    return JS_NewBool(js, valid);
}

FUNCTION_MAGIC(recover) {
    BEGIN;
    slsbft_bytes digest, signature;
    int64_t which;
    uint8_t key[65];
    if (!take_integer(js, argv[2], "which of the keys", &which) || !take_exactly(js, argv[0], "the hash", 32, &digest) ||
        !take_exactly(js, argv[1], "the signature", 64, &signature))
        return JS_EXCEPTION;
    if (which != 0 && which != 1) return JS_ThrowRangeError(js, "which of the keys is 0 or 1");
    int32_t found = (magic == SECP256K1 ? slsbft_secp256k1_recover : slsbft_secp256r1_recover)(digest.at, signature.at, (uint32_t)which, key);
    return found ? some_bytes(js, key, sizeof key) : JS_UNDEFINED;
}

FUNCTION(ed25519_verify) {
    BEGIN;
    slsbft_bytes message, signature, key;
    if (!take_bytes(js, argv[0], "the message", &message) || !take_exactly(js, argv[1], "the signature", 64, &signature) ||
        !take_exactly(js, argv[2], "the key", 32, &key))
        return JS_EXCEPTION;
    return JS_NewBool(js, slsbft_ed25519_verify(message.at, message.length, signature.at, key.at));
}

/* One of a list: [message, signature, key]. */
static bool put_signed(JSContext *js, JSValueConst item, buffer *to) {
    JSValue parts[3];
    slsbft_bytes message, signature, key;
    for (uint32_t at = 0; at < 3; at++) {
        parts[at] = JS_GetPropertyUint32(js, item, at);
        if (JS_IsException(parts[at])) return false;
    }
    if (!take_bytes(js, parts[0], "the message", &message) || !take_exactly(js, parts[1], "the signature", 64, &signature) ||
        !take_exactly(js, parts[2], "the key", 32, &key))
        return false;
    put_prefixed(to, message);
    put(to, signature.at, signature.length);
    put(to, key.at, key.length);
    for (uint32_t at = 0; at < 3; at++) JS_FreeValue(js, parts[at]);
    return true;
}

FUNCTION(ed25519_batch_verify) {
    BEGIN;
    int64_t count;
    buffer list = {NULL, 0, 0};
    if (!JS_IsArray(argv[0])) return JS_ThrowTypeError(js, "give a list of [message, signature, key]");
    if (JS_GetLength(js, argv[0], &count)) return JS_EXCEPTION;
    for (int64_t at = 0; at < count; at++) {
        JSValue item = JS_GetPropertyInt64(js, argv[0], at);
        if (JS_IsException(item) || !put_signed(js, item, &list)) return JS_EXCEPTION;
        JS_FreeValue(js, item);
        give_back(js);
    }
    int32_t valid = slsbft_ed25519_batch_verify(list.at, (uint32_t)list.used);
    free(list.at);
    return JS_NewBool(js, valid);
}

FUNCTION(address_valid) {
    BEGIN;
    slsbft_bytes address;
    if (!take_bytes(js, argv[0], "the address", &address)) return JS_EXCEPTION;
    return JS_NewBool(js, slsbft_address_validate(address.at, address.length));
}

FUNCTION(address_bytes) {
    BEGIN;
    slsbft_bytes address;
    uint8_t out[64];
    if (!take_bytes(js, argv[0], "the address", &address)) return JS_EXCEPTION;
    int32_t length = slsbft_address_canonicalize(address.at, address.length, out, sizeof out);
    return length < 0 || length > 64 ? JS_UNDEFINED : some_bytes(js, out, (size_t)length);
}

FUNCTION(address_text) {
    BEGIN;
    slsbft_bytes bytes;
    char out[256];
    if (!take_bytes(js, argv[0], "the address's bytes", &bytes)) return JS_EXCEPTION;
    int32_t length = slsbft_address_humanize(bytes.at, bytes.length, out, sizeof out);
    return length < 0 || length > 256 ? JS_UNDEFINED : JS_NewStringLen(js, out, (size_t)length);
}

static const JSCFunctionListEntry LIST[] = {
    JS_CFUNC_MAGIC_DEF("sha256", 1, hash, SHA256),
    JS_CFUNC_MAGIC_DEF("keccak256", 1, hash, KECCAK256),
    JS_CFUNC_DEF("blake2b", 2, blake2b),
    JS_CFUNC_MAGIC_DEF("secp256k1Verify", 3, verify, SECP256K1),
    JS_CFUNC_MAGIC_DEF("secp256k1Recover", 3, recover, SECP256K1),
    JS_CFUNC_MAGIC_DEF("secp256r1Verify", 3, verify, SECP256R1),
    JS_CFUNC_MAGIC_DEF("secp256r1Recover", 3, recover, SECP256R1),
    JS_CFUNC_DEF("ed25519Verify", 3, ed25519_verify),
    JS_CFUNC_DEF("ed25519BatchVerify", 1, ed25519_batch_verify),
    JS_CFUNC_DEF("addressValid", 1, address_valid),
    JS_CFUNC_DEF("addressBytes", 1, address_bytes),
    JS_CFUNC_DEF("addressText", 1, address_text),
};
FUNCTIONS(CRYPTO, LIST);
