package command

import "github.com/spf13/cobra"

// verbs are the commands, in the order in which help lists them.
func (m *program) verbs() []*cobra.Command {
	return []*cobra.Command{
		m.run(),
	}
}
