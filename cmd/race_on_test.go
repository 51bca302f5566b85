//go:build race

package cmd

// underRace says that the tests run with the race detector.
const underRace = true
