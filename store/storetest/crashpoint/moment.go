//go:build linux && (amd64 || arm64)

package crashpoint

import (
	"fmt"
	"regexp"
)

// Moment is a step that is about to be done, or has just been.
type Moment struct {
	Step
	N    int  // of the process' steps, from 0
	Done bool // or failed
}

func (m Moment) String() string {
	when := "before"
	if m.Done {
		when = "after"
	}
	return fmt.Sprintf("%s %s (%d)", when, m.Kind(), m.N)
}

// At kills at the moment.
func (m Moment) At() func(Moment) bool {
	return func(now Moment) bool { return now.N == m.N && now.Done == m.Done }
}

// numbers are what differs in the names of files from run to run.
var numbers = regexp.MustCompile(`[0-9a-f]{12}\.zap|\d+(T\d+Z)?`)

// WithoutNumbers is the name of a file without what differs from run to run.
func WithoutNumbers(name string) string { return numbers.ReplaceAllString(name, "#") }

// Kind is the step without what differs from run to run.
func (s Step) Kind() Step { return Step{Call: s.Call, Path: WithoutNumbers(s.Path)} }

// Decides reports whether others see something else under a name after the step.
func (s Step) Decides() bool { return s.Call == "rename" || s.Call == "link" || s.Call == "remove" }

// AllMoments are before and after each of the steps.
func AllMoments(steps []Step) (all []Moment) {
	for n, s := range steps {
		all = append(all, Moment{s, n, false}, Moment{s, n, true})
	}
	return all
}

// FewMoments are some that stand for the others: steps of a kind in a row, as when
// a file is written, stand for each other, and so do those that come again. The
// last one is when the process has done everything but end.
func FewMoments(steps []Step) (few []Moment) {
	met := map[Step]bool{}
	for from := 0; from < len(steps); {
		kind, to := steps[from].Kind(), from+1
		for to < len(steps) && steps[to].Kind() == kind {
			to++
		}
		if !met[kind] {
			middle := (from + to) / 2
			few = append(few, Moment{steps[middle], middle, false})
			if kind.Decides() {
				few = append(few, Moment{steps[to-1], to - 1, true})
			}
		}
		met[kind] = true
		from = to
	}
	last := len(steps) - 1
	return append(few, Moment{steps[last], last, true})
}
