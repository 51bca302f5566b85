package crm_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"crms/store/crm"
)

func TestErrorText(t *testing.T) {
	name := crm.FieldProblem{Field: "fullName", Message: "must not be empty"}
	tags := crm.FieldProblem{Field: "tags[3]", Message: "must have at most 50 characters"}

	cases := []struct {
		outcome string
		err     crm.Error
		want    string
	}{
		{"a message stands alone", crm.Error{Message: "Customer not found"}, "Customer not found"},
		{
			"a field follows the message", crm.Error{Message: "Validation failed", Fields: []crm.FieldProblem{name}},
			"Validation failed: fullName must not be empty",
		},
		{
			"every field is named", crm.Error{Message: "Validation failed", Fields: []crm.FieldProblem{name, tags}},
			"Validation failed: fullName must not be empty; tags[3] must have at most 50 characters",
		},
		{
			"the cause comes last", crm.Error{Message: "Validation failed", Fields: []crm.FieldProblem{name}, Err: fs.ErrClosed},
			"Validation failed: fullName must not be empty: file already closed",
		},
	}
	for _, c := range cases {
		t.Run(c.outcome, func(t *testing.T) { assert.EqualError(t, &c.err, c.want) })
	}

	t.Run("the cause is found through the error", func(t *testing.T) {
		assert.ErrorIs(t, &crm.Error{Err: fs.ErrClosed}, fs.ErrClosed)
		assert.NoError(t, errors.Unwrap(&crm.Error{}))
	})
	t.Run("an error without a kind is a fault of ours", func(t *testing.T) {
		assert.Equal(t, crm.Internal, new(crm.Error).Kind)
	})
}

func TestProblems(t *testing.T) {
	t.Run("no problems are no error", func(t *testing.T) {
		var p crm.Problems
		assert.NoError(t, p.Err())
	})
	t.Run("all problems become one invalid input, in their order", func(t *testing.T) {
		var p crm.Problems
		p.Add("fullName", "must have at least %d characters", 2)
		p.Add("email", "must be an email address")

		var problem *crm.Error
		require.ErrorAs(t, p.Err(), &problem)
		assert.Equal(t, crm.Invalid, problem.Kind)
		assert.Equal(t, "Validation failed", problem.Message)
		assert.Equal(t, []crm.FieldProblem{
			{Field: "fullName", Message: "must have at least 2 characters"},
			{Field: "email", Message: "must be an email address"},
		}, problem.Fields)
	})
	t.Run("a problem travels as field and message", func(t *testing.T) {
		b, err := json.Marshal(crm.FieldProblem{Field: "email", Message: "must be an email address"})
		require.NoError(t, err)
		assert.Equal(t, `{"field":"email","message":"must be an email address"}`, string(b))
	})
}

func TestErrCustomerNotFound(t *testing.T) {
	t.Run("carries the contract's message", func(t *testing.T) {
		var problem *crm.Error
		require.ErrorAs(t, crm.ErrCustomerNotFound(), &problem)
		assert.Equal(t, crm.NotFound, problem.Kind)
		assert.Equal(t, "Customer not found", problem.Message)
	})
}
