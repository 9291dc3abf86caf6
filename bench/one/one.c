// A program of one system call: with it as the work, what is measured is the engine.
// cc -O2 -static -nostdlib -o one one.c
#if defined(__x86_64__)
void _start(void) { __asm__ volatile("xor %%edi, %%edi\n\tmov $60, %%eax\n\tsyscall" ::: "rdi", "rax"); }
#elif defined(__aarch64__)
void _start(void) { __asm__ volatile("mov x0, #0\n\tmov x8, #93\n\tsvc #0" ::: "x0", "x8"); }
#endif
