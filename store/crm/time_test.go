package crm_test

import (
	"math/rand/v2"
	"testing"
	"time"
	_ "time/tzdata" // the zones below, whatever the machine has installed

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"crms/store/crm"
)

func TestParseTime(t *testing.T) {
	times := map[string]string{
		"2026-01-25T14:30:00.000Z":            "2026-01-25T14:30:00.000Z",
		"2026-01-25T14:30:00Z":                "2026-01-25T14:30:00.000Z",
		"2026-01-25T14:30:00.5Z":              "2026-01-25T14:30:00.500Z",
		"2026-01-25T14:30:00.123999999Z":      "2026-01-25T14:30:00.123Z",
		"2026-01-25T20:00:00.000+05:30":       "2026-01-25T14:30:00.000Z",
		"2026-01-25T23:30:00-03:00":           "2026-01-26T02:30:00.000Z",
		"1969-12-31T23:59:59.9999Z":           "1969-12-31T23:59:59.999Z",
		"0001-01-01T00:00:00.001Z":            "0001-01-01T00:00:00.001Z",
		"9999-12-31T23:59:59.999999999Z":      "9999-12-31T23:59:59.999Z",
		"2024-02-29T00:00:00Z":                "2024-02-29T00:00:00.000Z",
		"2026-01-25T14:30:00.1234567890123Z":  "2026-01-25T14:30:00.123Z",
		"2026-01-25T14:30:00.000-00:00":       "2026-01-25T14:30:00.000Z",
		"2026-01-25T14:30:00.000000000+14:00": "2026-01-25T00:30:00.000Z",
	}
	for s, want := range times {
		t.Run(s+" is read", func(t *testing.T) {
			got, err := crm.ParseTime(s)
			require.NoError(t, err)
			assert.Equal(t, want, crm.FormatTime(got))
			assert.Equal(t, time.UTC, got.Location())
		})
	}

	const syntax, years = "must be an RFC 3339 time such as 2026-01-25T14:30:00.000Z", "must be a time of the years 1 to 9999"
	refused := []struct{ outcome, s, message string }{
		{"nothing is no time", "", syntax},
		{"a day alone is no time", "2026-01-25", syntax},
		{"a time without zone is no time", "2026-01-25T14:30:00", syntax},
		{"a blank in the place of T is no time", "2026-01-25 14:30:00Z", syntax},
		{"an hour of one digit is no time", "2026-01-25T4:30:00Z", syntax},
		{"a decimal comma is no time", "2026-01-25T14:30:00,5Z", syntax},
		{"February 29th of a common year is no time", "2026-02-29T00:00:00Z", syntax},
		{"hour 24 is no time", "2026-01-25T24:00:00Z", syntax},
		{"an offset of 25 hours is no time", "2026-01-25T14:30:00+25:00", syntax},
		{"milliseconds since 1970 are no time", "1769351400000", syntax},
		{"year 0 is out of range", "0000-12-31T23:59:59Z", years},
		{"the time that means not set is out of range", "0001-01-01T00:00:00Z", years},
		{"what is cut to the time that means not set is out of range", "0001-01-01T00:00:00.0009Z", years},
		{"year 0 in UTC is out of range", "0001-01-01T00:30:00+01:00", years},
		{"year 10000 in UTC is out of range", "9999-12-31T23:59:59-01:00", years},
	}
	for _, c := range refused {
		t.Run(c.outcome, func(t *testing.T) {
			got, err := crm.ParseTime(c.s)
			require.EqualError(t, err, c.message)
			assert.True(t, got.IsZero())
		})
	}
}

