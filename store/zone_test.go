package store_test

import (
	"encoding/binary"
	"fmt"
	"testing"
	"time"

	"crms/store"
	"crms/store/crm"
	"crms/store/storetest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"
)

// zoneWithRule is a zone of the name whose clocks follow the rule, in the
// notation of POSIX, as a database of zones may have it this year or next.
func zoneWithRule(t *testing.T, name, rule string) *time.Location {
	t.Helper()
	// RFC 9636: a header, one type of local time without transitions, twice for
	// the two versions of the format, and the rule for ever after.
	header := append([]byte("TZif2"), make([]byte, 15)...)
	for _, count := range []uint32{0, 0, 0, 0, 1, 4} {
		header = binary.BigEndian.AppendUint32(header, count)
	}
	block := append(header, "\x00\x00\x00\x00\x00\x00LMT\x00"...)
	zone, err := time.LoadLocationFromTZData(name, fmt.Appendf(nil, "%s%s\n%s\n", block, block, rule))
	require.NoError(t, err)
	return zone
}

func TestNewRulesOfAZoneCountTheDaysAnew(t *testing.T) {
	const (
		announced = "<+02>-2<+03>,M3.5.0/0,M10.5.0/0" // summer time from the last Sunday of March
		putOff    = "<+02>-2<+03>,M4.3.5/0,M10.5.0/0" // from the third Friday of April
	)
	s := newShop(t)
	reopen := func(rule string) {
		require.NoError(t, s.Close())
		opened, err := quiet(s.dir, zoneWithRule(t, "Asia/Beirut", rule))
		require.NoError(t, err)
		s.Store = opened
	}
	count := func(day string) int64 {
		d, err := crm.ParseDay(day)
		require.NoError(t, err)
		n, err := s.Registrations(d, d)
		require.NoError(t, err)
		return n[0]
	}
	reopen(announced)
	s.now = time.Date(2023, 4, 1, 21, 30, 0, 0, time.UTC)
	s.add()
	require.Equal(t, []int64{0, 1}, []int64{count("2023-04-01"), count("2023-04-02")})

	reopen(putOff)
	assert.Equal(t, []int64{1, 0}, []int64{count("2023-04-01"), count("2023-04-02")})
	storetest.Verify(t, s.Store)
	reopen(putOff)
	assert.Equal(t, []int64{1, 0}, []int64{count("2023-04-01"), count("2023-04-02")}, "and stay so")
}

func TestAStoreThatDoesNotSayByWhichRulesItCountsIsCountedAnew(t *testing.T) {
	zone, err := time.LoadLocation("America/New_York")
	require.NoError(t, err)
	s := newShop(t)
	require.NoError(t, s.Close())
	opened, err := quiet(s.dir, zone)
	require.NoError(t, err)
	s.Store = opened
	day := crm.DayOf(s.add().Since, zone)
	require.NoError(t, s.Close())
	alter(t, s.dir, func(tx *bolt.Tx) error {
		require.NoError(t, tx.Bucket([]byte("meta")).Delete([]byte("zoneRules")))
		require.NoError(t, tx.DeleteBucket([]byte("days")))
		_, err := tx.CreateBucket([]byte("days"))
		return err
	})

	s.open()
	_, total, err := s.List(store.Filter{From: &day, To: &day}, 0, 1)
	require.NoError(t, err)
	assert.Equal(t, int64(1), total)
}
