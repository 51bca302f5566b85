package cmd

import (
	"os"
	"strconv"
)

// soaking says that the long forms of the tests are wanted.
func soaking() bool { return os.Getenv("CRMS_SOAK") != "" }

// soakRounds is how often a server is killed at random: so many times, or in the
// long form as often as CRMS_SOAK_ROUNDS says.
func soakRounds(short int) int {
	rounds, err := strconv.Atoi(os.Getenv("CRMS_SOAK_ROUNDS"))
	if err != nil {
		return short
	}
	return rounds
}
