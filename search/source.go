package search

import "crms/store/crm"

// Source is what the index needs of the store that it follows.
type Source interface {
	// Generation names the store's line of history. It differs when another
	// store has taken its place, such as a restored backup.
	Generation() string
	// LastSeq is the sequence of the last committed change of a contact; 0 when
	// there was none.
	LastSeq() uint64
	// Changes returns the changes after the sequence, oldest first, at most
	// limit. It is not complete when rows after that sequence have been pruned.
	Changes(after uint64, limit int) (rows []crm.Change, complete bool, err error)
	// Contacts returns the contacts of those ids that exist, as they are at one
	// moment, in any order.
	Contacts(ids []crm.ID) ([]crm.Contact, error)
	// ContactsAfter returns at most limit contacts in the order of their ids,
	// beginning behind the id; the zero id stands before all others.
	ContactsAfter(after crm.ID, limit int) ([]crm.Contact, error)
	// CountContacts is the number of all contacts.
	CountContacts() (int, error)
	// Committed receives a value after commits that appended changes. Its
	// capacity is one: a value stands for any number of commits.
	Committed() <-chan struct{}
	// Passed tells the store that the index durably holds every change up to
	// the sequence, which may be pruned.
	Passed(seq uint64)
}
