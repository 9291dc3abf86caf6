package command

import "golang.org/x/sys/unix"

// The requests by which a terminal's mode is read and set; the last one also throws away what was typed.
const (
	getMode         = unix.TCGETS
	setMode         = unix.TCSETS
	setModeAndFlush = unix.TCSETSF
)
