/* JSON. Whole numbers are exact, of any length, in both directions. */
#include <math.h>
#include <string.h>

#include "host.h"
#include "py/parsenum.h"
#include "py/unicode.h"

/* Values in values, at most. */
#define DEEPEST 100
/* Digits of a whole number, at most; reading them costs their square. */
#define LONGEST 1000

typedef struct {
    const uint8_t *at, *end;
    unsigned depth;
} reader;

static mp_obj_t read_value(reader *from);

static void skip_space(reader *from) {
    while (from->at < from->end && strchr(" \t\n\r", *from->at) && *from->at) from->at++;
}

static bool take(reader *from, char byte) {
    skip_space(from);
    if (from->at == from->end || *from->at != (uint8_t)byte) return false;
    from->at++;
    return true;
}

static bool read_hex(reader *from, uint32_t *unit) {
    if (from->end - from->at < 4) return false;
    *unit = 0;
    for (int digit = 0; digit < 4; digit++) {
        uint8_t byte = *from->at++;
        if (!unichar_isxdigit(byte)) return false;
        *unit = *unit << 4 | unichar_xdigit_value(byte);
    }
    return true;
}

/* What follows a backslash. A half of a pair of surrogates alone is no text. */
static bool read_escape(reader *from, vstr_t *to) {
    static const char names[] = "\"\\/bfnrt", means[] = "\"\\/\b\f\n\r\t";
    if (from->at == from->end) return false;
    uint8_t byte = *from->at++;
    const char *name = byte ? strchr(names, byte) : NULL;
    uint32_t unit, low;
    if (name) {
        vstr_add_byte(to, (uint8_t)means[name - names]);
        return true;
    }
    if (byte != 'u' || !read_hex(from, &unit)) return false;
    if (unit >= 0xd800 && unit < 0xdc00) {
        if (from->end - from->at < 2 || *from->at++ != '\\' || *from->at++ != 'u' || !read_hex(from, &low)) return false;
        if (low < 0xdc00 || low > 0xdfff) return false;
        unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
    } else if (unit >= 0xdc00 && unit < 0xe000)
        return false;
    vstr_add_char(to, unit);
    return true;
}

/* Text, behind its first quote. */
static mp_obj_t read_text(reader *from) {
    const uint8_t *start = from->at;
    while (from->at < from->end && *from->at != '"' && *from->at != '\\' && *from->at >= 0x20) from->at++;
    if (from->at < from->end && *from->at == '"') {
        size_t length = (size_t)(from->at++ - start);
        return utf8_check(start, length) ? mp_obj_new_str((const char *)start, length) : MP_OBJ_NULL;
    }
    vstr_t text;
    vstr_init(&text, 64);
    vstr_add_strn(&text, (const char *)start, (size_t)(from->at - start));
    while (from->at < from->end) {
        uint8_t byte = *from->at++;
        if (byte == '"')
            return utf8_check((const uint8_t *)text.buf, text.len) ? mp_obj_new_str_from_utf8_vstr(&text) : MP_OBJ_NULL;
        if (byte < 0x20 || (byte == '\\' && !read_escape(from, &text))) return MP_OBJ_NULL;
        if (byte != '\\') vstr_add_byte(&text, byte);
    }
    return MP_OBJ_NULL;
}

static bool digits(reader *from) {
    const uint8_t *start = from->at;
    while (from->at < from->end && unichar_isdigit(*from->at)) from->at++;
    return from->at != start;
}

static mp_obj_t read_number(reader *from) {
    const char *start = (const char *)from->at;
    bool whole = true;
    if (*from->at == '-') from->at++;
    const uint8_t *first = from->at;
    if (!digits(from) || (*first == '0' && from->at - first > 1)) return MP_OBJ_NULL;
    if (from->at < from->end && *from->at == '.') {
        whole = false;
        from->at++;
        if (!digits(from)) return MP_OBJ_NULL;
    }
    if (from->at < from->end && (*from->at | 0x20) == 'e') {
        whole = false;
        from->at++;
        if (from->at < from->end && (*from->at == '+' || *from->at == '-')) from->at++;
        if (!digits(from)) return MP_OBJ_NULL;
    }
    size_t length = (size_t)((const char *)from->at - start);
    if (length > LONGEST) return MP_OBJ_NULL;
    return whole ? mp_parse_num_integer(start, length, 10, NULL) : mp_parse_num_float(start, length, false, NULL);
}

static mp_obj_t read_list(reader *from) {
    mp_obj_t list = mp_obj_new_list(0, NULL);
    if (take(from, ']')) return list;
    do {
        mp_obj_t item = read_value(from);
        if (item == MP_OBJ_NULL) return MP_OBJ_NULL;
        mp_obj_list_append(list, item);
    } while (take(from, ','));
    return take(from, ']') ? list : MP_OBJ_NULL;
}

static mp_obj_t read_dict(reader *from) {
    mp_obj_t dict = mp_obj_new_dict(0);
    if (take(from, '}')) return dict;
    do {
        mp_obj_t key = take(from, '"') ? read_text(from) : MP_OBJ_NULL;
        if (key == MP_OBJ_NULL || !take(from, ':')) return MP_OBJ_NULL;
        mp_obj_t value = read_value(from);
        if (value == MP_OBJ_NULL) return MP_OBJ_NULL;
        mp_obj_dict_store(dict, key, value);
    } while (take(from, ','));
    return take(from, '}') ? dict : MP_OBJ_NULL;
}

static mp_obj_t read_word(reader *from) {
    static const struct {
        const char *word;
        mp_obj_t means;
    } words[] = {{"true", mp_const_true}, {"false", mp_const_false}, {"null", mp_const_none}};
    for (size_t at = 0; at < MP_ARRAY_SIZE(words); at++) {
        size_t length = strlen(words[at].word);
        if ((size_t)(from->end - from->at) < length || memcmp(from->at, words[at].word, length)) continue;
        from->at += length;
        return words[at].means;
    }
    return MP_OBJ_NULL;
}

