/* Contracts for the service bus in C, without a C library. What the functions do, their limits and their
 * prices: docs/contracts/abi.md. Build with
 *
 *   clang --target=wasm32 -O2 -ffreestanding -nostdlib -Wl,--no-entry,--stack-first,--strip-all \
 *         -I<folder of this file> -o contract.wasm contract.c
 */
#ifndef SLSBFT_H
#define SLSBFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* In one file of the contract: says which interface it was written for. */
#define SLSBFT_CONTRACT                                                                                      \
    __attribute__((export_name("slsbft_abi_1"))) void slsbft_abi_1(void) {}

/* Before the body of an entry point: instantiate, execute, query, migrate, hook, compute. */
#define SLSBFT_ENTRY(name) __attribute__((export_name(#name))) void slsbft_entry_##name(void)

#define SLSBFT_HOST(name) __attribute__((import_module("slsbft"), import_name(#name)))

/* What functions return for what is not there. */
#define SLSBFT_ABSENT (-1)
/* For scan: no end; the orders. */
#define SLSBFT_UNBOUNDED UINT32_MAX
#define SLSBFT_ASCENDING 1
#define SLSBFT_DESCENDING 2
/* For execute and send: all points that are left. */
#define SLSBFT_ALL_POINTS (-1)

/* The call. */
SLSBFT_HOST(input) int32_t slsbft_input(void *out, uint32_t room);
SLSBFT_HOST(output) void slsbft_output(const void *bytes, uint32_t length);
SLSBFT_HOST(fail) _Noreturn void slsbft_fail(const void *text, uint32_t length);
SLSBFT_HOST(panic) _Noreturn void slsbft_panic(const void *text, uint32_t length);
SLSBFT_HOST(debug) void slsbft_debug(const void *text, uint32_t length);

/* The contract's state. */
SLSBFT_HOST(get) int32_t slsbft_get(const void *key, uint32_t key_length, void *out, uint32_t room);
SLSBFT_HOST(set)
void slsbft_set(const void *key, uint32_t key_length, const void *value, uint32_t value_length);
SLSBFT_HOST(remove) void slsbft_remove(const void *key, uint32_t key_length);
SLSBFT_HOST(scan)
uint32_t slsbft_scan(const void *start, uint32_t start_length, const void *end, uint32_t end_length, int32_t order);
SLSBFT_HOST(next) int32_t slsbft_next(uint32_t scan, void *out, uint32_t room);

/* What is around the call. */
SLSBFT_HOST(block_height) uint64_t slsbft_block_height(void);
SLSBFT_HOST(block_time) uint64_t slsbft_block_time(void);
SLSBFT_HOST(chain_id) int32_t slsbft_chain_id(void *out, uint32_t room);
SLSBFT_HOST(contract) int32_t slsbft_contract(void *out, uint32_t room);
SLSBFT_HOST(sender) int32_t slsbft_sender(void *out, uint32_t room);
SLSBFT_HOST(funds) int32_t slsbft_funds(void *out, uint32_t room);
SLSBFT_HOST(tx_index) int32_t slsbft_tx_index(void);
SLSBFT_HOST(tx_hash) int32_t slsbft_tx_hash(uint8_t out[32]);
SLSBFT_HOST(points_left) int64_t slsbft_points_left(void);
SLSBFT_HOST(beacon) int32_t slsbft_beacon(uint64_t height, uint8_t out[32]);

/* Addresses. */
SLSBFT_HOST(address_validate) int32_t slsbft_address_validate(const void *text, uint32_t length);
SLSBFT_HOST(address_canonicalize)
int32_t slsbft_address_canonicalize(const void *text, uint32_t length, void *out, uint32_t room);
SLSBFT_HOST(address_humanize)
int32_t slsbft_address_humanize(const void *bytes, uint32_t length, void *out, uint32_t room);

