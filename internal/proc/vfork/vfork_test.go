package vfork_test

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"billow/internal/proc/vfork"
)

// needed skips a test where programs are not started in this way.
func needed(t *testing.T) {
	t.Helper()
	_, errno, ok := start("/no/such/program", "", []string{"x"}, nil, [3]uintptr{9, 9, 9}, false)
	if !ok {
		t.Skip("programs are not started in this way here")
	}
	require.NotZero(t, errno)
}

// way is a way to start a program.
type way func(path, dir string, argv, env []string, files [3]uintptr, session bool) (pid int, err error)

func byVfork(path, dir string, argv, env []string, files [3]uintptr, session bool) (int, error) {
	pid, errno, ok := start(path, dir, argv, env, files, session)
	if !ok {
		return 0, errors.ErrUnsupported
	}
	if errno != 0 {
		return 0, syscall.Errno(errno)
	}
	return pid, nil
}

func start(path, dir string, argv, env []string, files [3]uintptr, session bool) (pid int, errno uintptr, ok bool) {
	p := vfork.Program{Path: &append([]byte(path), 0)[0], Files: files, Session: session}
	if dir != "" {
		p.Dir = &append([]byte(dir), 0)[0]
	}
	p.Argv, p.Env = texts(argv), texts(env)
	return vfork.Start(p)
}

func texts(list []string) []*byte {
	out := make([]*byte, 0, len(list)+1)
	for _, s := range list {
		out = append(out, &append([]byte(s), 0)[0])
	}
	return append(out, nil)
}

func byForkExec(path, dir string, argv, env []string, files [3]uintptr, session bool) (int, error) {
	return syscall.ForkExec(path, argv, &syscall.ProcAttr{Dir: dir, Env: env, Files: files[:],
		Sys: &syscall.SysProcAttr{Setpgid: !session, Setsid: session}})
}

// printed runs a shell script and gives what it prints and how it ended.
func printed(t *testing.T, begin way, script, dir string, session bool) (string, syscall.WaitStatus) {
	t.Helper()
	r, w, err := os.Pipe()
	require.NoError(t, err)
	defer func() { _ = r.Close() }()
	pid, err := begin("/bin/sh", dir, []string{"sh", "-c", script}, []string{"A=1", "B=two words"},
		[3]uintptr{w.Fd(), w.Fd(), w.Fd()}, session)
	require.NoError(t, w.Close())
	require.NoError(t, err)
	out, err := io.ReadAll(r)
	require.NoError(t, err)
	var ws syscall.WaitStatus
	_, err = syscall.Wait4(pid, &ws, 0, nil)
	require.NoError(t, err)
	return string(out), ws
}

// What a child finds is what one of package syscall finds.
func TestAChildFindsWhatOneOfForkExecFinds(t *testing.T) {
	needed(t)
	dir := t.TempDir()
	signal.Ignore(syscall.SIGUSR2)
	heard := make(chan os.Signal, 1)
	signal.Notify(heard, syscall.SIGTERM)
	t.Cleanup(func() { signal.Reset(syscall.SIGUSR2); signal.Stop(heard) })
	const script = `pwd; env | grep -v -e PWD -e SHLVL -e _=; ulimit -Sn; ulimit -Hn; umask
grep -e ^Sig -e ^Shd -e ^Cap -e ^NoNew /proc/self/status
for fd in /proc/self/fd/*; do readlink $fd | sed 's/[0-9]*//g'; done
set -- $(cut -d' ' -f5,6 /proc/$$/stat); [ $1 = $$ ] && echo leads its group; [ $2 = $$ ] && echo leads its session
exit 7`
	for _, session := range []bool{false, true} {
		want, wantStatus := printed(t, byForkExec, script, dir, session)
		got, status := printed(t, byVfork, script, dir, session)
		assert.Equal(t, want, got)
		assert.Equal(t, wantStatus, status)
		assert.Contains(t, got, dir)
		assert.Equal(t, session, strings.Contains(got, "leads its session"))
		assert.Contains(t, got, "leads its group")
	}
	_, status := printed(t, byVfork, "kill -TERM $$; sleep 60", "", false)
	assert.Equal(t, syscall.SIGTERM, status.Signal(), "the handler of this process is not the child's")
}

