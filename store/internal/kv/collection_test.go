package kv

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func entriesOf(tx *Tx, ix *Index[uint32, person]) (owners []uint32) {
	for key, value := range ix.Walk(tx, nil) {
		if owner, err := ix.Owner(key, value); err == nil {
			owners = append(owners, owner)
		}
	}
	return owners
}

func TestCollectionMovesWhatIsDerived(t *testing.T) {
	db := openTest(t)
	anna := person{ID: 1, Name: "Anna", City: "Pune", Score: 5}
	update(t, db, func(tx *Tx) error { return save(tx, anna) })

	t.Run("a new row is in each index and sum", func(t *testing.T) {
		view(t, db, func(tx *Tx) {
			assert.Equal(t, []uint32{1}, entriesOf(tx, names))
			assert.Equal(t, []uint32{1}, entriesOf(tx, scores))
			sum, err := cities.Get(tx, []byte("Pune"))
			assert.NoError(t, err)
			assert.Equal(t, []int64{1, 5}, sum)
		})
	})
	t.Run("saving the same row again writes nothing but the row", func(t *testing.T) {
		update(t, db, func(tx *Tx) error {
			err := save(tx, anna)
			assert.Equal(t, 1, tx.Writes())
			return err
		})
	})
	t.Run("a changed row leaves its old places", func(t *testing.T) {
		update(t, db, func(tx *Tx) error { return save(tx, person{ID: 1, Name: "Anne", City: "Agra"}) })
		view(t, db, func(tx *Tx) {
			assert.Nil(t, names.Get(tx, AppendString(nil, "Anna")))
			assert.Equal(t, []uint32{1}, entriesOf(tx, names))
			assert.Empty(t, entriesOf(tx, scores), "without a score")
			assert.Nil(t, tx.get("cities", []byte("Pune")), "counters of zero are no entry")
			sum, err := cities.Get(tx, []byte("Agra"))
			assert.NoError(t, err)
			assert.Equal(t, []int64{1, 0}, sum)
		})
	})
	t.Run("a removed row leaves nothing", func(t *testing.T) {
		update(t, db, func(tx *Tx) error { return people.Remove(tx, 1, person{ID: 1, Name: "Anne", City: "Agra"}) })
		view(t, db, func(tx *Tx) {
			for _, bucket := range bucketNames {
				key, _ := tx.bucket(bucket).Cursor().First()
				assert.Nil(t, key, bucket)
			}
		})
	})
}

func TestCollectionStaysSoundUnderRandomChanges(t *testing.T) {
	const seed = 11
	random := rand.New(rand.NewPCG(seed, 0))
	db := openTest(t)
	for range 40 {
		update(t, db, func(tx *Tx) error {
			for range 50 {
				id := random.Uint32N(60)
				before, found, err := people.Get(tx, id)
				require.NoError(t, err)
				if found && random.IntN(3) == 0 {
					require.NoError(t, people.Remove(tx, id, before))
					continue
				}
				p := person{ID: id, Name: string(rune('a' + id)), City: []string{"Pune", "Agra"}[random.IntN(2)], Score: random.Int64N(5) - 2}
				require.NoError(t, save(tx, p))
			}
			return nil
		})
		require.Empty(t, findings(t, db), "seed %d", seed)
	}
}

