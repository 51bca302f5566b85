package store_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"crms/store"
	"crms/store/crm"
	"crms/store/storetest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// turns are the days around which calendars go wrong, by zone.
var turns = map[string][]string{
	"UTC": {
		"2024-02-29", "2025-02-28", "2000-02-29", "2100-02-28", // leap days, and none
		"2026-01-01", "2026-12-31", "2020-12-31", "2021-01-03", // year ends; 2020 and 2026 have a week 53
		"1969-12-31", "9999-12-15",
	},
	"America/New_York":    {"2026-03-08", "2026-11-01", "2007-03-11", "2025-12-31", "2040-12-31"}, // Go's own tables end in 2037
	"Europe/Berlin":       {"2026-03-29", "2026-10-25", "2024-02-29", "2027-01-01"},
	"Australia/Lord_Howe": {"2026-04-05", "2026-10-04", "2040-12-31"}, // by half an hour; summer at the year's end
	"Africa/Casablanca":   {"2026-02-15", "2026-03-22", "2025-02-23"}, // back for Ramadan
	"America/Sao_Paulo":   {"2018-11-04", "2018-02-18", "2017-10-15"}, // no midnight; the hour before it twice
	"Asia/Kathmandu":      {"1986-01-01", "2026-01-01"},               // +05:30 until 1986, +05:45 since
	"Pacific/Apia":        {"2011-12-29", "2011-12-31", "2011-09-24"}, // there was no 2011-12-30
	"Asia/Beirut":         {"2023-03-30", "2026-03-29", "2026-10-25"}, // no midnight; the hour before it twice
	"Atlantic/Azores":     {"2026-03-29", "2026-10-25"},               // midnight is at 01:00, and comes twice
}

// TestCalendarFiguresAreWhatTheCalendarOnTheWallSays registers customers around
// the turns and compares every figure that goes by days with a recount of the
// records by their dates in the zone.
func TestCalendarFiguresAreWhatTheCalendarOnTheWallSays(t *testing.T) {
	seed := uint64(20261123)
	for name, days := range turns {
		t.Run(fmt.Sprintf("%s, seed %d", name, seed), func(t *testing.T) {
			t.Parallel()
			zone, err := time.LoadLocation(name)
			require.NoError(t, err)
			p := &player{
				t: t, random: rand.New(rand.NewPCG(seed, 0)), store: storetest.Open(t, store.Options{Zone: zone}),
				model: &model{zone: zone, customers: map[crm.ID]*modelCustomer{}},
			}
			var moments []time.Time
			for _, day := range days {
				moments = append(moments, p.around(day)...)
			}
			p.register(moments)
			for range 12 * len(days) {
				p.now = moments[p.random.IntN(len(moments))]
				p.compareAnalytics()
				p.compareLists(4)
			}
			p.compareRegistrations()
		})
	}
}

// around are moments of the days before and after: any, and those at the edges of
// each day as the zone's clocks show them.
func (p *player) around(day string) (moments []time.Time) {
	midday, err := time.ParseInLocation(time.DateTime, day+" 12:00:00", p.model.zone)
	require.NoError(p.t, err)
	for range 40 {
		moments = append(moments, crm.Millis(midday.Add(time.Duration(p.random.Int64N(int64(20*24*time.Hour)))-10*24*time.Hour)))
	}
	for n := -2; n <= 2; n++ {
		// The first midnight, the second one if there are two, and an hour on.
		midnight := time.Date(midday.Year(), midday.Month(), midday.Day()+n, 0, 0, 0, 0, p.model.zone)
		for _, at := range []time.Time{midnight.Add(-time.Hour), midnight, midnight.Add(time.Hour)} {
			moments = append(moments, crm.Millis(at.Add(-time.Millisecond)), crm.Millis(at))
		}
	}
	return moments
}

// register imports a customer for each moment.
func (p *player) register(moments []time.Time) {
	ids := crm.NewIDs()
	rows := make([]store.ImportRow, len(moments))
	for i, since := range moments {
		c := crm.Customer{
			ID: ids.New(since), UserID: fmt.Sprintf("user %d", i), Email: fmt.Sprintf("u%d@example.com", i), FullName: "Somebody",
			Status: crm.Status(p.random.IntN(crm.NumStatuses)), Type: crm.Type(p.random.IntN(crm.NumTypes)), Since: since,
		}
		rows[i] = store.ImportRow{Customer: c, Given: store.GivenEmail | store.GivenFullName | store.GivenStatus | store.GivenType | store.GivenSince}
		p.ids = append(p.ids, c.ID)
		p.model.customers[c.ID] = &modelCustomer{Profile: crm.Profile{Customer: c}, day: dayByCalendar(since, p.model.zone)}
	}
	results, err := store.Do(context.Background(), p.store, store.Import{Change: store.Change{At: at(0), By: admin}, Rows: rows})
	require.NoError(p.t, err)
	for _, r := range results {
		require.Equal(p.t, store.RowCreated, r.Outcome, r.Problems)
	}
}

