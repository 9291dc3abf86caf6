// Package planfile is the one package that opens and replaces plan files.
//
// It finds the plan that is meant (Find), reads its bytes (Open), keeps a second run away from it (Acquire),
// replaces it so that no reader ever sees half a file and no writer's words are lost (Replace), and looks
// after it while a run is going on (Keeper): the values billow owns are written back, merged with whatever
// people and agents write meanwhile.
//
// A plan may also be a folder of task files. Then the text that all of the above is about is the bundle of the folder
// (plan.Bundle), and what is replaced are those of its files that differ.
//
// It knows files and the words of a plan, and nothing of runs, events or why a value is what it is; whoever
// owns a Keeper tells it values and is told of edits. Start with Open, then Keeper.
package planfile
