/* The module `slsbft`. */
#include "host.h"

static const mp_rom_map_elem_t slsbft_table[] = {
    {MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_slsbft)},
    {MP_ROM_QSTR(MP_QSTR_get), MP_ROM_PTR(&get_obj)},
    {MP_ROM_QSTR(MP_QSTR_set), MP_ROM_PTR(&set_obj)},
    {MP_ROM_QSTR(MP_QSTR_get_bytes), MP_ROM_PTR(&get_bytes_obj)},
    {MP_ROM_QSTR(MP_QSTR_set_bytes), MP_ROM_PTR(&set_bytes_obj)},
    {MP_ROM_QSTR(MP_QSTR_remove), MP_ROM_PTR(&remove_obj)},
    {MP_ROM_QSTR(MP_QSTR_scan), MP_ROM_PTR(&scan_obj)},
    {MP_ROM_QSTR(MP_QSTR_beacon), MP_ROM_PTR(&beacon_obj)},
    {MP_ROM_QSTR(MP_QSTR_fail), MP_ROM_PTR(&fail_obj)},
    {MP_ROM_QSTR(MP_QSTR_debug), MP_ROM_PTR(&debug_obj)},
    {MP_ROM_QSTR(MP_QSTR_sha256), MP_ROM_PTR(&sha256_obj)},
    {MP_ROM_QSTR(MP_QSTR_keccak256), MP_ROM_PTR(&keccak256_obj)},
    {MP_ROM_QSTR(MP_QSTR_blake2b), MP_ROM_PTR(&blake2b_obj)},
    {MP_ROM_QSTR(MP_QSTR_secp256k1_verify), MP_ROM_PTR(&secp256k1_verify_obj)},
    {MP_ROM_QSTR(MP_QSTR_secp256k1_recover), MP_ROM_PTR(&secp256k1_recover_obj)},
    {MP_ROM_QSTR(MP_QSTR_secp256r1_verify), MP_ROM_PTR(&secp256r1_verify_obj)},
    {MP_ROM_QSTR(MP_QSTR_secp256r1_recover), MP_ROM_PTR(&secp256r1_recover_obj)},
    {MP_ROM_QSTR(MP_QSTR_ed25519_verify), MP_ROM_PTR(&ed25519_verify_obj)},
    {MP_ROM_QSTR(MP_QSTR_ed25519_batch_verify), MP_ROM_PTR(&ed25519_batch_verify_obj)},
    {MP_ROM_QSTR(MP_QSTR_address_valid), MP_ROM_PTR(&address_valid_obj)},
    {MP_ROM_QSTR(MP_QSTR_address_bytes), MP_ROM_PTR(&address_bytes_obj)},
    {MP_ROM_QSTR(MP_QSTR_address_text), MP_ROM_PTR(&address_text_obj)},
    {MP_ROM_QSTR(MP_QSTR_CallError), MP_ROM_PTR(&mp_type_CallError)},
    {MP_ROM_QSTR(MP_QSTR_execute), MP_ROM_PTR(&execute_obj)},
    {MP_ROM_QSTR(MP_QSTR_ask), MP_ROM_PTR(&ask_obj)},
    {MP_ROM_QSTR(MP_QSTR_send), MP_ROM_PTR(&send_obj)},
    {MP_ROM_QSTR(MP_QSTR_query), MP_ROM_PTR(&query_obj)},
    {MP_ROM_QSTR(MP_QSTR_event), MP_ROM_PTR(&event_obj)},
    {MP_ROM_QSTR(MP_QSTR_encode), MP_ROM_PTR(&encode_obj)},
};
static MP_DEFINE_CONST_DICT(slsbft_globals, slsbft_table);

/* What the table has not: the context is read where a script asks for it. It cannot be set. */
void context_attribute(mp_obj_t self, qstr name, mp_obj_t *found) {
    (void)self;
    if (found[0] == MP_OBJ_NULL) found[0] = context_of(name);
}

const mp_obj_module_t slsbft_module = {.base = {&mp_type_module}, .globals = (mp_obj_dict_t *)&slsbft_globals};
MP_REGISTER_MODULE(MP_QSTR_slsbft, slsbft_module);
MP_REGISTER_MODULE_DELEGATION(slsbft_module, context_attribute);
