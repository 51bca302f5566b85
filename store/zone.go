package store

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"sort"
	"time"

	"crms/store/internal/kv"
)

// chooseZone takes the zone by which the days are counted already, or counts
// them anew by the wanted one.
func (s *Store) chooseZone(wanted *time.Location) error {
	var counted, rules string
	err := s.db.View(func(tx *kv.Tx) (err error) {
		if counted, _, err = s.schema.meta.Get(tx, metaZone); err == nil {
			rules, _, err = s.schema.meta.Get(tx, metaZoneRules)
		}
		return err
	})
	if err != nil {
		return err
	}
	if wanted == nil {
		if wanted, err = time.LoadLocation(counted); err != nil {
			return fmt.Errorf("the days are counted by a zone that is not known here: %w", err)
		}
	}
	s.setZone(wanted)
	if wanted.String() == counted && rulesOf(wanted) == rules {
		return nil
	}
	s.log.Info("counting the days anew by another time zone, or by new rules of it", "from", counted, "to", wanted.String())
	return s.recountDays()
}

// recountDays counts the days by the zone that is set.
func (s *Store) recountDays() error {
	return s.db.Update(func(tx *kv.Tx) error {
		if err := s.schema.customers.Rebuild(tx, s.schema.days.Name); err != nil {
			return err
		}
		if err := s.schema.meta.Put(tx, metaZone, s.zone.String()); err != nil {
			return err
		}
		return s.schema.meta.Put(tx, metaZoneRules, rulesOf(s.zone))
	})
}

// Rules are compared from 1900 to 2100, by the week; they are repeated after that.
const (
	firstRule = -2208988800 // 1900-01-01, in Unix seconds
	lastRule  = 4102444800  // 2100-01-01
	aWeek     = 7 * 24 * 60 * 60
)

// rulesOf tells the rules of zones apart: at which moments clocks change, and to
// what. Governments change them at short notice, and the database of zones
// follows, with a new binary or a new system; days that were counted by the old
// rules would then no longer be what the records add up to. UTC has none.
//
// It looks for changes itself since [time.Time.ZoneBounds] ends at a wrong moment
// in leap years after 2037, and begins there again.
func rulesOf(zone *time.Location) string {
	if zone == time.UTC {
		return ""
	}
	offset := func(unix int64) int64 {
		_, seconds := time.Unix(unix, 0).In(zone).Zone()
		return int64(seconds)
	}
	rules := binary.AppendVarint(nil, offset(firstRule))
	for from := int64(firstRule); from < lastRule; from += aWeek {
		before, after := offset(from), offset(from+aWeek)
		if before == after {
			continue
		}
		change := sort.Search(aWeek, func(n int) bool { return offset(from+int64(n)) != before })
		rules = binary.AppendVarint(binary.AppendVarint(rules, from+int64(change)), after)
	}
	sum := sha256.Sum256(rules)
	return hex.EncodeToString(sum[:8])
}