static mp_obj_t read_value(reader *from) {
    skip_space(from);
    if (from->at == from->end || from->depth == DEEPEST) return MP_OBJ_NULL;
    uint8_t byte = *from->at;
    if (byte == '-' || unichar_isdigit(byte)) return read_number(from);
    if (byte != '"' && byte != '[' && byte != '{') return read_word(from);
    from->at++;
    if (byte == '"') return read_text(from);
    from->depth++;
    mp_obj_t value = byte == '[' ? read_list(from) : read_dict(from);
    from->depth--;
    return value;
}

mp_obj_t parse_json(slsbft_bytes json) {
    reader from = {json.at, json.at + json.length, 0};
    mp_obj_t value = read_value(&from);
    skip_space(&from);
    return from.at == from.end ? value : MP_OBJ_NULL;
}

static void write_text(vstr_t *to, slsbft_bytes text) {
    static const char hex[] = "0123456789abcdef";
    vstr_add_byte(to, '"');
    for (uint32_t at = 0; at < text.length; at++) {
        uint8_t byte = text.at[at];
        if (byte == '"' || byte == '\\') vstr_add_byte(to, '\\');
        if (byte >= 0x20)
            vstr_add_byte(to, byte);
        else {
            vstr_add_str(to, "\\u00");
            vstr_add_byte(to, (uint8_t)hex[byte >> 4]);
            vstr_add_byte(to, (uint8_t)hex[byte & 15]);
        }
    }
    vstr_add_byte(to, '"');
}

static void write_number(vstr_t *to, mp_obj_t value) {
    if (mp_obj_is_float(value) && !isfinite(mp_obj_float_get(value)))
        mp_raise_ValueError(MP_ERROR_TEXT("JSON has no such number"));
    mp_print_t print = {to, (mp_print_strn_t)vstr_add_strn};
    mp_obj_print_helper(&print, value, PRINT_REPR);
}

static void write_at(vstr_t *to, mp_obj_t value, unsigned depth);

static void write_list(vstr_t *to, mp_obj_t value, unsigned depth) {
    size_t length;
    mp_obj_t *items;
    mp_obj_get_array(value, &length, &items);
    vstr_add_byte(to, '[');
    for (size_t at = 0; at < length; at++) {
        if (at) vstr_add_byte(to, ',');
        write_at(to, items[at], depth + 1);
    }
    vstr_add_byte(to, ']');
}

static void write_dict(vstr_t *to, mp_obj_t value, unsigned depth) {
    mp_map_t *map = mp_obj_dict_get_map(value);
    bool first = true;
    vstr_add_byte(to, '{');
    for (size_t at = 0; at < map->alloc; at++) {
        if (!mp_map_slot_is_filled(map, at)) continue;
        if (!mp_obj_is_str(map->table[at].key)) mp_raise_TypeError(MP_ERROR_TEXT("JSON names things by text"));
        if (!first) vstr_add_byte(to, ',');
        first = false;
        write_text(to, take_bytes(map->table[at].key, "a name"));
        vstr_add_byte(to, ':');
        write_at(to, map->table[at].value, depth + 1);
    }
    vstr_add_byte(to, '}');
}

static void write_at(vstr_t *to, mp_obj_t value, unsigned depth) {
    if (depth > DEEPEST) mp_raise_ValueError(MP_ERROR_TEXT("more than 100 values in each other"));
    if (value == mp_const_none) vstr_add_str(to, "null");
    else if (mp_obj_is_bool(value)) vstr_add_str(to, value == mp_const_true ? "true" : "false");
    else if (mp_obj_is_str(value)) write_text(to, take_bytes(value, "text"));
    else if (mp_obj_is_int(value) || mp_obj_is_float(value)) write_number(to, value);
    else if (mp_obj_is_type(value, &mp_type_list) || mp_obj_is_type(value, &mp_type_tuple)) write_list(to, value, depth);
    else if (mp_obj_is_dict_or_ordereddict(value)) write_dict(to, value, depth);
    else
        mp_raise_msg_varg(&mp_type_TypeError, MP_ERROR_TEXT("JSON has nothing for '%s'"), mp_obj_get_type_str(value));
}

void write_json(vstr_t *to, mp_obj_t value) { write_at(to, value, 0); }

static mp_obj_t loads(mp_obj_t text) {
    mp_obj_t value = parse_json(take_bytes(text, "JSON"));
    if (value == MP_OBJ_NULL) mp_raise_ValueError(MP_ERROR_TEXT("no JSON"));
    return value;
}
static MP_DEFINE_CONST_FUN_OBJ_1(loads_obj, loads);

static mp_obj_t dumps(mp_obj_t value) {
    vstr_t json;
    vstr_init(&json, 64);
    write_json(&json, value);
    return mp_obj_new_str_from_utf8_vstr(&json);
}
static MP_DEFINE_CONST_FUN_OBJ_1(dumps_obj, dumps);

static const mp_rom_map_elem_t json_table[] = {
    {MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_json)},
    {MP_ROM_QSTR(MP_QSTR_loads), MP_ROM_PTR(&loads_obj)},
    {MP_ROM_QSTR(MP_QSTR_dumps), MP_ROM_PTR(&dumps_obj)},
};
static MP_DEFINE_CONST_DICT(json_globals, json_table);

const mp_obj_module_t json_module = {.base = {&mp_type_module}, .globals = (mp_obj_dict_t *)&json_globals};
MP_REGISTER_MODULE(MP_QSTR_json, json_module);
