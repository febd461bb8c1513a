/* The rest of the chain: contracts, modules, events. */
#include "host.h"

/* A call that failed; the words are the failure's. */
MP_DEFINE_EXCEPTION(CallError, Exception)

/* What the last call returned, or why it failed. */
static slsbft_bytes answer(int32_t failed) {
    uint32_t length = (uint32_t)slsbft_answer(NULL, 0);
    uint8_t *at = room(length);
    slsbft_answer(at, length);
    slsbft_bytes words = {at, length};
    if (!failed) return words;
    mp_obj_t text = new_text(words);
    nlr_raise(mp_obj_new_exception_args(&mp_type_CallError, 1, &text));
}

/* The most points that a call may use; None for all that are left. */
static int64_t take_points(mp_obj_t from) { return from == mp_const_none ? SLSBFT_ALL_POINTS : take_integer(from, "points"); }

static mp_obj_t execute(size_t count, const mp_obj_t *positional, mp_map_t *named) {
    enum { CONTRACT, MSG, FUNDS, POINTS, COUNT };
    static const mp_arg_t allowed[] = {
        {MP_QSTR_contract, MP_ARG_REQUIRED | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE}},
        {MP_QSTR_msg, MP_ARG_REQUIRED | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE}},
        {MP_QSTR_funds, MP_ARG_KW_ONLY | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_QSTR(MP_QSTR_)}},
        {MP_QSTR_points, MP_ARG_KW_ONLY | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE}},
    };
    mp_arg_val_t given[COUNT];
    mp_arg_parse_all(count, positional, named, COUNT, allowed, given);
    slsbft_bytes contract = take_bytes(given[CONTRACT].u_obj, "the contract"), msg = take_json(given[MSG].u_obj, "the message");
    slsbft_bytes funds = take_bytes(given[FUNDS].u_obj, "funds, as in 5uankr,");
    int64_t points = take_points(given[POINTS].u_obj);
    return value_of(answer(slsbft_execute(contract.at, contract.length, msg.at, msg.length, funds.at, funds.length, points)));
}
MP_DEFINE_CONST_FUN_OBJ_KW(execute_obj, 2, execute);

static mp_obj_t ask(mp_obj_t of, mp_obj_t question) {
    slsbft_bytes contract = take_bytes(of, "the contract"), msg = take_json(question, "the question");
    return value_of(answer(slsbft_ask(contract.at, contract.length, msg.at, msg.length)));
}
MP_DEFINE_CONST_FUN_OBJ_2(ask_obj, ask);

static mp_obj_t bytes_of(slsbft_bytes words) { return new_bytes(words.at, words.length); }

static mp_obj_t send(size_t count, const mp_obj_t *args) {
    slsbft_bytes type = take_bytes(args[0], "the type"), msg = take_bytes(args[1], "the message");
    int64_t points = take_points(count > 2 ? args[2] : mp_const_none);
    return bytes_of(answer(slsbft_send(type.at, type.length, msg.at, msg.length, points)));
}
MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(send_obj, 2, 3, send);

static mp_obj_t query(mp_obj_t method, mp_obj_t of) {
    slsbft_bytes path = take_bytes(method, "the path"), request = take_bytes(of, "the request");
    return bytes_of(answer(slsbft_query(path.at, path.length, request.at, request.length)));
}
MP_DEFINE_CONST_FUN_OBJ_2(query_obj, query);

/* The attributes are a dict, in the order of their keys: a dict's own has no meaning. */
static mp_obj_t event(size_t count, const mp_obj_t *args) {
    vstr_t attributes;
    vstr_init(&attributes, 64);
    if (count > 1) {
        size_t length;
        mp_obj_t *keys, list = mp_call_function_1(MP_OBJ_FROM_PTR(&mp_type_list), args[1]);
        if (!mp_obj_is_dict_or_ordereddict(args[1])) mp_raise_TypeError(MP_ERROR_TEXT("attributes are a dict"));
        if (mp_obj_is_type(args[1], &mp_type_dict)) mp_obj_list_sort(1, &list, (mp_map_t *)&mp_const_empty_map);
        mp_obj_list_get(list, &length, &keys);
        for (size_t at = 0; at < length; at++) {
            vstr_t text;
            mp_print_t print;
            vstr_init_print(&text, 32, &print);
            mp_obj_print_helper(&print, mp_obj_dict_get(args[1], keys[at]), PRINT_STR);
            put_prefixed(&attributes, take_bytes(keys[at], "an attribute's key"));
            put_prefixed(&attributes, (slsbft_bytes){(const uint8_t *)text.buf, text.len});
        }
    }
    slsbft_bytes type = take_bytes(args[0], "the event's type");
    slsbft_event(type.at, type.length, attributes.buf, attributes.len);
    return mp_const_none;
}
MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(event_obj, 1, 2, event);

static void put_varint(vstr_t *to, uint64_t number) {
    do vstr_add_byte(to, (uint8_t)((number & 0x7f) | (number > 0x7f ? 0x80 : 0)));
    while (number >>= 7);
}

/* Field of a protobuf message: text and bytes with their length, numbers as varints. */
static void put_value(vstr_t *to, uint64_t field, mp_obj_t value) {
    if (value == mp_const_none) return;
    if (mp_obj_is_bool(value) || mp_obj_is_int(value)) {
        put_varint(to, field << 3);
        put_varint(to, mp_obj_is_bool(value) ? value == mp_const_true : (uint64_t)take_integer(value, "a field"));
        return;
    }
    slsbft_bytes bytes = take_bytes(value, "a field, if no number or list,");
    put_varint(to, field << 3 | 2);
    put_varint(to, bytes.length);
    vstr_add_strn(to, (const char *)bytes.at, bytes.length);
}

/* A list's are repeated fields. */
static void put_field(vstr_t *to, mp_obj_t number, mp_obj_t value) {
    int64_t field = take_integer(number, "a field's number");
    if (field < 1 || field > 536870911) mp_raise_ValueError(MP_ERROR_TEXT("fields are named by their numbers, 1 to 536870911"));
    size_t count = 1;
    mp_obj_t *items = &value;
    if (mp_obj_is_type(value, &mp_type_list)) mp_obj_list_get(value, &count, &items);
    for (size_t at = 0; at < count; at++) put_value(to, (uint64_t)field, items[at]);
}

static mp_obj_t encode(mp_obj_t fields) {
    size_t length;
    mp_obj_t *keys, list;
    vstr_t message;
    if (!mp_obj_is_dict_or_ordereddict(fields)) mp_raise_TypeError(MP_ERROR_TEXT("a message is a dict: its fields by their numbers"));
    list = mp_call_function_1(MP_OBJ_FROM_PTR(&mp_type_list), fields);
    mp_obj_list_sort(1, &list, (mp_map_t *)&mp_const_empty_map);
    mp_obj_list_get(list, &length, &keys);
    vstr_init(&message, 64);
    for (size_t at = 0; at < length; at++) put_field(&message, keys[at], mp_obj_dict_get(fields, keys[at]));
    return new_bytes(message.buf, message.len);
}
MP_DEFINE_CONST_FUN_OBJ_1(encode_obj, encode);
