/* As much protobuf as messages of modules need: fields written in the order of their numbers, and read one
 * after the other. What is zero or empty is left out, as the chain demands. */
#ifndef SLSBFT_PROTO_H
#define SLSBFT_PROTO_H

#include "slsbft.h"

static inline void slsbft_put_varint(slsbft_writer *to, uint64_t value) {
    uint8_t bytes[10];
    uint32_t length = 0;
    do bytes[length++] = (uint8_t)(value & 0x7f) | (value > 0x7f ? 0x80 : 0);
    while (value >>= 7);
    slsbft_put(to, bytes, length);
}

static inline void slsbft_put_field_u64(slsbft_writer *to, uint32_t field, uint64_t value) {
    if (!value) return;
    slsbft_put_varint(to, field << 3);
    slsbft_put_varint(to, value);
}

/* Bytes, a text, or another message. */
static inline void slsbft_put_field(slsbft_writer *to, uint32_t field, slsbft_bytes value) {
    if (!value.length) return;
    slsbft_put_varint(to, field << 3 | 2);
    slsbft_put_varint(to, value.length);
    slsbft_put(to, value.at, value.length);
}

/* An amount or another number, which messages have as a text. */
static inline void slsbft_put_field_decimal(slsbft_writer *to, uint32_t field, uint64_t value) {
    uint8_t digits[20];
    slsbft_writer decimal = {digits, 0, sizeof digits};
    slsbft_put_decimal(&decimal, value);
    slsbft_put_field(to, field, (slsbft_bytes){digits, decimal.used});
}

/* A field that was read: a number, or bytes. */
typedef struct {
    uint32_t field;
    uint64_t number;
    slsbft_bytes bytes;
} slsbft_field;

static inline bool slsbft_take_varint(slsbft_bytes *from, uint64_t *value) {
    *value = 0;
    for (uint32_t shift = 0; shift < 64 && from->length; shift += 7) {
        uint8_t byte = *from->at;
        from->at++, from->length--;
        *value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) return true;
    }
    return false;
}

/* Takes the next field off; false at the end, and at what this does not read (floats, fixed numbers). */
static inline bool slsbft_take_field(slsbft_bytes *from, slsbft_field *out) {
    uint64_t tag, number;
    if (!slsbft_take_varint(from, &tag) || !slsbft_take_varint(from, &number)) return false;
    *out = (slsbft_field){(uint32_t)(tag >> 3), number, {NULL, 0}};
    if ((tag & 7) == 0) return true;
    if ((tag & 7) != 2 || number > from->length) return false;
    out->bytes = (slsbft_bytes){from->at, (uint32_t)number};
    from->at += number;
    from->length -= (uint32_t)number;
    return true;
}

#endif
