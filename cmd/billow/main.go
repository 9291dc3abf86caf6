// Billow runs plan files; see the README.
package main

import (
	"os"

	"billow/cmd/billow/command"
)

func main() { os.Exit(command.Main(os.Args, command.Std())) }
