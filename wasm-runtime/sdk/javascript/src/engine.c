/* QuickJS itself, in the configuration that it has for hosts without threads and atomics. `__wasi__` would switch its
 * check of the stack off, so the headers that look at it come first. */
#include <assert.h>
#include <inttypes.h>
#include <malloc.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#undef __wasi__
#define EMSCRIPTEN 1
#include "quickjs.c"
