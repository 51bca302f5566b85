package crm

import (
	"fmt"
	"strings"
)

// Kind says whose fault an error is and what the caller can do about it.
type Kind int

const (
	Internal           Kind = iota // a fault of ours: the cause goes to the log, not to the caller
	Invalid                        // the request breaks a rule; the same request will fail again
	NotFound                       // what the request names does not exist
	Conflict                       // the request contradicts what is stored
	PreconditionFailed             // the record is not in the version that the caller expects
	Unavailable                    // it cannot be done now; the same request may succeed later
)

// Error is an error that a caller may be told of.
type Error struct {
	Kind    Kind
	Message string         // fixed text for people, without personal data
	Fields  []FieldProblem // what is wrong where, for Invalid input
	Data    any            // what the answer carries instead of Fields, when not nil
	Err     error          // the cause, for the log only
}

// FieldProblem names one thing that is wrong with one field.
type FieldProblem struct {
	Field   string `json:"field"`
	Message string `json:"message"`
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Message)
	for i, f := range e.Fields {
		sep := "; "
		if i == 0 {
			sep = ": "
		}
		b.WriteString(sep + f.Field + " " + f.Message)
	}
	if e.Err != nil {
		fmt.Fprintf(&b, ": %v", e.Err)
	}
	return b.String()
}

func (e *Error) Unwrap() error { return e.Err }

// Problems gathers everything that is wrong with an input, so that the caller
// hears of all of it at once.
type Problems []FieldProblem

// maxProblems bounds what is told of one input: a body of a megabyte can hold
// half a million mistakes.
const maxProblems = 100

// Add notes a problem with a field. The message reads on behind the field's
// name: "must be ...". Beyond the first hundred only that there are more is noted.
func (p *Problems) Add(field, format string, args ...any) {
	switch n := len(*p); {
	case n < maxProblems:
		*p = append(*p, FieldProblem{field, fmt.Sprintf(format, args...)})
	case n == maxProblems:
		*p = append(*p, FieldProblem{field, fmt.Sprintf("and maybe others are wrong too: only the first %d problems are told", maxProblems)})
	}
}

// Err is nil when nothing is wrong, else an [Invalid] error with every problem.
func (p Problems) Err() error {
	if len(p) == 0 {
		return nil
	}
	return &Error{Kind: Invalid, Message: "Validation failed", Fields: p}
}

// ErrCustomerNotFound is the answer to an id that no customer has.
func ErrCustomerNotFound() error { return &Error{Kind: NotFound, Message: "Customer not found"} }
