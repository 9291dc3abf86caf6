// Package plan reads, checks, orders and edits plan files.
//
// It turns the bytes of a plan.yaml (every era of the gem-team format, and billow's own fields) into
// a Plan, says everything that is wrong with it as Problems, and writes single values back into the
// same bytes (Edit). A folder of Markdown files with front matter is one text too (Bundle), and all of that
// holds for it. It is pure: it knows no files, no clock and no runs. Start with Read and Plan.
package plan
