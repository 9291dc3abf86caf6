//go:build !linux || !amd64

package vfork

// Start starts a program. ok is false when this cannot be done here in this way, and nothing has happened then.
func Start(Program) (pid int, errno uintptr, ok bool) { return 0, 0, false }
