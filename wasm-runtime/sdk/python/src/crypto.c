/* Hashes, signatures, addresses. */
#include "host.h"

static mp_obj_t sha256(mp_obj_t from) {
    uint8_t out[32];
    slsbft_bytes of = take_bytes(from, "what is hashed");
    slsbft_sha256(of.at, of.length, out);
    return new_bytes(out, sizeof out);
}
MP_DEFINE_CONST_FUN_OBJ_1(sha256_obj, sha256);

static mp_obj_t keccak256(mp_obj_t from) {
    uint8_t out[32];
    slsbft_bytes of = take_bytes(from, "what is hashed");
    slsbft_keccak256(of.at, of.length, out);
    return new_bytes(out, sizeof out);
}
MP_DEFINE_CONST_FUN_OBJ_1(keccak256_obj, keccak256);

static mp_obj_t blake2b(size_t count, const mp_obj_t *args) {
    uint8_t out[64];
    int64_t length = count > 1 ? take_integer(args[1], "the length") : 32;
    if (length < 1 || length > 64) mp_raise_ValueError(MP_ERROR_TEXT("the length of a BLAKE2b hash is 1 to 64"));
    slsbft_bytes of = take_bytes(args[0], "what is hashed");
    slsbft_blake2b(of.at, of.length, out, (uint32_t)length);
    return new_bytes(out, (size_t)length);
}
MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(blake2b_obj, 1, 2, blake2b);

typedef int32_t verifier(const uint8_t *, const uint8_t *, const void *, uint32_t);
typedef int32_t recoverer(const uint8_t *, const uint8_t *, uint32_t, uint8_t *);

static mp_obj_t verify(verifier *with, mp_obj_t hash, mp_obj_t signature, mp_obj_t by) {
    slsbft_bytes digest = take_exactly(hash, "the hash", 32), sealed = take_exactly(signature, "the signature", 64);
    slsbft_bytes key = take_bytes(by, "the key");
    return mp_obj_new_bool(with(digest.at, sealed.at, key.at, key.length));
}

static mp_obj_t recover(recoverer *with, mp_obj_t hash, mp_obj_t signature, mp_obj_t which) {
    uint8_t key[65];
    slsbft_bytes digest = take_exactly(hash, "the hash", 32), sealed = take_exactly(signature, "the signature", 64);
    int64_t one = take_integer(which, "which of the keys");
    if (one != 0 && one != 1) mp_raise_ValueError(MP_ERROR_TEXT("which of the keys is 0 or 1"));
    return with(digest.at, sealed.at, (uint32_t)one, key) ? new_bytes(key, sizeof key) : mp_const_none;
}

static mp_obj_t secp256k1_verify(mp_obj_t hash, mp_obj_t signature, mp_obj_t key) {
    return verify(slsbft_secp256k1_verify, hash, signature, key);
}
MP_DEFINE_CONST_FUN_OBJ_3(secp256k1_verify_obj, secp256k1_verify);

static mp_obj_t secp256r1_verify(mp_obj_t hash, mp_obj_t signature, mp_obj_t key) {
    return verify(slsbft_secp256r1_verify, hash, signature, key);
}
MP_DEFINE_CONST_FUN_OBJ_3(secp256r1_verify_obj, secp256r1_verify);

static mp_obj_t secp256k1_recover(mp_obj_t hash, mp_obj_t signature, mp_obj_t which) {
    return recover(slsbft_secp256k1_recover, hash, signature, which);
}
MP_DEFINE_CONST_FUN_OBJ_3(secp256k1_recover_obj, secp256k1_recover);

static mp_obj_t secp256r1_recover(mp_obj_t hash, mp_obj_t signature, mp_obj_t which) {
    return recover(slsbft_secp256r1_recover, hash, signature, which);
}
MP_DEFINE_CONST_FUN_OBJ_3(secp256r1_recover_obj, secp256r1_recover);

static mp_obj_t ed25519_verify(mp_obj_t of, mp_obj_t by, mp_obj_t with) {
    slsbft_bytes message = take_bytes(of, "the message"), signature = take_exactly(by, "the signature", 64);
    slsbft_bytes key = take_exactly(with, "the key", 32);
    return mp_obj_new_bool(slsbft_ed25519_verify(message.at, message.length, signature.at, key.at));
}
MP_DEFINE_CONST_FUN_OBJ_3(ed25519_verify_obj, ed25519_verify);

/* Of a list of (message, signature, key). */
static mp_obj_t ed25519_batch_verify(mp_obj_t of) {
    size_t count;
    mp_obj_t *items, *parts;
    vstr_t list;
    mp_obj_get_array(of, &count, &items);
    vstr_init(&list, 64);
    for (size_t at = 0; at < count; at++) {
        mp_obj_get_array_fixed_n(items[at], 3, &parts);
        put_prefixed(&list, take_bytes(parts[0], "the message"));
        vstr_add_strn(&list, (const char *)take_exactly(parts[1], "the signature", 64).at, 64);
        vstr_add_strn(&list, (const char *)take_exactly(parts[2], "the key", 32).at, 32);
    }
    return mp_obj_new_bool(slsbft_ed25519_batch_verify(list.buf, list.len));
}
MP_DEFINE_CONST_FUN_OBJ_1(ed25519_batch_verify_obj, ed25519_batch_verify);

static mp_obj_t address_valid(mp_obj_t of) {
    slsbft_bytes address = take_bytes(of, "the address");
    return mp_obj_new_bool(slsbft_address_validate(address.at, address.length));
}
MP_DEFINE_CONST_FUN_OBJ_1(address_valid_obj, address_valid);

static mp_obj_t address_bytes(mp_obj_t of) {
    uint8_t out[64];
    slsbft_bytes address = take_bytes(of, "the address");
    int32_t length = slsbft_address_canonicalize(address.at, address.length, out, sizeof out);
    return length < 0 || length > 64 ? mp_const_none : new_bytes(out, (size_t)length);
}
MP_DEFINE_CONST_FUN_OBJ_1(address_bytes_obj, address_bytes);

static mp_obj_t address_text(mp_obj_t of) {
    uint8_t out[256];
    slsbft_bytes bytes = take_bytes(of, "the address's bytes");
    int32_t length = slsbft_address_humanize(bytes.at, bytes.length, out, sizeof out);
    return length < 0 || length > 256 ? mp_const_none : new_text((slsbft_bytes){out, (uint32_t)length});
}
MP_DEFINE_CONST_FUN_OBJ_1(address_text_obj, address_text);
