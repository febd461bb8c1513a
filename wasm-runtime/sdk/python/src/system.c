/* What MicroPython and the C library would ask of a system. There is none. */
#include <stdint.h>

#include "slsbft.h"

_Noreturn void abort(void) { slsbft_panic_text("the interpreter gave up"); }

_Noreturn void __assert_fail(const char *claim, const char *file, int line, const char *function) {
    (void)file, (void)line, (void)function;
    slsbft_panic_text(claim);
}
