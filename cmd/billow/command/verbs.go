package command

import "github.com/spf13/cobra"

// verbs are the commands, in the order in which help lists them.
func (m *program) verbs() []*cobra.Command {
	return []*cobra.Command{
		m.run(),
		m.do(),
		m.new(),
		m.check(),
		m.fix(),
		m.importPlan(),
		m.graph(),
		m.simulate(),
		m.classify(),
		m.explain(),
		m.status(),
		m.runs(),
		m.logs(),
		m.events(),
		m.report(),
		m.replay(),
		m.blocked(),
		m.answer(),
		m.approve(),
		m.deny(),
		m.retry(),
		m.cancel(),
		m.config(),
		m.doctor(),
		m.schema(),
		m.completion(),
		m.version(),
	}
}
