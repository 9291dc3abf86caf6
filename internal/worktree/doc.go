// Package worktree runs git: it is the one package that does. For now it can say what has changed in a working tree,
// and commit a part of that. Start with Tree.
package worktree
