package vfork

import "unsafe"

// Numbers of system calls, and what of the C headers they need.
const (
	sysDup3      = 292
	sysChdir     = 80
	sysExecve    = 59
	sysPrlimit64 = 302
	sysSetpgid   = 109
	sysSetsid    = 112
	sysSigaction = 13
	sysWait4     = 61

	rlimitNofile = 7
	sigchld      = 17

	// clone3 and its flag that clears the handlers of signals came with Linux 5.3 and 5.5.
	cloneVM           = 0x100
	cloneVfork        = 0x4000
	cloneClearSighand = 0x100000000
)

// The errors of clone3 that say that there is no such call, or that what confines this process forbids it; and that of a
// call that a signal has interrupted.
const (
	eperm  = 1
	einval = 22
	enosys = 38
	eintr  = 4
)

// call is a system call with its arguments, each a number or a pointer, and how it failed, 0 if it did not or was not
// come to. A pointer is kept as one, so that what it points to stays alive and may lie on a stack that moves.
type call struct {
	number   uintptr
	args     [4]uintptr
	pointers [4]unsafe.Pointer
	errno    uintptr
	// may is 1 where the child goes on though it fails; errno stays 0 then.
	may uintptr
}

// cloneArgs is struct clone_args as it was first, CLONE_ARGS_SIZE_VER0.
type cloneArgs struct {
	flags      uint64
	_          [3]uint64 // pidfd, child_tid, parent_tid
	exitSignal uint64
	_          [3]uint64 // stack, stack_size, tls: those of the parent
}

// cloneExec makes a child that goes through the calls, of which the last is execve, and ends if one fails. It returns
// when the child runs its program or is dead.
//
//go:noescape
func cloneExec(args *cloneArgs, calls *call, n uintptr) (pid int, errno uintptr)

// rawCall is a system call of which the scheduler is not told.
//
//go:noescape
func rawCall(c *call) (r, errno uintptr)

// limit is struct rlimit.
type limit struct{ soft, hard uint64 }

// openFiles is the limit on open files that this process was started with. Package syscall raises it for us when it is
// initialised, which is after this package, and children are to have what billow was given: a program that uses
// select(2) cannot take more than 1024.
var openFiles = atStart()

func atStart() *limit {
	hush()
	return openFilesNow()
}

// openFilesNow is the limit on open files as it is, nil where the system does not say.
func openFilesNow() *limit {
	l := new(limit)
	if _, errno := rawCall(&call{number: sysPrlimit64, args: [4]uintptr{1: rlimitNofile},
		pointers: [4]unsafe.Pointer{3: unsafe.Pointer(l)}}); errno != 0 {
		return nil
	}
	return l
}

// raised is true while the limit is what package syscall made of it. What somebody else has set since is for children,
// too.
func raised() bool {
	now := openFilesNow()
	return openFiles != nil && now != nil && now.hard == openFiles.hard && now.soft == openFiles.hard-1
}

// hush sees to it that the end of a child sends no signal. The runtime of Go has a handler for SIGCHLD that has nothing to
// do: it interrupts a thread, often one that sleeps, for each child. By default none is sent; to ignore it, on the other
// hand, would be to have no zombies to wait for. The runtime does not notice: in this program signal.Notify has no effect
// for SIGCHLD.
func hush() {
	var byDefault struct {
		handler, flags, restorer uintptr
		mask                     uint64
	}
	// Where it fails, the signal comes as before.
	_, _ = rawCall(&call{number: sysSigaction, args: [4]uintptr{0: sigchld, 3: unsafe.Sizeof(byDefault.mask)},
		pointers: [4]unsafe.Pointer{1: unsafe.Pointer(&byDefault)}})
}

// Start starts a program. ok is false when this cannot be done here in this way, and nothing has happened then.
func Start(p Program) (pid int, errno uintptr, ok bool) {
	type (
		numbers  = [4]uintptr
		pointers = [4]unsafe.Pointer
	)
	var list [8]call
	n := 0
	add := func(number uintptr, args numbers, at pointers) {
		list[n] = call{number: number, args: args, pointers: at}
		n++
	}
	if p.Session {
		add(sysSetsid, numbers{}, pointers{})
	} else {
		add(sysSetpgid, numbers{}, pointers{})
	}
	if p.Dir != nil {
		add(sysChdir, numbers{}, pointers{unsafe.Pointer(p.Dir)})
	}
	for to, from := range p.Files {
		if from < uintptr(len(p.Files)) {
			return 0, 0, false
		}
		add(sysDup3, numbers{from, uintptr(to)}, pointers{})
	}
	if raised() {
		add(sysPrlimit64, numbers{1: rlimitNofile}, pointers{2: unsafe.Pointer(openFiles)})
		list[n-1].may = 1
	}
	add(sysExecve, numbers{}, pointers{unsafe.Pointer(p.Path), unsafe.Pointer(&p.Argv[0]), unsafe.Pointer(&p.Env[0])})
	args := cloneArgs{flags: cloneVM | cloneVfork | cloneClearSighand, exitSignal: sigchld}
	pid, errno = cloneExec(&args, &list[0], uintptr(n))
	switch errno {
	case 0:
	case eperm, einval, enosys:
		return 0, 0, false
	default:
		return 0, errno, true
	}
	for i := range list {
		if errno = list[i].errno; errno != 0 {
			// The child is dead, or about to be; nobody else is to hear of it.
			for again := uintptr(eintr); again == eintr; {
				_, again = rawCall(&call{number: sysWait4, args: numbers{uintptr(pid)}})
			}
			return 0, errno, true
		}
	}
	return pid, 0, true
}
