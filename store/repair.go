package store

import (
	"reflect"

	"crms/store/crm"
)

// Repair derives again everything that follows from the records and the ledger:
// the figures of each customer, then every index and sum. It takes one
// transaction, during which no other command is applied. What it cannot derive,
// such as a damaged record, stays as it is and is an error.
type Repair struct{}

// Repaired says what was mended.
type Repaired struct {
	Figures int `json:"figures"` // customers whose figures were not those of their ledger
}

func (Repair) apply(t *tx) (n Repaired, err error) {
	wrong, err := t.wrongFigures()
	if err != nil {
		return n, err
	}
	n.Figures = len(wrong)
	for _, r := range wrong {
		if err := t.customers.Put(t.Tx, r.ID, r); err != nil {
			return n, err
		}
	}
	for _, ix := range t.customers.Indexes {
		if ix == t.top {
			continue // has a bar
		}
		if err := t.customers.Rebuild(t.Tx, ix.Name); err != nil {
			return n, err
		}
	}
	if err := t.rankAnew(t.Tx); err != nil {
		return n, err
	}
	for _, sum := range t.customers.Sums {
		if err := t.customers.Rebuild(t.Tx, sum.Name); err != nil {
			return n, err
		}
	}
	if err := t.parked.Rebuild(t.Tx, t.parkedTotals.Name); err != nil {
		return n, err
	}
	return n, t.outbox.Rebuild(t.Tx, t.outboxTotals.Name)
}

// wrongFigures returns the customers whose figures differ from their ledger,
// with the right ones.
func (t *tx) wrongFigures() ([]record, error) {
	var wrong []record
	for item := range t.customers.Walk(t.Tx, nil) {
		if item.Err != nil {
			return nil, item.Err
		}
		figures, err := t.recount(t.Tx, item.Row)
		if err != nil {
			return nil, err
		}
		if !sameFigures(figures, item.Row.Figures) {
			r := item.Row
			r.Figures = figures
			r.Activity++
			wrong = append(wrong, r)
		}
	}
	return wrong, nil
}

// sameFigures compares figures; no counts is the same as an empty list.
func sameFigures(a, b crm.Figures) bool { return reflect.DeepEqual(normal(a), normal(b)) }