func TestVerifyNamesEachPlantedDifference(t *testing.T) {
	// Row 5 is "name 005" of Delhi without a score, row 6 of Agra with score 1.
	nameOf5, scoreOf6 := AppendString(nil, "name 005"), AppendUint32(AppendInt64(nil, 1), 6)
	tests := []struct {
		difference string
		plant      func(tx *Tx) error
		named      []string
		mended     string // by rebuilding this
	}{
		{
			"missing index entry",
			func(tx *Tx) error { return tx.delete("names", nameOf5) },
			[]string{"index names: entry 6e616d652030303500 of people 00000005 is missing, not 00000005"}, "names",
		},
		{
			"index entry with another value",
			func(tx *Tx) error { return tx.put("scores", scoreOf6, []byte("Rome")) },
			[]string{"index scores: entry 800000000000000100000006 of people 00000006 is 526f6d65, not 41677261"}, "scores",
		},
		{
			"stray index entry of a row that wants none",
			func(tx *Tx) error { return tx.put("scores", AppendUint32(AppendInt64(nil, 9), 5), []byte("Delhi")) },
			[]string{"index scores has 7 entries, the rows of people account for 6", "index scores: entry 800000000000000900000005 is not that of its row in people"}, "scores",
		},
		{
			"stray index entry of a row that does not exist",
			func(tx *Tx) error { return tx.put("names", AppendString(nil, "nobody"), AppendUint32(nil, 99)) },
			[]string{"index names: entry 6e6f626f647900 belongs to no row of people"}, "names",
		},
		{
			"index entry that names no owner",
			func(tx *Tx) error { return tx.put("names", AppendString(nil, "nobody"), []byte{1}) },
			[]string{"index names: names 6e6f626f647900 is damaged"}, "names",
		},
		{
			"stray entry beside a missing one, so that the counts agree",
			func(tx *Tx) error {
				if err := tx.delete("names", nameOf5); err != nil {
					return err
				}
				return tx.put("names", AppendString(nil, "nobody"), AppendUint32(nil, 5))
			},
			[]string{
				"index names: entry 6e616d652030303500 of people 00000005 is missing, not 00000005",
				"index names: entry 6e6f626f647900 is not that of its row in people",
			}, "names",
		},
		{
			"wrong sum",
			func(tx *Tx) error { return tx.put("cities", []byte("Pune"), appendVector(nil, []int64{4, 0})) },
			[]string{"sum cities: 50756e65 holds [4 0], the rows add up to [3 5]"}, "cities",
		},
		{
			"missing sum",
			func(tx *Tx) error { return tx.delete("cities", []byte("Pune")) },
			[]string{"sum cities: 50756e65 is missing, the rows add up to [3 5]"}, "cities",
		},
		{
			"stray sum",
			func(tx *Tx) error { return tx.put("cities", []byte("Rome"), appendVector(nil, []int64{0, 0})) },
			[]string{"sum cities: 526f6d65 holds [0 0], the rows add up to []"}, "cities",
		},
		{
			"sum that cannot be read",
			func(tx *Tx) error { return tx.put("cities", []byte("Pune"), []byte{1}) },
			[]string{"sum cities: cities 50756e65 is damaged"}, "cities",
		},
		{
			"row that cannot be read",
			func(tx *Tx) error { return tx.put("people", AppendUint32(nil, 5), []byte("a row without a seal")) },
			[]string{"people 00000005 is damaged: checksum does not match", "index names has 9 entries, the rows of people account for 8", "sum cities: 44656c6869 holds"}, "",
		},
		{
			"row that disappeared",
			func(tx *Tx) error { return tx.delete("people", AppendUint32(nil, 5)) },
			[]string{"index names: entry 6e616d652030303500 belongs to no row of people", "sum cities: 44656c6869 holds"}, "",
		},
		{
			"row under a key that is none",
			func(tx *Tx) error { return tx.put("people", []byte("xyz"), seal([]byte("xyz"), nil)) },
			[]string{"people 78797a is damaged: malformed key"}, "",
		},
	}
	for _, test := range tests {
		t.Run(test.difference, func(t *testing.T) {
			db := openTest(t)
			fill(t, db, 9)
			require.Empty(t, findings(t, db))
			update(t, db, test.plant)
			found := joined(findings(t, db))
			for _, named := range test.named {
				assert.Contains(t, found, named)
			}
			if test.mended != "" {
				update(t, db, func(tx *Tx) error { return people.Rebuild(tx, test.mended) })
				assert.Empty(t, findings(t, db), "after it was rebuilt")
			}
		})
	}
}

func TestVerifyGivesTheRowsBehindADamagedOne(t *testing.T) {
	db := openTest(t)
	fill(t, db, 9)
	update(t, db, func(tx *Tx) error { return tx.put("people", AppendUint32(nil, 2), []byte("junk")) })
	var seen []uint32
	view(t, db, func(tx *Tx) {
		people.Verify(tx, func(string, ...any) {}, func(id uint32, p person) {
			assert.Equal(t, id, p.ID)
			seen = append(seen, id)
		})
	})
	assert.Equal(t, []uint32{1, 3, 4, 5, 6, 7, 8, 9}, seen)
}

func TestRebuildRefusesToLeaveOutADamagedRow(t *testing.T) {
	db := openTest(t)
	fill(t, db, 9)
	update(t, db, func(tx *Tx) error { return tx.put("people", AppendUint32(nil, 2), []byte("junk")) })
	before := findings(t, db)
	err := db.Update(func(tx *Tx) error { return people.Rebuild(tx, "names") })
	assert.ErrorIs(t, err, ErrDamaged)
	assert.Equal(t, before, findings(t, db), "nothing has changed")
}

func TestRefillReplacesAllEntries(t *testing.T) {
	db := openTest(t)
	fill(t, db, 9)
	keys := [][]byte{[]byte("second"), []byte("third"), []byte("first")}
	entries := func(tx *Tx) (found []string) {
		for key, value := range scores.Walk(tx, nil) {
			found = append(found, string(key))
			assert.Empty(t, value)
			assert.NotNil(t, scores.Get(tx, key), "as nothing is of a key without an entry")
		}
		return found
	}
	update(t, db, func(tx *Tx) error {
		err := scores.Refill(tx, keys)
		assert.Equal(t, []string{"first", "second", "third"}, entries(tx))
		return err
	})
	view(t, db, func(tx *Tx) { assert.Equal(t, []string{"first", "second", "third"}, entries(tx)) })
}

func TestIndexAndSumWalkBackwardsWithinBounds(t *testing.T) {
	db := openTest(t)
	fill(t, db, 9)
	score := func(n int64) []byte { return AppendInt64(nil, n) }
	view(t, db, func(tx *Tx) {
		var owners []uint32
		for key, value := range scores.Back(tx, score(2), score(3)) {
			owner, err := scores.Owner(key, value)
			require.NoError(t, err)
			owners = append(owners, owner)
		}
		assert.Equal(t, []uint32{7, 3}, owners)

		var walked []string
		for c := range cities.Back(tx, nil, nil) {
			require.NoError(t, c.Err)
			walked = append(walked, string(c.Key))
		}
		assert.Equal(t, []string{"Pune", "Delhi", "Agra"}, walked)
		bounded := slices.Collect(func(yield func(string) bool) {
			for c := range cities.Back(tx, []byte("B"), []byte("Pune")) {
				if !yield(string(c.Key)) {
					return
				}
			}
		})
		assert.Equal(t, []string{"Delhi"}, bounded)
	})
}
