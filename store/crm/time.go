package crm

import (
	"errors"
	"time"
)

const timeLayout = "2006-01-02T15:04:05.000Z"

// FormatTime writes t in UTC with exactly three decimals:
// 2026-01-25T14:30:00.000Z.
func FormatTime(t time.Time) string { return t.UTC().Format(timeLayout) }

// AppendTime appends the text of [FormatTime] to b.
func AppendTime(b []byte, t time.Time) []byte { return t.UTC().AppendFormat(b, timeLayout) }

// ParseTime reads an RFC 3339 time of any offset and cuts it to milliseconds.
func ParseTime(s string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return time.Time{}, errors.New("must be an RFC 3339 time such as 2026-01-25T14:30:00.000Z")
	}
	t = Millis(t)
	if y := t.Year(); y < 1 || y > 9999 {
		return time.Time{}, errors.New("must be a time of the years 1 to 9999")
	}
	return t, nil
}

// Millis is t in UTC, cut to the precision that crms keeps.
func Millis(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return time.UnixMilli(t.UnixMilli()).UTC()
}

// Day is a calendar day, counted from 1970-01-01.
type Day int32

// DayOf is the day on which t falls in the zone.
func DayOf(t time.Time, zone *time.Location) Day {
	y, m, d := t.In(zone).Date()
	return dayOfDate(y, m, d)
}

func dayOfDate(y int, m time.Month, d int) Day {
	s := time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix()
	return Day(floorDiv(s, 24*60*60))
}

// ParseDay reads YYYY-MM-DD.
func ParseDay(s string) (Day, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return 0, errors.New("must be a date of the form YYYY-MM-DD")
	}
	return Day(floorDiv(t.Unix(), 24*60*60)), nil
}

// date is the day as midnight UTC.
func (d Day) date() time.Time { return time.Unix(int64(d)*24*60*60, 0).UTC() }

// String is the day as YYYY-MM-DD.
func (d Day) String() string { return d.date().Format(time.DateOnly) }

// Start is the first moment of the day in the zone. Where a clock change skips
// midnight it is the first moment that exists.
func (d Day) Start(zone *time.Location) time.Time {
	y, m, day := d.date().Date()
	t := time.Date(y, m, day, 0, 0, 0, 0, zone)
	// time.Date may answer with an hour of the day before when midnight is
	// skipped; the day then begins at the transition.
	for DayOf(t, zone) < d {
		t = t.Add(15 * time.Minute)
	}
	return t.UTC()
}

// Week is the Monday that begins the week of d.
func (d Day) Week() Day {
	back := (int(d.date().Weekday()) + 6) % 7
	return d - Day(back)
}

// Month is the first day of the month of d.
func (d Day) Month() Day {
	y, m, _ := d.date().Date()
	return dayOfDate(y, m, 1)
}

// ElapsedDays is the number of whole 24-hour days from since to now, never
// negative.
func ElapsedDays(since, now time.Time) int64 {
	return max(0, int64(now.Sub(since)/(24*time.Hour)))
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
