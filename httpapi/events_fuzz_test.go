package httpapi

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"

	"crms/store/crm"
)

// FuzzReadEvents: whatever is sent is refused with a reason, or gives events
// that keep every rule.
func FuzzReadEvents(f *testing.F) {
	for _, media := range []string{structuredMedia, batchMedia, "application/json"} {
		for _, kind := range []string{"aths.user.registered", "aths.user.updated", "orms.order.updated", "cmps.complaint.opened", "aths.user.deleted"} {
			data := map[string]any{"userId": "u", "orderId": "o", "total": 1, "placedAt": noon, "status": "Open", "complaintId": "c", "openedAt": noon,
				"category": "Late", "email": "e@example.com", "fullName": "Ana Lima", "contactNumber": "+91 98450 00017"}
			body := one(map[string]any{"type": kind, "data": data})
			if media == batchMedia {
				body = "[" + body + "]"
			}
			f.Add(media, kind, "id%20", []byte(body))
		}
		f.Add(media, "orms.order.placed", `"a\"`, []byte(`{"orderId":"o","userId":"u","total":1e400,"placedAt":"9999-12-31T23:59:59.9Z"}`))
	}
	f.Fuzz(func(t *testing.T, media, kind, id string, body []byte) {
		r := httptest.NewRequest(http.MethodPost, "/api/events", bytes.NewReader(body))
		r.Header = http.Header{"Content-Type": {media}, "Ce-Specversion": {"1.0"}, "Ce-Id": {id}, "Ce-Source": {"/s"}, "Ce-Type": {kind}, "Ce-Time": {"2026-11-18T10:00:00Z"}}
		events, err := readEvents(&request{Request: r})
		if err != nil {
			return
		}
		assert.LessOrEqual(t, len(events), maxBatch)
		for _, e := range events {
			assertKeepsTheRules(t, e)
		}
	})
}

func assertKeepsTheRules(t *testing.T, e crm.Event) {
	t.Helper()
	var p crm.Problems
	assert.Equal(t, e.ID, crm.CleanExternalID(&p, "id", e.ID))
	assert.Equal(t, e.Source, crm.CleanSource(&p, "source", e.Source))
	assert.Equal(t, e.UserID, crm.CleanExternalID(&p, "userId", e.UserID))
	assert.False(t, e.Time.IsZero())
	assert.Equal(t, crm.Millis(e.Time), e.Time)
	assert.False(t, e.Began().IsZero())
	parsed, err := crm.ParseEventType(e.Type.String())
	assert.NoError(t, err)
	assert.Equal(t, e.Type, parsed)
	switch {
	case e.Type == crm.UserRegistered, e.Type == crm.UserUpdated:
		assert.True(t, e.Type == crm.UserUpdated || e.User.Email != nil && e.User.FullName != nil)
		for _, text := range []*string{e.User.Email, e.User.FullName} {
			assert.True(t, text == nil || *text != "")
		}
		if number := e.User.ContactNumber; number != nil && *number != "" {
			crm.CleanContactNumber(&p, "contactNumber", *number)
		}
	case e.Type == crm.UserDeleted:
	case !e.Type.IsThingDeleted() && e.Type <= crm.OrderDeleted:
		assert.GreaterOrEqual(t, e.Order.Total, crm.Amount(0))
		assert.LessOrEqual(t, e.Order.Total, crm.MaxAmount)
		crm.CleanLabel(&p, "status", string(e.Order.Status))
		fallthrough
	case e.Type <= crm.OrderDeleted:
		crm.CleanExternalID(&p, "orderId", e.Order.OrderID)
		assert.Equal(t, e.Time, e.Order.Version)
		assert.Equal(t, e.Type == crm.OrderDeleted, e.Order.Deleted)
	default:
		crm.CleanExternalID(&p, "complaintId", e.Complaint.ComplaintID)
		assert.Equal(t, e.Time, e.Complaint.Version)
		assert.Equal(t, e.Type == crm.ComplaintDeleted, e.Complaint.Deleted)
	}
	assert.Empty(t, p)
}
