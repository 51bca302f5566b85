package search

import (
	"testing"
)

// Any text of any customer is indexed, and any text searched for, without a
// fault.
func FuzzTexts(f *testing.F) {
	for _, s := range []string{"o'brien @x.com", "+91 (0) 98", "王小明 ーー", "\u0301\u0301", "@@@", "a.b@c@d"} {
		f.Add(s)
	}
	src := newMemory(contact(1, "John Doe", "john@example.com", "+919876543210"))
	x := open(f, src)
	f.Fuzz(func(t *testing.T, s string) {
		newDocument(contact(2, s, s, s))
		request, err := parse(s)
		if err != nil {
			return
		}
		if _, _, err := x.volume().find(request, 0, 10); err != nil {
			t.Errorf("%q: %v", s, err)
		}
	})
}
