package worktree

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"billow/internal/proc"
)

// Tree is the part of a git working tree that lies in a folder.
type Tree struct {
	// Dir is the folder, absolute. Paths are relative to it, with slashes.
	Dir string
	// Env is the environment of git and of the hooks that it runs; nil is billow's own.
	Env []string
}

// ErrNoRepository is returned where a folder is in no git repository, or there is no git.
var ErrNoRepository = errors.New("no git repository")

// patience bounds each call of git, hooks included.
const patience = 10 * time.Minute

// git runs git in the folder and returns what it printed. input, where it is not "", is a file that it reads.
func (t Tree) git(ctx context.Context, input string, args ...string) (string, error) {
	spec := proc.Spec{Path: "git", Args: args, Dir: t.Dir, Env: t.environment(), Timeouts: proc.Timeouts{Total: patience}}
	if input != "" {
		file, err := os.Open(input)
		if err != nil {
			return "", err
		}
		defer file.Close()
		spec.Stdin = file
	}
	result, err := proc.Run(ctx, spec)
	var failed *proc.RunError
	if errors.As(err, &failed) {
		if said := strings.TrimSpace(string(result.Stderr) + "\n" + string(result.Stdout)); said != "" {
			return "", fmt.Errorf("git %s: %s", args[0], said)
		}
	}
	return string(result.Stdout), err
}

// elsewhere are the variables that name a repository, an index or a folder other than those of Dir. Git sets them for its
// hooks, and so for a billow that a hook starts; what billow commits is not to go into that commit's index.
var elsewhere = []string{"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY",
	"GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_NAMESPACE", "GIT_PREFIX"}

// environment is that of git: the repository is that of the folder, nobody is there to be asked, and a path is a path,
// whatever characters are in it.
func (t Tree) environment() []string {
	env := t.Env
	if env == nil {
		env = os.Environ()
	}
	ours := []string{"GIT_EDITOR=true", "GIT_TERMINAL_PROMPT=0", "GIT_LITERAL_PATHSPECS=1", "LC_ALL=C"}
	// Of two with one name git takes the first.
	env = slices.DeleteFunc(slices.Clone(env), func(kv string) bool {
		name, _, _ := strings.Cut(kv, "=")
		return slices.Contains(elsewhere, name) || slices.ContainsFunc(ours, func(our string) bool { return strings.HasPrefix(our, name+"=") })
	})
	return append(env, ours...)
}

// Changed lists the files that differ from the last commit, deleted and untracked ones too; what is ignored is not
// among them. The error wraps ErrNoRepository where there is none.
func (t Tree) Changed(ctx context.Context) ([]string, error) {
	prefix, err := t.git(ctx, "", "rev-parse", "--show-prefix")
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoRepository, err)
	}
	out, err := t.git(ctx, "", "status", "--porcelain", "-z", "--no-renames", "--untracked-files=all", "--", ".")
	if err != nil {
		return nil, err
	}
	var files []string
	for entry := range strings.SplitSeq(out, "\x00") {
		// XY, a space, and the path from the root of the repository.
		if len(entry) > 3 {
			files = append(files, strings.TrimPrefix(entry[3:], strings.TrimSuffix(prefix, "\n")))
		}
	}
	return files, nil
}

// Commit commits these files as they are now, and nothing else, whatever is staged beside them. It returns how many of
// them differed from the last commit; where none did there is no commit, and no error.
func (t Tree) Commit(ctx context.Context, message string, files []string) (n int, err error) {
	if len(files) == 0 {
		return 0, nil
	}
	list, err := listOf(files)
	if list != "" {
		defer os.Remove(list)
	}
	if err != nil {
		return 0, err
	}
	if _, err := t.git(ctx, list, "add", "--all", "--pathspec-from-file=-", "--pathspec-file-nul"); err != nil {
		return 0, err
	}
	// What was added and taken away again is unknown to git by now, and naming it would be an error.
	staged, err := t.git(ctx, "", "diff", "--cached", "--name-only", "-z", "--no-renames", "--relative")
	if err != nil {
		return 0, err
	}
	differ := slices.DeleteFunc(strings.Split(staged, "\x00"), func(name string) bool { return name == "" || !slices.Contains(files, name) })
	if len(differ) == 0 {
		return 0, nil
	}
	if err := os.WriteFile(list, []byte(strings.Join(differ, "\x00")), 0o600); err != nil {
		return 0, err
	}
	if _, err := t.git(ctx, list, "commit", "--quiet", "--only", "--message="+message, "--pathspec-from-file=-", "--pathspec-file-nul"); err != nil {
		return 0, err
	}
	return len(differ), nil
}

// listOf is a file with these names, for git to read: there may be more than a command line holds.
func listOf(files []string) (string, error) {
	f, err := os.CreateTemp("", "billow-files-")
	if err != nil {
		return "", err
	}
	_, err = f.WriteString(strings.Join(files, "\x00"))
	return f.Name(), errors.Join(err, f.Close())
}
