package vfork

// Program says what to start. Its texts end with a NUL byte, as the system wants them.
type Program struct {
	// Path is the program's file, Dir the folder it runs in, nil for this process's own; a relative path counts from
	// Dir.
	Path, Dir *byte
	// Argv are its name and arguments, Env its environment, each with a nil behind the last.
	Argv, Env []*byte
	// Files are its first three open files. Start refuses numbers under three.
	Files [3]uintptr
	// Session starts a session for it instead of a process group.
	Session bool
}
