/* Messages in JSON, as far as contracts need it: fields of objects, texts, numbers. Nothing is allocated and
 * nothing is copied; what comes back is a part of the message. */
#ifndef SLSBFT_JSON_H
#define SLSBFT_JSON_H

#include "slsbft.h"

static inline bool slsbft_json_is_space(uint8_t byte) {
    return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t';
}

static inline void slsbft_json_skip(slsbft_bytes *from) {
    while (from->length && slsbft_json_is_space(*from->at)) from->at++, from->length--;
}

/* If the next byte that is no space is this one, takes it off. */
static inline bool slsbft_json_take(slsbft_bytes *from, char byte) {
    slsbft_json_skip(from);
    return slsbft_take(from, (slsbft_bytes){(const uint8_t *)&byte, 1});
}

/* The length of the text that begins here, with both its quotes; 0 if it does not end. */
static inline uint32_t slsbft_json_text_length(slsbft_bytes from) {
    for (uint32_t at = 1; at < from.length; at++) {
        if (from.at[at] == '\\') at++;
        else if (from.at[at] == '"') return at + 1;
    }
    return 0;
}

/* Takes the next value off, whatever it is; nested ones are looked at for where they end only. */
static inline bool slsbft_json_value(slsbft_bytes *from, slsbft_bytes *value) {
    slsbft_json_skip(from);
    uint32_t at = 0, depth = 0;
    while (at < from->length) {
        uint8_t byte = from->at[at];
        if (!depth && (byte == ',' || byte == '}' || byte == ']')) break;
        if (byte == '"') {
            uint32_t length = slsbft_json_text_length((slsbft_bytes){from->at + at, from->length - at});
            if (!length) return false;
            at += length;
            continue;
        }
        if (byte == '{' || byte == '[') depth++;
        if (byte == '}' || byte == ']') depth--;
        at++;
    }
    if (depth || !at) return false;
    *value = (slsbft_bytes){from->at, at};
    while (slsbft_json_is_space(value->at[value->length - 1])) value->length--;
    from->at += at;
    from->length -= at;
    return true;
}

/* Takes the next field off: its name, without quotes, and its value. False at the end of the object, and
 * where it is none. */
static inline bool slsbft_json_field(slsbft_bytes *from, slsbft_bytes *name, slsbft_bytes *value) {
    slsbft_json_skip(from);
    if (!from->length || *from->at != '"') return false;
    uint32_t length = slsbft_json_text_length(*from);
    if (!length) return false;
    *name = (slsbft_bytes){from->at + 1, length - 2};
    from->at += length;
    from->length -= length;
    if (!slsbft_json_take(from, ':') || !slsbft_json_value(from, value)) return false;
    slsbft_json_take(from, ',');
    return true;
}

/* The value of a field of an object. False if it is not there, there twice, or this is no object. */
static inline bool slsbft_json_get(slsbft_bytes object, const char *field, slsbft_bytes *value) {
    slsbft_bytes name, found, wanted = slsbft_text(field);
    bool is_there = false;
    if (!slsbft_json_take(&object, '{')) return false;
    while (slsbft_json_field(&object, &name, &found)) {
        if (!slsbft_equal(name, wanted)) continue;
        if (is_there) return false;
        is_there = true;
        *value = found;
    }
    return slsbft_json_take(&object, '}') && is_there;
}

/* The text inside of its quotes. False if it is none, or has a backslash: addresses, amounts and names do
 * without. */
static inline bool slsbft_json_text(slsbft_bytes value, slsbft_bytes *text) {
    if (value.length < 2 || *value.at != '"' || slsbft_json_text_length(value) != value.length) return false;
    for (uint32_t at = 0; at < value.length; at++)
        if (value.at[at] == '\\') return false;
    *text = (slsbft_bytes){value.at + 1, value.length - 2};
    return true;
}

/* A field that is a text. */
static inline bool slsbft_json_get_text(slsbft_bytes object, const char *field, slsbft_bytes *text) {
    slsbft_bytes value;
    return slsbft_json_get(object, field, &value) && slsbft_json_text(value, text);
}

/* A field that is a number from 0 to 2^64 - 1, plain or, as amounts are written, as a text. */
static inline bool slsbft_json_get_u64(slsbft_bytes object, const char *field, uint64_t *number) {
    slsbft_bytes value;
    if (!slsbft_json_get(object, field, &value)) return false;
    slsbft_json_text(value, &value);
    return slsbft_parse_u64(value, number);
}

#endif
