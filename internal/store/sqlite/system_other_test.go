//go:build !linux

package sqlite

func systemChildren() map[string]func(string) error { return map[string]func(string) error{} }