func TestFormatTime(t *testing.T) {
	t.Run("has three decimals and is in UTC", func(t *testing.T) {
		local := time.Date(2026, 1, 25, 20, 0, 0, 7_999_999, time.FixedZone("", 5*3600+1800))
		assert.Equal(t, "2026-01-25T14:30:00.007Z", crm.FormatTime(local))
		assert.Equal(t, "at 2026-01-25T14:30:00.007Z", string(crm.AppendTime([]byte("at "), local)))
	})
	t.Run("is what the layout of the standard library gives", func(t *testing.T) {
		random := rand.New(rand.NewPCG(7, 0))
		first, last := time.Date(-2, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli(), time.Date(10_001, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli()
		for range 100_000 {
			at := time.UnixMilli(first + random.Int64N(last-first))
			require.Equal(t, at.UTC().Format("2006-01-02T15:04:05.000Z"), crm.FormatTime(at))
		}
	})
}

func BenchmarkAppendTime(b *testing.B) {
	at, buffer := time.Date(2026, 1, 25, 14, 30, 0, 7_000_000, time.UTC), make([]byte, 0, 64)
	b.ReportAllocs()
	for b.Loop() {
		buffer = crm.AppendTime(buffer[:0], at)
	}
}

func TestMillis(t *testing.T) {
	t.Run("cuts to whole milliseconds in UTC", func(t *testing.T) {
		local := time.Date(2026, 1, 25, 20, 0, 0, 1_999_999, time.FixedZone("", 3600))
		assert.Equal(t, time.Date(2026, 1, 25, 19, 0, 0, 1_000_000, time.UTC), crm.Millis(local))
	})
	t.Run("cuts times before 1970 towards the past", func(t *testing.T) {
		assert.Equal(t, time.Date(1969, 12, 31, 23, 59, 59, 999e6, time.UTC), crm.Millis(time.Unix(0, -1)))
	})
	t.Run("keeps what is not set", func(t *testing.T) {
		assert.True(t, crm.Millis(time.Time{}).IsZero())
		assert.True(t, crm.Millis(time.Time{}.In(time.FixedZone("", 3600))).IsZero())
	})
}

func TestParseDay(t *testing.T) {
	days := map[string]crm.Day{
		"1970-01-01": 0, "1970-01-02": 1, "1969-12-31": -1, "1969-01-01": -365, "2026-01-25": 20478, "2024-02-29": 19782,
	}
	for s, want := range days {
		t.Run(s+" is read", func(t *testing.T) {
			got, err := crm.ParseDay(s)
			require.NoError(t, err)
			assert.Equal(t, want, got)
			assert.Equal(t, s, got.String())
		})
	}
	for _, s := range []string{"", "today", "2026-1-5", "2026-02-30", "25.01.2026", "2026-01-25T00:00:00Z", " 2026-01-25", "12026-01-25"} {
		t.Run("no day is "+s, func(t *testing.T) {
			_, err := crm.ParseDay(s)
			assert.EqualError(t, err, "must be a date of the form YYYY-MM-DD")
		})
	}
}

func TestDayOf(t *testing.T) {
	cases := []struct{ outcome, at, zone, want string }{
		{"the last millisecond belongs to the day", "2026-01-25T23:59:59.999Z", "UTC", "2026-01-25"},
		{"midnight begins the next day", "2026-01-26T00:00:00.000Z", "UTC", "2026-01-26"},
		{"an evening in UTC is the next day in India", "2026-01-25T18:30:00.000Z", "Asia/Kolkata", "2026-01-26"},
		{"a moment earlier it is still the same day in India", "2026-01-25T18:29:59.999Z", "Asia/Kolkata", "2026-01-25"},
		{"a night in UTC is the day before in New York", "2026-01-26T04:59:59.999Z", "America/New_York", "2026-01-25"},
		{"in summer New York is an hour nearer", "2026-07-26T04:00:00.000Z", "America/New_York", "2026-07-26"},
		{"an evening that Newfoundland repeats after midnight is the new day", "2010-11-07T03:00:00.000Z", "America/St_Johns", "2010-11-07"},
		{"the last moment before 1970 is a day before", "1969-12-31T23:59:59.999Z", "UTC", "1969-12-31"},
		{"a day long before 1970 is itself", "1900-03-01T00:00:00.000Z", "UTC", "1900-03-01"},
	}
	for _, c := range cases {
		t.Run(c.outcome, func(t *testing.T) {
			assert.Equal(t, c.want, crm.DayOf(moment(t, c.at), zone(t, c.zone)).String())
		})
	}
}

func TestDayStart(t *testing.T) {
	cases := []struct{ outcome, day, zone, want string }{
		{"is midnight in UTC", "2026-01-25", "UTC", "2026-01-25T00:00:00.000Z"},
		{"is midnight of the zone", "2026-01-25", "Asia/Kolkata", "2026-01-24T18:30:00.000Z"},
		{"is midnight before clocks go forward in the night", "2026-03-29", "Europe/Berlin", "2026-03-28T23:00:00.000Z"},
		{"is an hour earlier on the day after", "2026-03-30", "Europe/Berlin", "2026-03-29T22:00:00.000Z"},
		{"is the first moment where São Paulo skips midnight", "2018-11-04", "America/Sao_Paulo", "2018-11-04T03:00:00.000Z"},
		{"is the first moment where Beirut skips midnight", "2026-03-29", "Asia/Beirut", "2026-03-28T22:00:00.000Z"},
		{"is midnight after São Paulo repeats the hour before it", "2018-02-18", "America/Sao_Paulo", "2018-02-18T03:00:00.000Z"},
		{"is the first of two midnights in Amman", "2021-10-29", "Asia/Amman", "2021-10-28T21:00:00.000Z"},
		{"is the first of two midnights in Havana", "2026-11-01", "America/Havana", "2026-11-01T04:00:00.000Z"},
		{"is the day after where Samoa skips the whole day", "2011-12-30", "Pacific/Apia", "2011-12-30T10:00:00.000Z"},
		{"is the first midnight where Newfoundland goes back over it", "2010-11-07", "America/St_Johns", "2010-11-07T02:30:00.000Z"},
		{"is early far in the east", "2026-01-25", "Pacific/Kiritimati", "2026-01-24T10:00:00.000Z"},
		{"is late far in the west", "2026-01-25", "Pacific/Pago_Pago", "2026-01-25T11:00:00.000Z"},
		{"is to the second where a zone still kept local mean time", "1880-01-01", "Europe/Paris", "1879-12-31T23:50:39.000Z"},
	}
	for _, c := range cases {
		t.Run(c.outcome, func(t *testing.T) {
			assert.Equal(t, c.want, crm.FormatTime(day(t, c.day).Start(zone(t, c.zone))))
		})
	}

	t.Run("every day begins where the day before ends", func(t *testing.T) {
		for _, name := range []string{"UTC", "Asia/Kolkata", "America/Sao_Paulo", "Asia/Beirut", "Asia/Amman", "America/Havana", "America/St_Johns", "Europe/London", "Australia/Lord_Howe"} {
			z := zone(t, name)
			for d := day(t, "2005-01-01"); d < day(t, "2027-01-01"); d++ {
				start := d.Start(z)
				require.Equal(t, d, crm.DayOf(start, z), "%s %s", name, d)
				require.Equal(t, d-1, crm.DayOf(start.Add(-time.Millisecond), z), "%s %s", name, d)
			}
		}
	})
}

func TestDayPeriods(t *testing.T) {
	cases := []struct{ day, week, month string }{
		{"2026-01-25", "2026-01-19", "2026-01-01"}, // a Sunday
		{"2026-01-26", "2026-01-26", "2026-01-01"}, // a Monday
		{"2026-01-01", "2025-12-29", "2026-01-01"},
		{"2024-02-29", "2024-02-26", "2024-02-01"},
		{"1970-01-01", "1969-12-29", "1970-01-01"},
		{"1969-12-31", "1969-12-29", "1969-12-01"},
		{"1969-12-28", "1969-12-22", "1969-12-01"},
		{"1900-03-01", "1900-02-26", "1900-03-01"},
	}
	for _, c := range cases {
		t.Run("the week of "+c.day+" begins on Monday "+c.week, func(t *testing.T) {
			assert.Equal(t, c.week, day(t, c.day).Week().String())
		})
		t.Run("the month of "+c.day+" begins on "+c.month, func(t *testing.T) {
			assert.Equal(t, c.month, day(t, c.day).Month().String())
		})
	}
	t.Run("every day is within its week and its month", func(t *testing.T) {
		for d := crm.Day(-40_000); d < 40_000; d++ {
			require.GreaterOrEqual(t, d, d.Week())
			require.Less(t, d, d.Week()+7)
			require.Equal(t, d.String()[:8]+"01", d.Month().String())
		}
	})
}

func TestElapsedDays(t *testing.T) {
	cases := []struct {
		outcome, since, now string
		want                int64
	}{
		{"the contract's customer is 27 days old", "2026-01-01T10:00:00.000Z", "2026-01-28T12:00:00.000Z", 27},
		{"a millisecond short of a day is none", "2026-01-01T10:00:00.000Z", "2026-01-02T09:59:59.999Z", 0},
		{"24 hours are a day", "2026-01-01T10:00:00.000Z", "2026-01-02T10:00:00.000Z", 1},
		{"a registration in the future is no days old", "2026-01-03T10:00:00.000Z", "2026-01-01T10:00:00.000Z", 0},
		{"days from before 1970 count", "1969-12-31T00:00:00.000Z", "1970-01-02T00:00:00.000Z", 2},
		{"centuries do not saturate", "1600-01-01T00:00:00.000Z", "2000-01-01T00:00:00.000Z", 146_097},
	}
	for _, c := range cases {
		t.Run(c.outcome, func(t *testing.T) {
			assert.Equal(t, c.want, crm.ElapsedDays(moment(t, c.since), moment(t, c.now)))
		})
	}
}

func moment(t *testing.T, s string) time.Time {
	t.Helper()
	at, err := crm.ParseTime(s)
	require.NoError(t, err)
	return at
}

func day(t *testing.T, s string) crm.Day {
	t.Helper()
	d, err := crm.ParseDay(s)
	require.NoError(t, err)
	return d
}

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	require.NoError(t, err)
	return z
}

func FuzzParseTime(f *testing.F) {
	for _, s := range []string{"", "2026-01-25T14:30:00.000Z", "2026-01-25T20:00:00+05:30", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-01:00", "2026-01-25T4:30:00Z"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		at, err := crm.ParseTime(s)
		if err != nil {
			assert.True(t, at.IsZero())
			return
		}
		require.False(t, at.IsZero(), "accepted the time that means not set")
		text := crm.FormatTime(at)
		require.Len(t, text, len("2026-01-25T14:30:00.000Z"))
		again, err := crm.ParseTime(text)
		require.NoError(t, err)
		assert.Equal(t, at, again)

		d := crm.DayOf(at, time.UTC)
		assert.Equal(t, text[:len("2026-01-25")], d.String())
		assert.False(t, at.Before(d.Start(time.UTC)))
		assert.True(t, at.Before((d + 1).Start(time.UTC)))
	})
}
