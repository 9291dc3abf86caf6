package command

import (
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
)

// signals turns Ctrl-C and SIGTERM into interrupts of a run.
type signals struct {
	interrupts chan struct{}
	caught     chan os.Signal
	term       atomic.Bool
}

// listen takes signals over until stop; each is told, with how many there have been, and passed on.
func listen(told func(n int)) *signals {
	s := &signals{interrupts: make(chan struct{}, 3), caught: make(chan os.Signal, 3)}
	signal.Notify(s.caught, os.Interrupt, syscall.SIGTERM)
	go func() {
		n := 0
		for sig := range s.caught {
			if sig == syscall.SIGTERM {
				s.term.Store(true)
			}
			n++
			told(n)
			select {
			case s.interrupts <- struct{}{}:
			default: // a run that has been told three times knows
			}
		}
	}()
	return s
}

// stop gives the signals back.
func (s *signals) stop() {
	signal.Stop(s.caught)
	close(s.caught)
}

// terminated reports whether one of them was SIGTERM.
func (s *signals) terminated() bool { return s.term.Load() }
