//go:build !linux

package disk

import "os"

// dataSync brings a file to the disk; on macOS through F_FULLFSYNC, because fsync alone stops at the drive's
// own memory there.
func dataSync(f *os.File) error { return f.Sync() }

// SyncFolder does nothing: these systems keep names by themselves or offer no way to ask for it.
func SyncFolder(string) error { return nil }
