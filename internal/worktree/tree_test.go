package worktree_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"billow/internal/proc"
	"billow/internal/worktree"
)

// repo is a git repository with one commit, and a folder in it.
type repo struct {
	*testing.T
	root string
	env  []string
}

func newRepo(t *testing.T) *repo {
	r := &repo{T: t, root: t.TempDir(), env: []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@b", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@b"}}
	r.git("init", "--quiet")
	r.write("kept.txt", "1")
	r.write("gone.txt", "1")
	r.git("add", "--all")
	r.git("commit", "--quiet", "--message=first")
	return r
}

func (r *repo) git(args ...string) string {
	out, err := proc.Run(context.Background(), proc.Spec{Path: "git", Args: args, Dir: r.root, Env: r.env})
	require.NoError(r, err, "%s%s", out.Stdout, out.Stderr)
	return string(out.Stdout)
}

func (r *repo) write(name, text string) {
	path := filepath.Join(r.root, filepath.FromSlash(name))
	require.NoError(r, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(r, os.WriteFile(path, []byte(text), 0o644))
}

func (r *repo) tree(dir string) worktree.Tree {
	return worktree.Tree{Dir: filepath.Join(r.root, dir), Env: r.env}
}

func TestCommitTakesWhatIsNamedAndNothingElse(t *testing.T) {
	r := newRepo(t)
	r.write("kept.txt", "2")
	r.write("new ü*.txt", "1")
	r.write("mine.txt", "1")
	r.write("staged.txt", "1")
	r.git("add", "staged.txt")
	require.NoError(t, os.Remove(filepath.Join(r.root, "gone.txt")))
	changed, err := r.tree("").Changed(context.Background())
	require.NoError(t, err)
	require.ElementsMatch(t, []string{"kept.txt", "new ü*.txt", "mine.txt", "staged.txt", "gone.txt"}, changed)

	n, err := r.tree("").Commit(context.Background(), "p_wave-1", []string{"kept.txt", "new ü*.txt", "gone.txt"})
	require.NoError(t, err)
	require.Equal(t, 3, n)
	require.Equal(t, "p_wave-1\n", r.git("log", "-1", "--format=%s"))
	require.Equal(t, "gone.txt\nkept.txt\nnew ü*.txt\n", r.git("-c", "core.quotePath=false", "show", "--format=", "--name-only", "--no-renames", "HEAD"))
	require.Equal(t, "A  staged.txt\n?? mine.txt\n", r.git("status", "--porcelain"))
}

func TestWhatTheEnvironmentSaysOfGitDoesNotCountBeforeWhatIsNeeded(t *testing.T) {
	r := newRepo(t)
	r.env = append(r.env, "GIT_LITERAL_PATHSPECS=0")
	r.write("*.txt", "1")
	r.write("kept.txt", "2")
	n, err := r.tree("").Commit(context.Background(), "x", []string{"*.txt"})
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.Equal(t, " M kept.txt\n", r.git("status", "--porcelain"))
}

func TestAHookThatStartsBillowLendsItsRepositoryToNobody(t *testing.T) {
	r, other := newRepo(t), newRepo(t)
	git := filepath.Join(other.root, ".git")
	r.write("kept.txt", "2")
	for _, kv := range []string{
		"GIT_DIR=" + git, "GIT_WORK_TREE=" + other.root, "GIT_INDEX_FILE=" + filepath.Join(git, "index"), "GIT_COMMON_DIR=" + git,
		"GIT_OBJECT_DIRECTORY=" + filepath.Join(other.root, "objects"), "GIT_NAMESPACE=theirs", "GIT_PREFIX=in/",
		"GIT_ALTERNATE_OBJECT_DIRECTORIES=" + filepath.Join(git, "objects"),
	} {
		tree := worktree.Tree{Dir: r.root, Env: append(slices.Clone(r.env), kv)}
		changed, err := tree.Changed(context.Background())
		require.NoError(t, err, kv)
		require.Equal(t, []string{"kept.txt"}, changed, kv)
		n, err := tree.Commit(context.Background(), kv, changed)
		require.NoError(t, err, kv)
		require.Equal(t, 1, n, kv)
		require.Equal(t, kv+"\n", r.git("log", "-1", "--format=%s"))
		require.Empty(t, r.git("status", "--porcelain"), kv)
		require.Equal(t, "first\n", other.git("log", "--format=%s"), kv)
		require.Empty(t, other.git("status", "--porcelain"), kv)
		r.write("kept.txt", kv)
	}
}

func TestNothingToCommitIsNoFailure(t *testing.T) {
	r := newRepo(t)
	n, err := r.tree("").Commit(context.Background(), "x", nil)
	require.NoError(t, err)
	require.Zero(t, n)
	// Added, staged, and taken away again.
	r.write("short.txt", "1")
	r.git("add", "short.txt")
	require.NoError(t, os.Remove(filepath.Join(r.root, "short.txt")))
	changed, err := r.tree("").Changed(context.Background())
	require.NoError(t, err)
	require.Equal(t, []string{"short.txt"}, changed)
	n, err = r.tree("").Commit(context.Background(), "x", changed)
	require.NoError(t, err)
	require.Zero(t, n)
	require.Equal(t, "first\n", r.git("log", "--format=%s"))
}

func TestAFolderOfARepositoryIsATreeOfItsOwn(t *testing.T) {
	r := newRepo(t)
	r.write("kept.txt", "2")
	r.write("in/a.txt", "1")
	changed, err := r.tree("in").Changed(context.Background())
	require.NoError(t, err)
	require.Equal(t, []string{"a.txt"}, changed)
	n, err := r.tree("in").Commit(context.Background(), "in", changed)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.Equal(t, " M kept.txt\n", r.git("status", "--porcelain"))
}

func TestTheFirstCommitOfARepository(t *testing.T) {
	r := &repo{T: t, root: t.TempDir(), env: newRepo(t).env}
	r.git("init", "--quiet")
	r.write("a.txt", "1")
	n, err := r.tree("").Commit(context.Background(), "p_wave-1", []string{"a.txt"})
	require.NoError(t, err)
	require.Equal(t, 1, n)
}

func TestAHookThatRefusesIsSaid(t *testing.T) {
	r := newRepo(t)
	r.write(".git/hooks/pre-commit", "#!/bin/sh\necho lint: kept.txt is too short\nexit 1\n")
	require.NoError(t, os.Chmod(filepath.Join(r.root, ".git/hooks/pre-commit"), 0o755))
	r.write("kept.txt", "2")
	_, err := r.tree("").Commit(context.Background(), "x", []string{"kept.txt"})
	require.ErrorContains(t, err, "lint: kept.txt is too short")
}

func TestAFolderWithoutARepositoryIsSaid(t *testing.T) {
	tree := worktree.Tree{Dir: t.TempDir(), Env: []string{"PATH=" + os.Getenv("PATH"), "GIT_CEILING_DIRECTORIES=" + os.TempDir()}}
	_, err := tree.Changed(context.Background())
	require.ErrorIs(t, err, worktree.ErrNoRepository)
}