/* Hashes and signatures. */
SLSBFT_HOST(sha256) void slsbft_sha256(const void *bytes, uint32_t length, uint8_t out[32]);
SLSBFT_HOST(keccak256) void slsbft_keccak256(const void *bytes, uint32_t length, uint8_t out[32]);
SLSBFT_HOST(blake2b) void slsbft_blake2b(const void *bytes, uint32_t length, void *out, uint32_t out_length);
SLSBFT_HOST(secp256k1_verify)
int32_t slsbft_secp256k1_verify(const uint8_t hash[32], const uint8_t signature[64], const void *key, uint32_t key_length);
SLSBFT_HOST(secp256k1_recover)
int32_t slsbft_secp256k1_recover(const uint8_t hash[32], const uint8_t signature[64], uint32_t which, uint8_t out[65]);
SLSBFT_HOST(secp256r1_verify)
int32_t slsbft_secp256r1_verify(const uint8_t hash[32], const uint8_t signature[64], const void *key, uint32_t key_length);
SLSBFT_HOST(secp256r1_recover)
int32_t slsbft_secp256r1_recover(const uint8_t hash[32], const uint8_t signature[64], uint32_t which, uint8_t out[65]);
SLSBFT_HOST(ed25519_verify)
int32_t slsbft_ed25519_verify(const void *message, uint32_t length, const uint8_t signature[64], const uint8_t key[32]);
SLSBFT_HOST(ed25519_batch_verify) int32_t slsbft_ed25519_batch_verify(const void *list, uint32_t length);

/* The rest of the chain. */
SLSBFT_HOST(execute)
int32_t slsbft_execute(const void *contract, uint32_t contract_length, const void *msg, uint32_t msg_length,
                       const void *funds, uint32_t funds_length, int64_t points);
SLSBFT_HOST(send)
int32_t slsbft_send(const void *type_url, uint32_t type_url_length, const void *msg, uint32_t msg_length, int64_t points);
SLSBFT_HOST(query)
int32_t slsbft_query(const void *path, uint32_t path_length, const void *request, uint32_t request_length);
SLSBFT_HOST(ask)
int32_t slsbft_ask(const void *contract, uint32_t contract_length, const void *msg, uint32_t msg_length);
SLSBFT_HOST(answer) int32_t slsbft_answer(void *out, uint32_t room);
SLSBFT_HOST(event)
void slsbft_event(const void *type, uint32_t type_length, const void *attributes, uint32_t attributes_length);

/* ---- Memory. The compiler calls these three by name, for whole structures too. A C library brings its own. ---- */

#if !__STDC_HOSTED__
__attribute__((weak, no_builtin)) void *memcpy(void *to, const void *from, size_t length) {
    uint8_t *out = to;
    const uint8_t *in = from;
    while (length--) *out++ = *in++;
    return to;
}

__attribute__((weak, no_builtin)) void *memset(void *to, int byte, size_t length) {
    uint8_t *out = to;
    while (length--) *out++ = (uint8_t)byte;
    return to;
}

__attribute__((weak, no_builtin)) int memcmp(const void *left, const void *right, size_t length) {
    const uint8_t *a = left, *b = right;
    for (; length--; a++, b++)
        if (*a != *b) return *a < *b ? -1 : 1;
    return 0;
}
#else
#include <string.h>
#endif

static inline uint32_t slsbft_length(const char *text) {
    uint32_t length = 0;
    while (text[length]) length++;
    return length;
}

static inline _Noreturn void slsbft_fail_text(const char *text) { slsbft_fail(text, slsbft_length(text)); }
static inline _Noreturn void slsbft_panic_text(const char *text) { slsbft_panic(text, slsbft_length(text)); }

/* The end of the contract's own data; the linker sets it. */
extern uint8_t __heap_base;
static uint32_t slsbft_heap_next;

/* Bytes that stay until the call ends; there is nothing to give back. Aligned to 16. */
static inline void *slsbft_alloc(uint32_t length) {
    if (!slsbft_heap_next) slsbft_heap_next = ((uint32_t)&__heap_base + 15) & ~15u;
    uint64_t end = (uint64_t)slsbft_heap_next + length;
    uint64_t have = (uint64_t)__builtin_wasm_memory_size(0) << 16;
    if (end > have) {
        uint64_t pages = (end - have + 0xffff) >> 16;
        if (pages > 0xffff || __builtin_wasm_memory_grow(0, (uint32_t)pages) == (size_t)-1)
            slsbft_panic_text("no memory left");
    }
    void *found = (void *)slsbft_heap_next;
    slsbft_heap_next = ((uint32_t)end + 15) & ~15u;
    return found;
}

/* ---- Bytes ---- */

/* Bytes somewhere in memory; `at` is null for what is absent. */
typedef struct {
    const uint8_t *at;
    uint32_t length;
} slsbft_bytes;

static inline slsbft_bytes slsbft_text(const char *text) {
    return (slsbft_bytes){(const uint8_t *)text, slsbft_length(text)};
}