func TestDayOfARegistration(t *testing.T) {
	for _, c := range []struct{ outcome, zone, at, day string }{
		{"the day of 23 hours ends an hour early in New York", "America/New_York", "2026-03-09T03:59:59.999Z", "2026-03-08"},
		{"the next one begins there", "America/New_York", "2026-03-09T04:00:00.000Z", "2026-03-09"},
		{"the day of 25 hours ends an hour late in New York", "America/New_York", "2026-11-02T04:59:59.999Z", "2026-11-01"},
		{"the day of 23 hours begins in winter time in Berlin", "Europe/Berlin", "2026-03-28T23:00:00.000Z", "2026-03-29"},
		{"the day of 25 hours ends in winter time in Berlin", "Europe/Berlin", "2026-10-25T22:59:59.999Z", "2026-10-25"},
		{"the day of 23½ hours on Lord Howe", "Australia/Lord_Howe", "2026-10-04T12:59:59.999Z", "2026-10-04"},
		{"the day of 24½ hours on Lord Howe", "Australia/Lord_Howe", "2026-04-05T13:29:59.999Z", "2026-04-05"},
		{"the day on which São Paulo has no midnight begins at one", "America/Sao_Paulo", "2018-11-04T03:00:00.000Z", "2018-11-04"},
		{"a moment before it is the day before", "America/Sao_Paulo", "2018-11-04T02:59:59.999Z", "2018-11-03"},
		{"a quarter to midnight in UTC is the next morning in Nepal", "Asia/Kathmandu", "2026-01-01T18:15:00.000Z", "2026-01-02"},
		{"the last moment before Samoa skips a day", "Pacific/Apia", "2011-12-30T09:59:59.999Z", "2011-12-29"},
		{"the first one after it", "Pacific/Apia", "2011-12-30T10:00:00.000Z", "2011-12-31"},
		{"a leap day ends the month", "UTC", "2024-02-29T23:59:59.999Z", "2024-02-29"},
	} {
		t.Run(c.outcome, func(t *testing.T) {
			since, err := crm.ParseTime(c.at)
			require.NoError(t, err)
			day, err := crm.ParseDay(c.day)
			require.NoError(t, err)
			s := registeredIn(t, c.zone, since)
			counts, err := s.Registrations(day-1, day+1)
			require.NoError(t, err)
			assert.Equal(t, []int64{0, 1, 0}, counts)
			_, total, err := s.List(store.Filter{From: &day, To: &day}, 0, 1)
			require.NoError(t, err)
			assert.Equal(t, int64(1), total)
		})
	}
}

// registeredIn is a store of the zone with one customer.
func registeredIn(t *testing.T, zone string, since time.Time) *store.Store {
	t.Helper()
	z, err := time.LoadLocation(zone)
	require.NoError(t, err)
	p := &player{
		t: t, random: rand.New(rand.NewPCG(1, 1)), store: storetest.Open(t, store.Options{Zone: z}),
		model: &model{zone: z, customers: map[crm.ID]*modelCustomer{}},
	}
	p.register([]time.Time{since})
	return p.store
}

func TestWhoIsNew(t *testing.T) {
	const lord = "Australia/Lord_Howe"
	for _, c := range []struct {
		outcome, zone, registered, now string
		today, week, month             int64
	}{
		{"on the last Sunday of week 53 its Monday is in this week, though in another year", "UTC", "2026-12-28T00:00:00.000Z", "2027-01-03T23:59:59.999Z", 0, 1, 0},
		{"on the Monday after that it is not", "UTC", "2026-12-28T00:00:00.000Z", "2027-01-04T00:00:00.000Z", 0, 0, 0},
		{"on New Year's Day a registration of New Year's Eve is of another month", "UTC", "2026-12-31T23:59:59.999Z", "2027-01-01T00:00:00.000Z", 0, 1, 0},
		{"a year ago is not this month", "UTC", "2025-11-23T12:00:00.000Z", "2026-11-23T12:00:00.000Z", 0, 0, 0},
		{"on a leap day the first of the month is of this month", "UTC", "2024-02-01T00:00:00.000Z", "2024-02-29T23:59:59.999Z", 0, 0, 1},
		{"the day after it is another month", "UTC", "2024-02-29T00:00:00.000Z", "2024-03-01T00:00:00.000Z", 0, 1, 0},
		{"25 hours ago may be today", "Europe/Berlin", "2026-10-24T22:00:00.000Z", "2026-10-25T22:59:59.999Z", 1, 1, 1},
		{"23 hours ago may be yesterday", "Europe/Berlin", "2026-03-28T22:59:59.999Z", "2026-03-29T21:59:59.999Z", 0, 1, 1},
		{"the evening before half an hour is skipped is yesterday", lord, "2026-10-03T13:29:59.999Z", "2026-10-04T12:59:59.999Z", 0, 1, 1},
		{"who registers tomorrow, by a clock that is ahead, is not new yet", "UTC", "2026-11-24T00:00:00.000Z", "2026-11-23T23:59:59.999Z", 0, 0, 0},
		{"who registers later today is", "UTC", "2026-11-23T23:59:59.999Z", "2026-11-23T00:00:00.000Z", 1, 1, 1},
	} {
		t.Run(c.outcome, func(t *testing.T) {
			registered, err := crm.ParseTime(c.registered)
			require.NoError(t, err)
			now, err := crm.ParseTime(c.now)
			require.NoError(t, err)
			a, err := registeredIn(t, c.zone, registered).Analytics(now)
			require.NoError(t, err)
			assert.Equal(t, []int64{c.today, c.week, c.month}, []int64{a.NewToday, a.NewThisWeek, a.NewThisMonth})
		})
	}
}
