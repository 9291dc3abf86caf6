package proc

import (
	"os"
	"strings"
	"sync"
	"syscall"

	"billow/internal/proc/vfork"
)

// devNull is opened once: every child needs it and it is never closed.
var devNull = sync.OnceValues(func() (*os.File, error) { return os.OpenFile(os.DevNull, os.O_RDWR, 0) })

// spawn starts the program. os.StartProcess is not used because it adds a pidfd, a finalizer and an object per child
// that nobody here has a use for.
func spawn(s Spec) (int, error) {
	env := s.Env
	if env == nil {
		env = os.Environ()
	}
	path := s.Path
	if !strings.Contains(path, "/") {
		found, err := Look(path, env, s.Dir)
		if err != nil {
			return 0, err
		}
		path = found
	}
	null, err := devNull()
	if err != nil {
		return 0, &StartError{Program: s.Path, Err: err, System: true, text: "open " + os.DevNull + ": " + err.Error()}
	}
	fd := func(f *os.File) uintptr {
		if f == nil {
			f = null
		}
		return f.Fd()
	}
	files := [3]uintptr{fd(s.Stdin), fd(s.Stdout), fd(s.Stderr)}
	argv := make([]string, 0, 1+len(s.Args))
	argv = append(append(argv, s.name()), s.Args...)
	pid, err := fork(path, argv, env, files, s)
	if err != nil {
		return 0, startError(s, path, env, err)
	}
	return pid, nil
}

// fork starts the program in the way that costs least here.
func fork(path string, argv, env []string, files [3]uintptr, s Spec) (int, error) {
	l := layouts.Get().(*layout)
	defer layouts.Put(l)
	places := []string{path, s.Dir}
	l.room(places, argv, env)
	at, err := l.add(places)
	if err != nil {
		return 0, err
	}
	program := vfork.Program{Path: at[0], Files: files, Session: s.session}
	if s.Dir != "" {
		program.Dir = at[1]
	}
	if program.Argv, err = l.add(argv); err != nil {
		return 0, err
	}
	if program.Env, err = l.add(env); err != nil {
		return 0, err
	}
	if pid, errno, ok := vfork.Start(program); ok && errno != 0 {
		return 0, syscall.Errno(errno)
	} else if ok {
		return pid, nil
	}
	sys := syscall.SysProcAttr{Setpgid: !s.session, Setsid: s.session}
	return syscall.ForkExec(path, argv, &syscall.ProcAttr{Dir: s.Dir, Env: env, Files: files[:], Sys: &sys})
}