static inline bool slsbft_equal(slsbft_bytes left, slsbft_bytes right) {
    return left.length == right.length && !memcmp(left.at, right.at, left.length);
}

/* If `bytes` begin with `head`, takes it off them. */
static inline bool slsbft_take(slsbft_bytes *bytes, slsbft_bytes head) {
    if (bytes->length < head.length || memcmp(bytes->at, head.at, head.length)) return false;
    bytes->at += head.length;
    bytes->length -= head.length;
    return true;
}

/* Reads a decimal number; false if it is none, or exceeds 64 bits. */
static inline bool slsbft_parse_u64(slsbft_bytes text, uint64_t *out) {
    uint64_t value = 0;
    for (uint32_t at = 0; at < text.length; at++) {
        uint64_t digit = (uint64_t)text.at[at] - '0';
        if (digit > 9 || value > (UINT64_MAX - digit) / 10) return false;
        value = value * 10 + digit;
    }
    *out = value;
    return text.length > 0;
}

/* Room that fills up from its start; what does not fit ends the call. */
typedef struct {
    uint8_t *at;
    uint32_t used, room;
} slsbft_writer;

static inline void slsbft_put(slsbft_writer *to, const void *bytes, uint32_t length) {
    if (length > to->room - to->used) slsbft_panic_text("a buffer is too small");
    memcpy(to->at + to->used, bytes, length);
    to->used += length;
}

static inline void slsbft_put_text(slsbft_writer *to, const char *text) { slsbft_put(to, text, slsbft_length(text)); }

static inline void slsbft_put_decimal(slsbft_writer *to, uint64_t value) {
    char digits[20];
    uint32_t at = sizeof digits;
    do digits[--at] = (char)('0' + value % 10);
    while (value /= 10);
    slsbft_put(to, digits + at, sizeof digits - at);
}

/* Bytes behind their length, as an event's attributes and lists of signatures have them. */
static inline void slsbft_put_prefixed(slsbft_writer *to, slsbft_bytes bytes) {
    slsbft_put(to, &bytes.length, sizeof bytes.length);
    slsbft_put(to, bytes.at, bytes.length);
}

/* ---- The host's functions with whole things ---- */

#ifndef SLSBFT_INPUT_ROOM
#define SLSBFT_INPUT_ROOM 4096
#endif

/* The message, in a buffer that stays; a longer one ends the call. */
static inline slsbft_bytes slsbft_message(void) {
    static uint8_t buffer[SLSBFT_INPUT_ROOM];
    uint32_t length = (uint32_t)slsbft_input(buffer, sizeof buffer);
    if (length > sizeof buffer) slsbft_fail_text("the message is too long");
    return (slsbft_bytes){buffer, length};
}

/* What the last call out of the contract returned, or why it failed. */
static inline slsbft_bytes slsbft_answered(void) {
    uint32_t length = (uint32_t)slsbft_answer(NULL, 0);
    uint8_t *at = slsbft_alloc(length);
    slsbft_answer(at, length);
    return (slsbft_bytes){at, length};
}

/* The value at a key, which is read twice unless it has at most 128 bytes. */
static inline slsbft_bytes slsbft_load(slsbft_bytes key) {
    const uint32_t room = 128;
    uint8_t *at = slsbft_alloc(room);
    int32_t length = slsbft_get(key.at, key.length, at, room);
    if (length == SLSBFT_ABSENT) return (slsbft_bytes){NULL, 0};
    if ((uint32_t)length > room) {
        at = slsbft_alloc((uint32_t)length);
        slsbft_get(key.at, key.length, at, (uint32_t)length);
    }
    return (slsbft_bytes){at, (uint32_t)length};
}

static inline void slsbft_store(slsbft_bytes key, slsbft_bytes value) {
    slsbft_set(key.at, key.length, value.at, value.length);
}

/* A number that was stored; `otherwise` if there is none. */
static inline uint64_t slsbft_load_u64(slsbft_bytes key, uint64_t otherwise) {
    uint64_t value = otherwise;
    int32_t length = slsbft_get(key.at, key.length, &value, sizeof value);
    if (length != SLSBFT_ABSENT && length != sizeof value) slsbft_panic_text("a stored number has no 8 bytes");
    return value;
}

/* Stores a number as 8 little-endian bytes. */
static inline void slsbft_store_u64(slsbft_bytes key, uint64_t value) {
    slsbft_set(key.at, key.length, &value, sizeof value);
}

#endif
