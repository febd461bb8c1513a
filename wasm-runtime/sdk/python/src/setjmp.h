/* Jumps, as clang lowers them for WebAssembly without exceptions: jumps.c. */
#ifndef SETJMP_H
#define SETJMP_H

/* A mark: the number that clang before 19 gives it, or its function's activation and its label. */
typedef int jmp_buf[2];

int setjmp(jmp_buf mark) __attribute__((returns_twice));
void longjmp(jmp_buf mark, int value) __attribute__((noreturn));

#endif
