package text

// mask makes GitHub's runner hide secrets from here on. A task's own output has none; this is for what other
// steps of the job print. The commands hold the secrets, so they go where no result goes.
func (p *Progress) mask(secrets []string) {
	if !p.o.Masks {
		return
	}
	for _, secret := range secrets {
		if secret != "" {
			p.screen.line(toErr, githubMask(secret))
		}
	}
}

// fold begins what a task printed, under a head. GitHub's runner folds it away and obeys nothing in it: it is
// a task's text, and must not speak for billow.
func (p *Progress) fold(head string) {
	if p.o.Fold == "" {
		p.screen.line(toOut, head)
		return
	}
	p.screen.line(toOut, "::group::"+githubText(head))
	p.screen.line(toOut, "::stop-commands::"+p.o.Fold)
}

// unfold ends it, with a last line.
func (p *Progress) unfold(foot string) {
	p.screen.line(toOut, foot)
	if p.o.Fold != "" {
		p.screen.line(toOut, "::"+p.o.Fold+"::")
		p.screen.line(toOut, "::endgroup::")
	}
}
