package httpapi

import (
	"crms/search"
	"crms/store"
	"crms/store/crm"
)

func (a *API) listCustomers(r *request) (answer, error) {
	q := readQuery(r)
	p := q.page()
	f := store.Filter{
		Status: parsed(q, "status", crm.ParseStatus),
		Type:   parsed(q, "customerType", crm.ParseType),
		From:   parsed(q, "fromDate", crm.ParseDay),
		To:     parsed(q, "toDate", crm.ParseDay),
	}
	if f.From != nil && f.To != nil && *f.From > *f.To {
		q.problems.Add("fromDate", "must not be after toDate")
	}
	if err := q.problems.Err(); err != nil {
		return answer{}, err
	}
	customers, total, err := a.store.List(f, p.offset(), int(p.size))
	if err != nil {
		return answer{}, err
	}
	return answer{body: listJSON(customers, shortItem, p, total)}, nil
}

func (a *API) searchCustomers(r *request) (answer, error) {
	q := readQuery(r)
	p := q.page()
	text, given := q.get("q")
	if !given && len(q.values["q"]) == 0 {
		q.problems.Add("q", "is required")
	}
	if given {
		search.CheckText(&q.problems, "q", text)
	}
	if err := q.problems.Err(); err != nil {
		return answer{}, err
	}
	found, err := a.index.Search(r.Context(), search.Query{Text: text, Offset: int(p.offset()), Limit: int(p.size)})
	if err != nil {
		return answer{}, err
	}
	customers, err := a.store.Customers(found.IDs)
	if err != nil {
		return answer{}, err
	}
	return answer{body: listJSON(customers, shortItem, p, int64(found.Total))}, nil
}
