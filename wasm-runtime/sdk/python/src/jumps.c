/* setjmp and longjmp where WebAssembly has no exceptions. clang (`-enable-emscripten-sjlj`) makes every call of a function
 * that marks a place go through an `invoke_…` with the callee's address, and look at `__THREW__` behind it; longjmp it
 * makes `emscripten_longjmp`. In between, functions have to return at once: that code unwind.py adds, behind every call
 * that may throw, where the global `unwinding` is set. */
#include <stdint.h>
#include <stdlib.h>

__asm__(".globaltype unwinding, i32\n"
        ".globaltype __stack_pointer, i32\n"
        ".globl unwinding\n"
        "unwinding:\n");

/* What is thrown: the mark, and the value that setjmp returns there. */
uintptr_t __THREW__;
int __threwValue;

static uint32_t second;
uint32_t getTempRet0(void) { return second; }
void setTempRet0(uint32_t value) { second = value; }

/* Who calls it believes that it does not return. */
void emscripten_longjmp(uintptr_t mark, int value) {
    __THREW__ = mark;
    __threwValue = value;
    __asm__ volatile("i32.const 1\nglobal.set unwinding");
}

/* ---- clang 19 and later: a mark knows its function's activation, by an address in its frame. ---- */

void __wasm_setjmp(uint32_t *at, uint32_t label, uint32_t activation) {
    at[0] = activation;
    at[1] = label;
}

uint32_t __wasm_setjmp_test(const uint32_t *at, uint32_t activation) { return at[0] == activation ? at[1] : 0; }

/* ---- clang before: a table of the marks of a function's activation, which clang makes. ---- */

typedef struct {
    uint32_t id, label;
} mark;

static uint32_t last_id;

/* A place that is marked anew takes its old mark's entry, so the table does not grow. */
mark *saveSetjmp(uint32_t *at, uint32_t label, mark *table, uint32_t size) {
    uint32_t entry = 0;
    *at = ++last_id;
    while (entry < size && table[entry].id && table[entry].label != label) entry++;
    if (entry == size) {
        size *= 2;
        table = realloc(table, (size + 1) * sizeof *table);
        table[entry].id = 0;
    }
    if (!table[entry].id) table[entry + 1].id = 0;
    table[entry] = (mark){*at, label};
    second = size;
    return table;
}

uint32_t testSetjmp(uint32_t id, const mark *table, uint32_t size) {
    for (uint32_t entry = 0; entry < size && table[entry].id; entry++)
        if (table[entry].id == id) return table[entry].label;
    return 0;
}

/* ---- Calls in functions that mark a place. ---- */

static inline uint32_t stack_of_now(void) {
    uint32_t at;
    __asm__ volatile("global.get __stack_pointer\nlocal.set %0" : "=r"(at));
    return at;
}

/* If the callee threw: it is caught here. The frames that did not return as they should gave no stack back. */
static inline void caught(uint32_t stack) {
    int set;
    __asm__ volatile("global.get unwinding\nlocal.set %0" : "=r"(set));
    if (!set) return;
    __asm__ volatile("i32.const 0\nglobal.set unwinding\nlocal.get %0\nglobal.set __stack_pointer" ::"r"(stack));
}

/* unwind.py adds nothing to these, by their names, which say the types: v nothing, i 32 bits, j 64, d a double. */
#define INVOKE(name, parameters, arguments)                     \
    void invoke_##name parameters {                             \
        uint32_t stack = stack_of_now();                        \
        callee arguments;                                       \
        caught(stack);                                          \
    }
#define INVOKE_GIVES(name, result, parameters, arguments)       \
    result invoke_##name parameters {                           \
        uint32_t stack = stack_of_now();                        \
        result given = callee arguments;                        \
        caught(stack);                                          \
        return given;                                           \
    }

INVOKE(v, (void (*callee)(void)), ())
INVOKE(vi, (void (*callee)(int), int a), (a))
INVOKE(vii, (void (*callee)(int, int), int a, int b), (a, b))
INVOKE(viii, (void (*callee)(int, int, int), int a, int b, int c), (a, b, c))
INVOKE(viiii, (void (*callee)(int, int, int, int), int a, int b, int c, int d), (a, b, c, d))
INVOKE_GIVES(i, int, (int (*callee)(void)), ())
INVOKE_GIVES(ii, int, (int (*callee)(int), int a), (a))
INVOKE_GIVES(iii, int, (int (*callee)(int, int), int a, int b), (a, b))
INVOKE_GIVES(iiii, int, (int (*callee)(int, int, int), int a, int b, int c), (a, b, c))
INVOKE_GIVES(iiiii, int, (int (*callee)(int, int, int, int), int a, int b, int c, int d), (a, b, c, d))
