#include "textflag.h"

#define SYS_exit 60
#define SYS_clone3 435
#define SIZEOF_cloneArgs 64
#define SIZEOF_call 88

// ARGUMENTS puts where the system looks for them those of the call at R12: each is a number or a pointer.
#define ARGUMENTS \
	MOVQ	8(R12), DI; ORQ	40(R12), DI; \
	MOVQ	16(R12), SI; ORQ	48(R12), SI; \
	MOVQ	24(R12), DX; ORQ	56(R12), DX; \
	MOVQ	32(R12), R10; ORQ	64(R12), R10


// func cloneExec(args *cloneArgs, calls *call, n uintptr) (pid int, errno uintptr)
//
// The child goes on with the parent's stack, and the parent sleeps until it is gone from it: so the child pushes
// nothing, and keeps what it needs in registers that a system call leaves alone.
TEXT ·cloneExec(SB),NOSPLIT,$0-40
	MOVQ	args+0(FP), DI
	MOVQ	$SIZEOF_cloneArgs, SI
	MOVQ	calls+8(FP), R12
	MOVQ	n+16(FP), R13
	MOVL	$SYS_clone3, AX
	SYSCALL
	TESTQ	AX, AX
	JEQ	child
	CMPQ	AX, $0xfffffffffffff001
	JCC	failed
	MOVQ	AX, pid+24(FP)
	MOVQ	$0, errno+32(FP)
	RET
failed:
	NEGQ	AX
	MOVQ	$0, pid+24(FP)
	MOVQ	AX, errno+32(FP)
	RET
child:
	MOVQ	0(R12), AX
	ARGUMENTS
	SYSCALL
	CMPQ	AX, $0xfffffffffffff001
	JCC	amiss
next:
	ADDQ	$SIZEOF_call, R12
	DECQ	R13
	JNE	child
	INT	$3 // execve does not return
amiss:
	CMPQ	80(R12), $0
	JNE	next
	NEGQ	AX
	MOVQ	AX, 72(R12)
	MOVL	$SYS_exit, AX
	MOVL	$127, DI
	SYSCALL
	INT	$3

// func rawCall(c *call) (r, errno uintptr)
TEXT ·rawCall(SB),NOSPLIT,$0-24
	MOVQ	c+0(FP), R12
	MOVQ	0(R12), AX
	ARGUMENTS
	SYSCALL
	CMPQ	AX, $0xfffffffffffff001
	JCC	bad
	MOVQ	AX, r+8(FP)
	MOVQ	$0, errno+16(FP)
	RET
bad:
	NEGQ	AX
	MOVQ	$0, r+8(FP)
	MOVQ	AX, errno+16(FP)
	RET
