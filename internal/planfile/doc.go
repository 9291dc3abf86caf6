// Package planfile is the one package that opens and replaces plan files.
//
// It finds the plan that is meant (Find), reads its bytes (Open), keeps a second run away from it (Acquire),
// replaces it so that no reader ever sees half a file and no writer's words are lost (Replace), and looks
// after it while a run is going on (Keeper): the values billow owns are written back, merged with whatever
// people and agents write meanwhile.
//
// It knows files and the words of a plan, and nothing of runs, events or why a value is what it is; whoever
// owns a Keeper tells it values and is told of edits. Start with Open, then Keeper.
package planfile
