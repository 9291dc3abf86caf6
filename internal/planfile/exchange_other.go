//go:build !linux && !darwin

package planfile

// exchange does not exist here; swap makes do with a link and a rename.
func exchange(_, _ string) error { return errNoExchange }
