package crm

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestLoggableID(t *testing.T) {
	for _, id := range []string{"6979a1b1a6db796b4a1447e8", "USER-17", "42", "123456", "2f1b0c52-2b6f-4e3c-9a55-0c1f3a6d8b11"} {
		t.Run("keeps "+id, func(t *testing.T) { assert.Equal(t, id, LoggableID(id)) })
	}
	for _, id := range []string{"asha@example.com", "+919876543210", "98765 43210", "9876543"} {
		t.Run("hides "+id, func(t *testing.T) {
			shown := LoggableID(id)
			assert.Regexp(t, `^sha256:[0-9a-f]{12}$`, shown)
			assert.Equal(t, shown, LoggableID(id), "equal ids stay equal")
			assert.NotEqual(t, shown, LoggableID(id+"1"))
		})
	}
}

func TestProblemsAreBounded(t *testing.T) {
	var p Problems
	for range 500_000 {
		p.Add("tags", "must be a string")
	}
	assert.Len(t, p, maxProblems+1)
	assert.Contains(t, p[maxProblems].Message, "only the first 100")
}

func TestIDsThatAPathCannotHoldAreRefused(t *testing.T) {
	for _, id := range []string{".", "..", " .. "} {
		var p Problems
		CleanExternalID(&p, "userId", id)
		assert.Len(t, p, 1, "%q", id)
	}
	var p Problems
	CleanExternalID(&p, "userId", "...")
	assert.Empty(t, p)
}
