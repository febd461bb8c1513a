/* Between the script's values and the host's bytes. */
#include <string.h>

#include "host.h"
#include "py/objint.h"

uint8_t *room(size_t length) {
    uint8_t *found = m_new(uint8_t, length + 1);
    found[length] = 0;
    return found;
}

slsbft_bytes read_key(slsbft_bytes key) {
    static uint8_t small[4096];
    int32_t have = slsbft_get(key.at, key.length, small, sizeof small);
    if (have == SLSBFT_ABSENT) return (slsbft_bytes){NULL, 0};
    uint8_t *value = small;
    if ((uint32_t)have > sizeof small) {
        value = room((size_t)have);
        slsbft_get(key.at, key.length, value, (uint32_t)have);
    }
    return (slsbft_bytes){value, (uint32_t)have};
}

slsbft_bytes take_bytes(mp_obj_t from, const char *what) {
    mp_buffer_info_t found;
    if (!mp_get_buffer(from, &found, MP_BUFFER_READ))
        mp_raise_msg_varg(&mp_type_TypeError, MP_ERROR_TEXT("%s has to be text or bytes"), what);
    return (slsbft_bytes){found.buf, found.len};
}

slsbft_bytes take_exactly(mp_obj_t from, const char *what, uint32_t length) {
    slsbft_bytes found = take_bytes(from, what);
    if (found.length != length)
        mp_raise_msg_varg(&mp_type_ValueError, MP_ERROR_TEXT("%s has %u bytes, not %u"), what, (unsigned)length, (unsigned)found.length);
    return found;
}

slsbft_bytes take_json(mp_obj_t from, const char *what) {
    if (mp_obj_is_type(from, &mp_type_bytes) || mp_obj_is_type(from, &mp_type_bytearray)) return take_bytes(from, what);
    vstr_t json;
    vstr_init(&json, 64);
    write_json(&json, from);
    return (slsbft_bytes){(uint8_t *)json.buf, json.len};
}

int64_t take_integer(mp_obj_t from, const char *what) {
    if (mp_obj_is_small_int(from)) return MP_OBJ_SMALL_INT_VALUE(from);
    if (!mp_obj_is_int(from)) mp_raise_msg_varg(&mp_type_TypeError, MP_ERROR_TEXT("%s has to be a whole number"), what);
    int64_t number = 0;
    mp_obj_int_to_bytes_impl(from, false, sizeof number, (uint8_t *)&number);
    if (!mp_obj_equal(mp_obj_new_int_from_ll(number), from) && !mp_obj_equal(mp_obj_new_int_from_ull((uint64_t)number), from))
        mp_raise_msg_varg(&mp_type_OverflowError, MP_ERROR_TEXT("%s has more than 64 bits"), what);
    return number;
}

mp_obj_t new_text(slsbft_bytes text) { return mp_obj_new_str((const char *)text.at, text.length); }

mp_obj_t new_bytes(const void *at, size_t length) { return mp_obj_new_bytes(at, length); }

mp_obj_t value_of(slsbft_bytes json) {
    if (!json.length) return mp_const_none;
    mp_obj_t value = parse_json(json);
    return value == MP_OBJ_NULL ? new_bytes(json.at, json.length) : value;
}

void put_prefixed(vstr_t *to, slsbft_bytes bytes) {
    vstr_add_strn(to, (const char *)&bytes.length, sizeof bytes.length);
    vstr_add_strn(to, (const char *)bytes.at, bytes.length);
}
