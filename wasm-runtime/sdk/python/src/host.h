/* What a script sees of the chain: the module `slsbft`, and `json`. */
#ifndef HOST_H
#define HOST_H

#include "py/obj.h"
#include "py/objstr.h"
#include "py/runtime.h"
#include "slsbft.h"

/* Bytes of a value in the state, at most. */
#define MAX_VALUE 131072
/* What the interpreter's own keys begin with, and no script's. */
#define OWN_KEYS 0xff

/* ---- values.c ---- */

/* Bytes with a zero behind them. */
uint8_t *room(size_t length);
/* The value at a key; NULL at its address if there is none. */
slsbft_bytes read_key(slsbft_bytes key);

/* Text as its UTF-8, or bytes; raises a TypeError that names `what` for anything else. */
slsbft_bytes take_bytes(mp_obj_t from, const char *what);
/* The same for exactly so many bytes. */
slsbft_bytes take_exactly(mp_obj_t from, const char *what, uint32_t length);
/* JSON of anything; bytes are taken as they are. */
slsbft_bytes take_json(mp_obj_t from, const char *what);
/* A whole number of 64 bits, signed or not. */
int64_t take_integer(mp_obj_t from, const char *what);

mp_obj_t new_text(slsbft_bytes text);
mp_obj_t new_bytes(const void *at, size_t length);
/* What JSON says; bytes if it is none, None if it is empty. */
mp_obj_t value_of(slsbft_bytes json);

/* Appends bytes behind their length. */
void put_prefixed(vstr_t *to, slsbft_bytes bytes);

/* ---- json.c ---- */

/* MP_OBJ_NULL if it is no JSON. */
mp_obj_t parse_json(slsbft_bytes json);
void write_json(vstr_t *to, mp_obj_t value);

/* ---- the module's parts ---- */

/* A value of the call's context, MP_OBJ_NULL if it has none of that name. */
mp_obj_t context_of(qstr name);

MP_DECLARE_CONST_FUN_OBJ_VAR_BETWEEN(get_obj);
MP_DECLARE_CONST_FUN_OBJ_2(set_obj);
MP_DECLARE_CONST_FUN_OBJ_1(get_bytes_obj);
MP_DECLARE_CONST_FUN_OBJ_2(set_bytes_obj);
MP_DECLARE_CONST_FUN_OBJ_1(remove_obj);
MP_DECLARE_CONST_FUN_OBJ_KW(scan_obj);

MP_DECLARE_CONST_FUN_OBJ_1(beacon_obj);
MP_DECLARE_CONST_FUN_OBJ_1(fail_obj);
MP_DECLARE_CONST_FUN_OBJ_1(debug_obj);

MP_DECLARE_CONST_FUN_OBJ_1(sha256_obj);
MP_DECLARE_CONST_FUN_OBJ_1(keccak256_obj);
MP_DECLARE_CONST_FUN_OBJ_VAR_BETWEEN(blake2b_obj);
MP_DECLARE_CONST_FUN_OBJ_3(secp256k1_verify_obj);
MP_DECLARE_CONST_FUN_OBJ_3(secp256k1_recover_obj);
MP_DECLARE_CONST_FUN_OBJ_3(secp256r1_verify_obj);
MP_DECLARE_CONST_FUN_OBJ_3(secp256r1_recover_obj);
MP_DECLARE_CONST_FUN_OBJ_3(ed25519_verify_obj);
MP_DECLARE_CONST_FUN_OBJ_1(ed25519_batch_verify_obj);
MP_DECLARE_CONST_FUN_OBJ_1(address_valid_obj);
MP_DECLARE_CONST_FUN_OBJ_1(address_bytes_obj);
MP_DECLARE_CONST_FUN_OBJ_1(address_text_obj);

extern const mp_obj_type_t mp_type_CallError;
MP_DECLARE_CONST_FUN_OBJ_KW(execute_obj);
MP_DECLARE_CONST_FUN_OBJ_2(ask_obj);
MP_DECLARE_CONST_FUN_OBJ_VAR_BETWEEN(send_obj);
MP_DECLARE_CONST_FUN_OBJ_2(query_obj);
MP_DECLARE_CONST_FUN_OBJ_VAR_BETWEEN(event_obj);
MP_DECLARE_CONST_FUN_OBJ_1(encode_obj);

#endif
