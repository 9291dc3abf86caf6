//go:build !linux

package proc

// OutputPath names what a process writes to; here the system does not tell.
func OutputPath(Identity, int, string) (path string, ok bool) { return "", false }
