/* The instance's state. */
#include <string.h>

#include "host.h"

static slsbft_bytes take_key(mp_obj_t from) {
    slsbft_bytes key = take_bytes(from, "the key");
    if (key.length && key.at[0] == OWN_KEYS)
        mp_raise_ValueError(MP_ERROR_TEXT("keys that begin with the byte 0xff are the interpreter's own"));
    return key;
}

static mp_obj_t get(size_t count, const mp_obj_t *args) {
    slsbft_bytes value = read_key(take_key(args[0]));
    if (!value.at) return count > 1 ? args[1] : mp_const_none;
    return value_of(value);
}
MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(get_obj, 1, 2, get);

static mp_obj_t set(mp_obj_t key, mp_obj_t value) {
    slsbft_store(take_key(key), take_json(value, "the value"));
    return mp_const_none;
}
MP_DEFINE_CONST_FUN_OBJ_2(set_obj, set);

static mp_obj_t get_bytes(mp_obj_t key) {
    slsbft_bytes value = read_key(take_key(key));
    return value.at ? new_bytes(value.at, value.length) : mp_const_none;
}
MP_DEFINE_CONST_FUN_OBJ_1(get_bytes_obj, get_bytes);

static mp_obj_t set_bytes(mp_obj_t key, mp_obj_t value) {
    slsbft_store(take_key(key), take_bytes(value, "the value"));
    return mp_const_none;
}
MP_DEFINE_CONST_FUN_OBJ_2(set_bytes_obj, set_bytes);

static mp_obj_t remove_key(mp_obj_t from) {
    slsbft_bytes key = take_key(from);
    slsbft_remove(key.at, key.length);
    return mp_const_none;
}
MP_DEFINE_CONST_FUN_OBJ_1(remove_obj, remove_key);

/* The first bytes behind all that begin with `prefix`; the interpreter's own keys, if there are none before them. */
static slsbft_bytes behind(slsbft_bytes prefix) {
    static const uint8_t own = OWN_KEYS;
    uint32_t length = prefix.length;
    while (length && prefix.at[length - 1] == 0xff) length--;
    if (!length) return (slsbft_bytes){&own, 1};
    uint8_t *end = room(length);
    memcpy(end, prefix.at, length);
    end[length - 1]++;
    return (slsbft_bytes){end, length};
}

typedef struct {
    mp_obj_base_t base;
    mp_fun_1_t next;
    uint32_t id;
    bool bytes;
} scan_of_keys;

/* The next record: (key, value). */
static mp_obj_t next(mp_obj_t self) {
    static uint8_t small[4096];
    scan_of_keys *scan = MP_OBJ_TO_PTR(self);
    uint8_t *record = small;
    int32_t length = slsbft_next(scan->id, record, sizeof small);
    if (length == SLSBFT_ABSENT) return MP_OBJ_STOP_ITERATION;
    if ((uint32_t)length > sizeof small) {
        record = room((size_t)length);
        slsbft_next(scan->id, record, (uint32_t)length);
    }
    uint32_t key_length;
    memcpy(&key_length, record, sizeof key_length);
    slsbft_bytes key = {record + 4, key_length}, value = {record + 4 + key_length, (uint32_t)length - 4 - key_length};
    mp_obj_t pair[] = {scan->bytes ? new_bytes(key.at, key.length) : new_text(key),
                       scan->bytes ? new_bytes(value.at, value.length) : value_of(value)};
    return mp_obj_new_tuple(2, pair);
}

static mp_obj_t scan(size_t count, const mp_obj_t *positional, mp_map_t *named) {
    enum { PREFIX, START, END, DESCENDING, BYTES, COUNT };
    static const mp_arg_t allowed[] = {
        {MP_QSTR_prefix, MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE}},
        {MP_QSTR_start, MP_ARG_KW_ONLY | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE}},
        {MP_QSTR_end, MP_ARG_KW_ONLY | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE}},
        {MP_QSTR_descending, MP_ARG_KW_ONLY | MP_ARG_BOOL, {.u_bool = false}},
        {MP_QSTR_bytes, MP_ARG_KW_ONLY | MP_ARG_BOOL, {.u_bool = false}},
    };
    mp_arg_val_t given[COUNT];
    mp_arg_parse_all(count, positional, named, COUNT, allowed, given);
    slsbft_bytes from = {NULL, 0};
    if (given[PREFIX].u_obj != mp_const_none) from = take_bytes(given[PREFIX].u_obj, "the prefix");
    slsbft_bytes to = behind(from);
    if (given[START].u_obj != mp_const_none) from = take_bytes(given[START].u_obj, "the start");
    if (given[END].u_obj != mp_const_none) {
        slsbft_bytes end = take_bytes(given[END].u_obj, "the end");
        if (!end.length || end.at[0] != OWN_KEYS) to = end;
    }
    scan_of_keys *scan = mp_obj_malloc(scan_of_keys, &mp_type_polymorph_iter);
    scan->next = next;
    scan->bytes = given[BYTES].u_bool;
    int32_t order = given[DESCENDING].u_bool ? SLSBFT_DESCENDING : SLSBFT_ASCENDING;
    scan->id = slsbft_scan(from.at, from.length, to.at, to.length, order);
    return MP_OBJ_FROM_PTR(scan);
}
MP_DEFINE_CONST_FUN_OBJ_KW(scan_obj, 0, scan);
