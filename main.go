// Command crms is the customer service of a shop, in one binary.
package main

import (
	"os"
	_ "time/tzdata" // a static binary knows every zone, wherever it runs

	"crms/cmd"
)

func main() { os.Exit(cmd.Run(os.Args[1:], os.Stdout, os.Stderr)) }
