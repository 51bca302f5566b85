package cmd

import "os"

// soaking says that the long forms of the tests are wanted.
func soaking() bool { return os.Getenv("CRMS_SOAK") != "" }
