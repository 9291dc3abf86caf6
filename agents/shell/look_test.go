package shell

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"billow/agents"
)

func TestAProgramIsLookedForAgainByWhatComesAfterItsInstallation(t *testing.T) {
	b := newBench(t, Options{})
	install := func(folder, says string) string {
		file := filepath.Join(b.root, folder, "tool")
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, []byte("#!/bin/sh\necho "+says+"\n"), 0o755))
		return file
	}
	env := []string{"PATH=" + filepath.Join(b.root, "venv") + ":" + filepath.Join(b.root, "system")}
	says := func(task string, now, since int64) string {
		report := b.run(agents.Assignment{TaskID: task, Command: "tool", Env: env, Now: now, Since: since})
		require.Nil(t, report.Failure)
		return b.log(task, "stdout.log")
	}
	install("system", "old")
	assert.Equal(t, "old\n", says("first", 5, 3))
	installed := install("venv", "new") // by a task that ends with event 7
	assert.Equal(t, "old\n", says("beside", 6, 4), "what was found at 5 holds for what could have started at 4")
	assert.Equal(t, "new\n", says("behind", 8, 7), "and not for what comes after the installation")
	assert.Equal(t, "new\n", says("unknown", 0, 0))
	require.NoError(t, os.Remove(installed))
	assert.Equal(t, "old\n", says("removed", 10, 7), "a file that is gone is not there")
}
