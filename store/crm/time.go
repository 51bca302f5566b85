package crm

import (
	"errors"
	"strings"
	"time"
)

const timeLayout = "2006-01-02T15:04:05.000Z"

// FormatTime writes t in UTC with exactly three decimals:
// 2026-01-25T14:30:00.000Z.
func FormatTime(t time.Time) string {
	return string(AppendTime(make([]byte, 0, len(timeLayout)), t))
}

// AppendTime appends the text of [FormatTime] to b. Every customer shows four or
// more times, which is why it goes digit by digit: [time.Time.AppendFormat],
// which reads the layout each time, took 4 % of the CPU of such an answer.
func AppendTime(b []byte, t time.Time) []byte {
	t = t.UTC()
	year, month, day := t.Date()
	if year < 0 || year > 9999 {
		return t.AppendFormat(b, timeLayout)
	}
	hour, minute, second := t.Clock()
	millis := t.Nanosecond() / int(time.Millisecond)
	b = append2Digits(append2Digits(b, year/100), year%100)
	b = append2Digits(append(b, '-'), int(month))
	b = append2Digits(append(b, '-'), day)
	b = append2Digits(append(b, 'T'), hour)
	b = append2Digits(append(b, ':'), minute)
	b = append2Digits(append(b, ':'), second)
	b = append2Digits(append(b, '.'), millis/10)
	return append(b, byte('0'+millis%10), 'Z')
}

func append2Digits(b []byte, n int) []byte { return append(b, byte('0'+n/10), byte('0'+n%10)) }

// ParseTime reads an RFC 3339 time of any offset and cuts it to milliseconds.
// The first millisecond of year 1 is refused: it would read as "not set".
func ParseTime(s string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339Nano, s)
	// Parse is lenient towards T1:30:00 and a comma before the fraction, which
	// RFC 3339 does not know: https://go.dev/issue/54580.
	if err != nil || s[len("2006-01-02T15")] != ':' || strings.Contains(s, ",") {
		return time.Time{}, errors.New("must be an RFC 3339 time such as 2026-01-25T14:30:00.000Z")
	}
	t = Millis(t)
	if y := t.Year(); t.IsZero() || y < 1 || y > 9999 {
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

// DayOf is the day on which t falls in the zone: the one with
// [Day.Start] <= t < next [Day.Start], so that later moments never fall on
// earlier days. It differs from the calendar only where a clock was set back
// over midnight (in Newfoundland until 2011, at 00:01).
func DayOf(t time.Time, zone *time.Location) Day {
	d := dateOf(t, zone)
	if zone != time.UTC && !t.Before((d + 1).Start(zone)) {
		d++
	}
	return d
}

func dateOf(t time.Time, zone *time.Location) Day {
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

// Start is the first moment in the zone that bears the day's date. Where a
// clock change skips midnight that is the moment of the change; where the whole
// day was skipped, the beginning of the next one.
func (d Day) Start(zone *time.Location) time.Time {
	midnight := d.date()
	if zone == time.UTC {
		return midnight
	}
	// The day begins when some offset of the time around it shows midnight, or
	// when the clock changes to another offset.
	y, m, day := midnight.Date()
	about := time.Date(y, m, day, 0, 0, 0, 0, zone)
	from, until := about.ZoneBounds()
	candidates := []time.Time{about}
	for _, change := range []time.Time{from, until} {
		if change.IsZero() {
			continue // the offset holds for ever in this direction
		}
		for _, t := range []time.Time{change.Add(-time.Second), change} {
			_, offset := t.Zone()
			candidates = append(candidates, midnight.Add(-time.Duration(offset)*time.Second).In(zone))
		}
		candidates = append(candidates, change)
	}
	start := about.Add(48 * time.Hour)
	for _, t := range candidates {
		if t.Before(start) && dateOf(t, zone) >= d {
			start = t
		}
	}
	return start.UTC()
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
	// A time.Duration would end at 292 years.
	const day = 24 * 60 * 60 * 1000
	return max(0, (now.UnixMilli()-since.UnixMilli())/day)
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
