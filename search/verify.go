package search

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"slices"

	segapi "github.com/blevesearch/scorch_segment_api/v2"

	"crms/store/crm"
)

// verifyRounds is how often a difference is looked at again while the customer
// keeps changing.
const verifyRounds = 10

// Verify compares the index with the records and returns a line for each
// damaged file and for each customer whose entry is not what the record says
// at the index's own position. An index that is merely behind is fine. While
// there is no index the error is of kind Unavailable.
func (x *Index) Verify(ctx context.Context) ([]string, error) {
	v, err := x.reach(ctx, x.src.LastSeq())
	if err != nil {
		return nil, err
	}
	findings, suspects, err := v.compareAll(ctx, x.src)
	for range verifyRounds {
		if err != nil || len(suspects) == 0 {
			break
		}
		if v, err = x.reach(ctx, x.src.LastSeq()); err == nil {
			var confirmed []string
			confirmed, suspects, err = v.confirm(x.src, suspects)
			findings = append(findings, confirmed...)
		}
	}
	return findings, err
}

// entry is where the index has a customer.
type entry struct {
	id       crm.ID
	segment  *segment
	document uint32
}

// compareAll returns which files are damaged or, when none is, whose entries
// differ from the records, walking both side by side. These may just have
// changed.
func (v *volume) compareAll(ctx context.Context, src Source) (findings []string, suspects []crm.ID, err error) {
	defer catchTorn(&err)()
	s, err := v.snapshot()
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	if findings, err = v.damagedFiles(s); err != nil || len(findings) > 0 {
		return findings, nil, err // what stands in a damaged file says nothing
	}
	entries, err := s.entries()
	if err != nil {
		return nil, nil, err
	}
	var last crm.ID
	for ctx.Err() == nil {
		contacts, err := src.ContactsAfter(last, rebuildBatch)
		if err != nil {
			return nil, nil, err
		}
		if len(contacts) == 0 {
			for _, e := range entries {
				suspects = append(suspects, e.id)
			}
			return findings, suspects, nil
		}
		for _, c := range contacts {
			for len(entries) > 0 && compareIDs(entries[0].id, c.ID) < 0 {
				suspects, entries = append(suspects, entries[0].id), entries[1:]
			}
			if len(entries) > 0 && entries[0].id == c.ID {
				if !entries[0].isOf(c) {
					suspects = append(suspects, c.ID)
				}
				entries = entries[1:]
			} else {
				suspects = append(suspects, c.ID)
			}
		}
		last = contacts[len(contacts)-1].ID
	}
	return nil, nil, ctx.Err()
}

// entries are all entries of the snapshot by id.
func (s *snapshot) entries() ([]entry, error) {
	var entries []entry
	for _, seg := range s.segments {
		o, err := seg.order()
		if err != nil {
			return nil, err
		}
		for it := seg.part.DocNumbersLive().Iterator(); it.HasNext(); {
			doc := it.Next()
			entries = append(entries, entry{o.ids[doc], seg, doc})
		}
	}
	slices.SortFunc(entries, func(a, b entry) int { return compareIDs(a.id, b.id) })
	return entries, nil
}

// isOf reports whether the entry was made from this contact.
func (e entry) isOf(c crm.Contact) bool {
	made := e.segment.with(fieldDigest, digest(c))
	return made != nil && made.Contains(e.document)
}

// confirm looks at the ids again. It returns a line for each that differs
// although it has not changed since the index's position, and those that have.
func (v *volume) confirm(src Source, ids []crm.ID) (findings []string, changing []crm.ID, err error) {
	defer catchTorn(&err)()
	s, err := v.snapshot()
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	present, err := src.Contacts(ids)
	if err != nil {
		return nil, nil, err
	}
	changed, complete, err := s.changedSince(src)
	if err != nil || !complete {
		return nil, ids, err
	}
	contacts := make(map[crm.ID]crm.Contact, len(present))
	for _, c := range present {
		contacts[c.ID] = c
	}
	for _, id := range ids {
		if changed[id] {
			changing = append(changing, id)
			continue
		}
		contact, recorded := contacts[id]
		if wrong := s.difference(id, contact, recorded); wrong != "" {
			findings = append(findings, fmt.Sprintf("search index: customer %s %s", id, wrong))
		}
	}
	return findings, changing, s.err()
}

// changedSince returns who has changed since the snapshot's position.
func (s *snapshot) changedSince(src Source) (changed map[crm.ID]bool, complete bool, err error) {
	position, err := s.position()
	if err != nil {
		return nil, false, err
	}
	changed = make(map[crm.ID]bool)
	for {
		rows, complete, err := src.Changes(position, batchSize)
		if err != nil || !complete || len(rows) == 0 {
			return changed, complete, err
		}
		for _, row := range rows {
			changed[row.ID] = true
		}
		position = rows[len(rows)-1].Seq
	}
}

// difference says what is wrong with the customer's entry; empty when nothing.
func (s *snapshot) difference(id crm.ID, contact crm.Contact, recorded bool) string {
	e, indexed := s.entry(id)
	switch {
	case indexed && !recorded:
		return "is indexed but has no record"
	case !indexed && recorded:
		return "is not indexed"
	case indexed && !e.isOf(contact):
		return "is indexed with other data than its record has"
	}
	return ""
}

func (s *snapshot) entry(id crm.ID) (entry, bool) {
	for _, seg := range s.segments {
		if set := seg.live(seg.with(fieldID, documentID(id))); set != nil && !set.IsEmpty() {
			return entry{id, seg, set.Minimum()}, true
		}
	}
	return entry{}, false
}

func (s *snapshot) err() error {
	for _, seg := range s.segments {
		if seg.err != nil {
			return seg.err
		}
	}
	return nil
}

// damagedFiles compares the segments' files with the checksums at their ends,
// which Bleve writes but never reads.
func (v *volume) damagedFiles(s *snapshot) (findings []string, err error) {
	for _, path := range s.files() {
		b, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			gone, err := v.isGone(path)
			if err != nil {
				return nil, err
			}
			if gone {
				findings = append(findings, fmt.Sprintf("search index: file %s is missing", path))
			}
			continue
		}
		if err != nil {
			return nil, err
		}
		if len(b) < crc32.Size || crc32.ChecksumIEEE(b[:len(b)-crc32.Size]) != binary.BigEndian.Uint32(b[len(b)-crc32.Size:]) {
			findings = append(findings, fmt.Sprintf("search index: file %s is damaged", path))
		}
	}
	return findings, nil
}

// isGone reports whether the index as it is now needs a file that is not there.
// Bleve removes what it has merged even while a snapshot has it open.
func (v *volume) isGone(path string) (needed bool, err error) {
	s, err := v.snapshot()
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	return slices.Contains(s.files(), path), nil
}

// files are the paths of the segments, but for those still in memory.
func (s *snapshot) files() (paths []string) {
	for _, seg := range s.segments {
		if file, is := seg.part.Segment().(segapi.PersistedSegment); is {
			paths = append(paths, file.Path())
		}
	}
	return paths
}
