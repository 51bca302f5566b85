package httpapi

import (
	"strconv"
	"strings"

	"crms/store"
	"crms/store/crm"
)

// A customer's ETag is "REVISION-ACTIVITY", both hexadecimal. The revision
// counts the changes of the profile, the activity those of its orders and
// complaints.

func etagOf(c *crm.Customer) string {
	b := append(make([]byte, 0, 24), '"')
	b = strconv.AppendUint(b, c.Revision, 16)
	b = append(b, '-')
	b = strconv.AppendUint(b, c.Activity, 16)
	return string(append(b, '"'))
}

// ifMatch reads If-Match. Only the revisions of its tags count, so that an
// order that arrives meanwhile refuses nobody's edit. A weak tag, or one that
// is none of ours, matches nothing (RFC 9110, 13.1.1).
func ifMatch(r *request) store.Match {
	values := r.Header.Values("If-Match")
	if len(values) == 0 {
		return store.Match{}
	}
	m := store.Match{Conditional: true}
	for tag := range tags(values) {
		if tag == "*" {
			m.Any = true
			continue
		}
		tag, opened := strings.CutPrefix(tag, `"`)
		tag, closed := strings.CutSuffix(tag, `"`)
		revision, _, found := strings.Cut(tag, "-")
		n, err := strconv.ParseUint(revision, 16, 64)
		if opened && closed && found && err == nil {
			m.Revisions = append(m.Revisions, n)
		}
	}
	return m
}

// matchesAny compares a tag with those of If-None-Match headers, weakly (RFC
// 9110, 13.1.2).
func matchesAny(values []string, etag string) bool {
	for tag := range tags(values) {
		if tag == "*" || strings.TrimPrefix(tag, "W/") == etag {
			return true
		}
	}
	return false
}

// tags yields the tags of a header's values. Ours hold no comma.
func tags(values []string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for _, value := range values {
			for tag := range strings.SplitSeq(value, ",") {
				if tag = strings.TrimSpace(tag); tag != "" && !yield(tag) {
					return
				}
			}
		}
	}
}
