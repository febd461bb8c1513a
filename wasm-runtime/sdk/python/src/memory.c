/* Memory that grows to its end; a script gets a MemoryError then. What a script drops is not looked for; what MicroPython
 * gives back of its own accord (texts that grow, tables, numbers on the way) is used again by its size. */
#include <stdint.h>
#include <string.h>
#include <stdlib.h>

#include "slsbft.h"

extern uint8_t __heap_base;

/* A block is 16 bytes, 24, 32 and so on, of which the first 8 are its header, with what it holds. */
#define HEADER 8
#define UNIT 8
/* Sizes, in units, of which blocks that were given back are kept. */
#define KEPT 128

typedef struct {
    uint32_t holds;
} block;

static block *kept[KEPT];
static uintptr_t next, end;

static block *header(void *at) { return (block *)((uint8_t *)at - HEADER); }

/* What a block holds that is to hold so much. */
static uint32_t rounded(size_t length) { return length ? (uint32_t)((length + UNIT - 1) / UNIT * UNIT) : UNIT; }

/* Bytes behind the last block that are kept free: what a script does about a MemoryError needs some. Each error
 * leaves half as many. */
static uintptr_t reserve = 8 << 10;

/* Whether memory reaches so far and the reserve farther, or can be made to. */
static int reach(uintptr_t to) {
    to += reserve;
    if (to <= end) return 1;
    size_t pages = (to - end + 0xffff) >> 16;
    if (__builtin_wasm_memory_grow(0, pages) == SIZE_MAX) {
        reserve /= 2;
        return 0;
    }
    end += pages << 16;
    return 1;
}

void *script_malloc(size_t length) {
    if (length > INT32_MAX) return NULL;
    uint32_t holds = rounded(length), units = holds / UNIT;
    if (units < KEPT && kept[units]) {
        block *found = kept[units];
        kept[units] = *(block **)((uint8_t *)found + HEADER);
        return (uint8_t *)found + HEADER;
    }
    if (!next) {
        next = ((uintptr_t)&__heap_base + UNIT - 1) / UNIT * UNIT;
        end = (uintptr_t)__builtin_wasm_memory_size(0) << 16;
    }
    if (!reach(next + HEADER + holds)) return NULL;
    block *found = (block *)next;
    found->holds = holds;
    next += HEADER + holds;
    return (uint8_t *)found + HEADER;
}

void free(void *at) {
    if (!at) return;
    block *back = header(at);
    uint32_t units = back->holds / UNIT;
    if ((uintptr_t)at + back->holds == next)
        next = (uintptr_t)back;
    else if (units < KEPT) {
        *(block **)at = kept[units];
        kept[units] = back;
    }
}

void *script_realloc(void *at, size_t length) {
    if (!at) return script_malloc(length);
    if (length > INT32_MAX) return NULL;
    block *old = header(at);
    if (length <= old->holds) return at;
    if ((uintptr_t)at + old->holds == next) {
        uint32_t holds = rounded(length);
        if (!reach((uintptr_t)at + holds)) return NULL;
        old->holds = holds;
        next = (uintptr_t)at + holds;
        return at;
    }
    void *found = script_malloc(length);
    if (!found) return NULL;
    memcpy(found, at, old->holds);
    free(at);
    return found;
}

/* What clang allocates for jumps, without looking, has to be there: it may take the reserve, and the call ends where that
 * is gone. */
static int insist(void *found) {
    if (found) return 1;
    if (!reserve) slsbft_panic_text("no memory left");
    reserve /= 2;
    return 0;
}

void *malloc(size_t length) {
    void *found;
    do found = script_malloc(length);
    while (!insist(found));
    return found;
}

void *realloc(void *at, size_t length) {
    void *found;
    do found = script_realloc(at, length);
    while (!insist(found));
    return found;
}
