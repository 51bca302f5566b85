package httpapi

import (
	"time"

	"crms/store/crm"
)

// Registrations are shown for so many days when nothing else is said, and for
// at most so many: a year, a leap year too.
const (
	defaultRegistrationDays = 30
	maxRegistrationDays     = 366
)

// registrations answers how many customers registered on each day.
func (a *API) registrations(r *request) (answer, error) {
	now := a.now()
	first, last, err := readDays(r, crm.DayOf(now, a.store.Zone()))
	if err != nil {
		return answer{}, err
	}
	counts, err := a.store.Registrations(first, last)
	if err != nil {
		return answer{}, err
	}
	return answer{
		message: "Customer registrations retrieved successfully",
		body:    jsonValue(registrationsShape(a.store.Zone(), now, first, counts)),
	}, nil
}

// readDays reads the range of days, both inclusive. Without a last day it ends
// today, without a first one it has the default length.
func readDays(r *request, today crm.Day) (first, last crm.Day, err error) {
	q := readQuery(r)
	from, to := parsed(q, "fromDate", crm.ParseDay), parsed(q, "toDate", crm.ParseDay)
	last = today
	if to != nil {
		last = *to
	}
	first = max(firstDay, last-defaultRegistrationDays+1)
	if from != nil {
		first = *from
	}
	switch days := last - first + 1; {
	case len(q.problems) > 0: // one of them is not known
	case days < 1 && to == nil:
		q.problems.Add("fromDate", "must not be after today, %s", today)
	case days < 1:
		q.problems.Add("fromDate", "must not be after toDate")
	case days > maxRegistrationDays:
		q.problems.Add("fromDate", "must be at most %d days before toDate", maxRegistrationDays-1)
	}
	return first, last, q.problems.Err()
}

// firstDay is the earliest that a date of four digits can name: 0000-01-01.
const firstDay crm.Day = -719528

type registrationsOnWire struct {
	TimeZone string            `json:"timeZone"`
	AsOf     string            `json:"asOf"`
	FromDate string            `json:"fromDate"`
	ToDate   string            `json:"toDate"`
	Days     []registrationDay `json:"days"`
}

type registrationDay struct {
	Day          string `json:"day"`
	NewCustomers int64  `json:"newCustomers"`
}

func registrationsShape(zone *time.Location, now time.Time, first crm.Day, counts []int64) registrationsOnWire {
	w := registrationsOnWire{
		TimeZone: zone.String(), AsOf: crm.FormatTime(now),
		FromDate: first.String(), ToDate: (first + crm.Day(len(counts)) - 1).String(),
		Days: make([]registrationDay, len(counts)),
	}
	for i, n := range counts {
		w.Days[i] = registrationDay{(first + crm.Day(i)).String(), n}
	}
	return w
}
