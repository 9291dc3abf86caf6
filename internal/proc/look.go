package proc

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// Look finds a program the way a shell started in dir with this environment would: a name with a slash is
// itself, any other is looked for in the folders of PATH. The error is a *StartError.
//
// Nothing is remembered between calls: a task may install a program that the next one uses. Whoever knows what
// came before what can remember more.
func Look(name string, env []string, dir string) (string, error) {
	if name == "" {
		return "", notFound(name, "")
	}
	if strings.Contains(name, "/") {
		return name, nil
	}
	path := Getenv(env, "PATH")
	for rest, more := path, path != ""; more; {
		var folder string
		folder, rest, more = strings.Cut(rest, ":")
		if folder == "" {
			folder = "."
		}
		file := folder + "/" + name
		if folder[0] != '/' {
			file = filepath.Join(dir, folder, name)
			if file == name {
				file = "./" + name // from billow's own folder; without a slash it would be looked for again
			}
		}
		if Executable(file) {
			return file, nil
		}
	}
	return "", notFound(name, path)
}

// Executable tells whether a file can be run as a program.
func Executable(file string) bool {
	// Most folders do not have it, and access says so without allocating.
	if unix.Access(file, unix.X_OK) != nil {
		return false
	}
	var st syscall.Stat_t
	return syscall.Stat(file, &st) == nil && st.Mode&syscall.S_IFMT == syscall.S_IFREG && st.Mode&0o111 != 0
}

// Getenv gives a variable of an environment; the last one counts, as in a shell. A nil environment is
// billow's own.
func Getenv(env []string, key string) string {
	if env == nil {
		return os.Getenv(key)
	}
	for i := len(env) - 1; i >= 0; i-- {
		if e := env[i]; len(e) > len(key) && e[len(key)] == '=' && e[:len(key)] == key {
			return e[len(key)+1:]
		}
	}
	return ""
}
