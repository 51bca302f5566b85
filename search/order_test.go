package search

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/stretchr/testify/assert"

	"crms/store/crm"
)

// someOrder is that of n documents in no order, and a set of every k-th of them.
func someOrder(n, k int) (*order, *roaring.Bitmap) {
	ids, set := make([]crm.ID, n), roaring.New()
	for doc, i := range rand.New(rand.NewPCG(1, 2)).Perm(n) {
		ids[doc] = idOf(i)
		if i%k == 0 {
			set.Add(uint32(doc))
		}
	}
	return orderOf(ids), set
}

func TestAWalkMeetsTheNewest(t *testing.T) {
	const documents = 2000
	for _, k := range []int{1, 2, 10, 50, 500, documents} {
		o, set := someOrder(documents, k)
		var all []crm.ID
		for i := documents - 1; i >= 0; i-- {
			if i%k == 0 {
				all = append(all, idOf(i))
			}
		}
		for _, first := range []int{1, 3, 20, 100, documents / k, 2 * documents} {
			t.Run(fmt.Sprintf("%d of %d", first, len(all)), func(t *testing.T) {
				var met []crm.ID
				for w := newWalk(o, set, first); len(met) < first && w.next(); {
					met = append(met, w.id)
				}
				assert.Equal(t, all[:min(first, len(all))], met)
			})
		}
	}
}

// BenchmarkNewest finds a page of the newest of sets that differ in size.
func BenchmarkNewest(b *testing.B) {
	const documents, page = 100_000, 20
	for _, k := range []int{3, 30, 100, 300, 1000} {
		o, set := someOrder(documents, k)
		b.Run(fmt.Sprintf("of-%d", documents/k), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				w := newWalk(o, set, page)
				for range page {
					if !w.next() {
						b.Fatal("the set has a page")
					}
				}
			}
		})
	}
}
