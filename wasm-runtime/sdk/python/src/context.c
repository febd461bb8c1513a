/* What is around the call, and how a script ends it or speaks. */
#include "host.h"
#include "py/parsenum.h"

static slsbft_bytes read_text(int32_t (*of)(void *, uint32_t)) {
    uint32_t length = (uint32_t)of(NULL, 0);
    uint8_t *at = room(length);
    of(at, length);
    return (slsbft_bytes){at, length};
}

/* A list of (denom, amount). */
static mp_obj_t funds(void) {
    mp_obj_t list = mp_obj_new_list(0, NULL);
    slsbft_bytes left = read_text(slsbft_funds);
    while (left.length) {
        uint32_t digits = 0, end = 0;
        while (end < left.length && left.at[end] != ',') end++;
        while (digits < end && left.at[digits] >= '0' && left.at[digits] <= '9') digits++;
        mp_obj_t coin[] = {new_text((slsbft_bytes){left.at + digits, end - digits}),
                           mp_parse_num_integer((const char *)left.at, digits, 10, NULL)};
        mp_obj_list_append(list, mp_obj_new_tuple(2, coin));
        if (end < left.length) end++;
        left.at += end;
        left.length -= end;
    }
    return list;
}

/* (index, hash). */
static mp_obj_t transaction(void) {
    uint8_t hash[32];
    if (!slsbft_tx_hash(hash)) return mp_const_none;
    mp_obj_t found[] = {MP_OBJ_NEW_SMALL_INT(slsbft_tx_index()), new_bytes(hash, sizeof hash)};
    return mp_obj_new_tuple(2, found);
}

mp_obj_t context_of(qstr name) {
    switch (name) {
    case MP_QSTR_height: return mp_obj_new_int_from_ull(slsbft_block_height());
    case MP_QSTR_time: return mp_obj_new_int_from_ull(slsbft_block_time());
    case MP_QSTR_chain_id: return new_text(read_text(slsbft_chain_id));
    case MP_QSTR_contract: return new_text(read_text(slsbft_contract));
    case MP_QSTR_sender: return new_text(read_text(slsbft_sender));
    case MP_QSTR_funds: return funds();
    case MP_QSTR_transaction: return transaction();
    case MP_QSTR_points_left: return mp_obj_new_int_from_ll(slsbft_points_left());
    default: return MP_OBJ_NULL;
    }
}

static mp_obj_t beacon(mp_obj_t height) {
    uint8_t found[32];
    int64_t at = take_integer(height, "the height");
    return at < 0 || !slsbft_beacon((uint64_t)at, found) ? mp_const_none : new_bytes(found, sizeof found);
}
MP_DEFINE_CONST_FUN_OBJ_1(beacon_obj, beacon);

static mp_obj_t fail(mp_obj_t reason) {
    slsbft_bytes words = take_bytes(reason, "the reason");
    slsbft_fail(words.at, words.length);
}
MP_DEFINE_CONST_FUN_OBJ_1(fail_obj, fail);

static mp_obj_t debug(mp_obj_t line) {
    vstr_t words;
    mp_print_t print;
    vstr_init_print(&words, 64, &print);
    mp_obj_print_helper(&print, line, PRINT_STR);
    slsbft_debug(words.buf, words.len);
    return mp_const_none;
}
MP_DEFINE_CONST_FUN_OBJ_1(debug_obj, debug);
