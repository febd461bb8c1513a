/* Jumps, as clang lowers them for WebAssembly without exceptions: jumps.c. */
#ifndef SETJMP_H
#define SETJMP_H

/* Which of its function's marks it is, by number. */
typedef int jmp_buf[1];

int setjmp(jmp_buf mark) __attribute__((returns_twice));
void longjmp(jmp_buf mark, int value) __attribute__((noreturn));

#endif
