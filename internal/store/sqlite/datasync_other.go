//go:build !linux

package sqlite

import "os"

// dataSync brings a file to the disk; on macOS through F_FULLFSYNC, because fsync alone stops at the drive's
// own memory there.
func dataSync(f *os.File) error { return f.Sync() }

// syncFolder does nothing: these systems keep names by themselves or offer no way to ask for it.
func syncFolder(string) error { return nil }
