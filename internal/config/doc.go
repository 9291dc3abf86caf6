// Package config reads how billow is to behave: billow.yaml, .gem-team.yaml, the user's own file, the
// environment and the command line. It says for each value where it came from, and how an agent that a plan
// names is reached.
//
// It knows no plan beyond the task that is to be routed, runs nothing, and opens files only through the
// function it is given. What is wrong with a file is a plan.Problem with its line and column, like what is
// wrong with a plan. Start with Load; the fields of Config and Agent are the manual.
package config
