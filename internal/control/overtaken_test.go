package control_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"billow/engine"
	"billow/internal/control"
	"billow/internal/store"
)

// A driver that ends while a verb begins writes the file after the verb has read it: that is nobody's edit.
func TestAFileThatADriverWritesMeanwhileIsNotTakenForAnEdit(t *testing.T) {
	for name, verb := range map[string]func(*control.Service) error{
		"cancel": func(s *control.Service) error {
			_, err := s.Cancel(t.Context(), control.DecideRequest{Tasks: []string{"b"}})
			return err
		},
		"run": func(s *control.Service) error {
			_, err := s.Run(t.Context(), control.RunRequest{})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := untouched(t, "plan_id: p\ntasks:\n  - {id: a, run: 'true', status: pending}\n  - {id: b, run: 'true', status: pending}\n")
			s.Drive = func(context.Context, control.Drive) (control.Driven, error) {
				return control.Driven{Outcome: engine.OutcomeBlocked}, nil
			}
			file := filepath.Join(s.Dir, "plan.yaml")
			before, err := os.ReadFile(file)
			require.NoError(t, err)
			first, err := s.Cancel(t.Context(), control.DecideRequest{Tasks: []string{"a"}})
			require.NoError(t, err)
			after, err := os.ReadFile(file)
			require.NoError(t, err)
			require.NotEqual(t, string(before), string(after))

			require.NoError(t, os.WriteFile(file, before, 0o644))
			open := s.OpenStore
			s.OpenStore = func(root string, create bool) (store.Log, error) { // the first thing after the file was read
				s.OpenStore = open
				require.NoError(t, os.WriteFile(file, after, 0o644))
				return open(root, create)
			}
			require.NoError(t, verb(s))
			log, err := open(s.Dir, true)
			require.NoError(t, err)
			events, err := log.Read(t.Context(), first.Run, 0, 0)
			require.NoError(t, err)
			for _, ev := range events {
				assert.NotEqual(t, engine.TaskSetByHand, ev.Type, "%+v", ev)
			}
		})
	}
}