// Package syscall raises the limit on open files for this process; children have what it was started with, unless somebody
// has set another since.
func TestTheLimitOnOpenFilesIsTheOneWeWereGiven(t *testing.T) {
	const inner = "VFORK_TEST_LIMIT"
	if os.Getenv(inner) != "" {
		given, _ := printed(t, byVfork, "echo limit $(ulimit -Sn)", "", false)
		require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: 77, Max: 99}))
		set, _ := printed(t, byVfork, "echo limits $(ulimit -Sn) $(ulimit -Hn)", "", false)
		t.Log(given + set)
		return
	}
	needed(t)
	cmd := exec.Command("sh", "-c", `ulimit -Sn 123 && exec "$0" -test.v -test.run "^$1\$"`, os.Args[0], t.Name())
	cmd.Env = append(os.Environ(), inner+"=1")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	assert.Contains(t, string(out), "limit 123\n")
	assert.Contains(t, string(out), "limits 77 99\n")
}

func TestWhatCannotBeStartedIsSaidAndLeavesNoChild(t *testing.T) {
	needed(t)
	dir := t.TempDir()
	plain := filepath.Join(dir, "plain")
	require.NoError(t, os.WriteFile(plain, []byte("true\n"), 0o644))
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	require.NoError(t, err)
	defer func() { _ = null.Close() }()
	files := [3]uintptr{null.Fd(), null.Fd(), null.Fd()}
	for name, test := range map[string]struct {
		path, dir string
		arg       string
		files     [3]uintptr
		want      syscall.Errno
	}{
		"no program":    {filepath.Join(dir, "none"), "", "", files, syscall.ENOENT},
		"no folder":     {"/bin/sh", filepath.Join(dir, "none"), "", files, syscall.ENOENT},
		"not a folder":  {"/bin/sh", plain, "", files, syscall.ENOTDIR},
		"no permission": {plain, "", "", files, syscall.EACCES},
		"too long":      {"/bin/sh", "", strings.Repeat("x", 3<<20), files, syscall.E2BIG},
		"no file":       {"/bin/sh", "", "", [3]uintptr{files[0], 9999, files[2]}, syscall.EBADF},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := byVfork(test.path, test.dir, []string{"x", test.arg}, nil, test.files, false)
			require.ErrorIs(t, err, test.want)
			_, err = syscall.Wait4(-1, nil, syscall.WNOHANG, nil)
			assert.ErrorIs(t, err, syscall.ECHILD, "nothing is left to wait for")
		})
	}
}

// Files of this process that a child would have under another number are left to package syscall, which sorts them.
func TestItsOwnFirstFilesAreRefused(t *testing.T) {
	_, _, ok := vfork.Start(vfork.Program{Files: [3]uintptr{1, 0, 2}, Argv: []*byte{nil}, Env: []*byte{nil}})
	assert.False(t, ok)
}

// Many goroutines, whose stacks grow and whose garbage is collected meanwhile, start children of their own.
func TestManyAtOnce(t *testing.T) {
	needed(t)
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	require.NoError(t, err)
	defer func() { _ = null.Close() }()
	files := [3]uintptr{null.Fd(), null.Fd(), null.Fd()}
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for k := range 25 {
				script := "exit " + strconv.Itoa(k+1)
				pid, err := deep(50+k, func() (int, error) { return byVfork("/bin/sh", "", []string{"sh", "-c", script}, nil, files, false) })
				if !assert.NoError(t, err) {
					return
				}
				if (i+k)%5 == 0 {
					runtime.GC()
				}
				var ws syscall.WaitStatus
				_, err = syscall.Wait4(pid, &ws, 0, nil)
				assert.NoError(t, err)
				assert.Equal(t, k+1, ws.ExitStatus())
			}
		})
	}
	all.Wait()
}

// deep calls f with so much of a stack above it.
func deep(n int, f func() (int, error)) (int, error) {
	if n == 0 {
		return f()
	}
	var weight [256]byte
	pid, err := deep(n-1, f)
	return pid + int(weight[n%len(weight)]), err
}

// The end of a child is waited for; it interrupts nobody besides.
func TestTheEndOfAChildInterruptsNobody(t *testing.T) {
	needed(t)
	_, status := printed(t, byVfork, "exit 4", "", false)
	assert.Equal(t, 4, status.ExitStatus())
	own, err := os.ReadFile("/proc/self/status")
	require.NoError(t, err)
	_, line, _ := strings.Cut(string(own), "SigCgt:")
	line, _, _ = strings.Cut(line, "\n")
	caught, err := strconv.ParseUint(strings.TrimSpace(line), 16, 64)
	require.NoError(t, err)
	assert.NotZero(t, caught)
	assert.Zero(t, caught&(1<<(syscall.SIGCHLD-1)))
}
