package transfer

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// found is a record as tests compare it.
type found struct {
	line int
	text string
	err  error
}

func split(t testing.TB, r io.Reader, f Format) (all []found) {
	t.Helper()
	records := NewRecords(r, f)
	for {
		record, err := records.Next()
		if errors.Is(err, io.EOF) {
			return all
		}
		require.NoError(t, err)
		all = append(all, found{record.Line, string(record.Text), record.Err})
	}
}

func TestRecords(t *testing.T) {
	long := strings.Repeat("x", MaxRecord+1)
	tests := []struct {
		name   string
		format Format
		file   string
		want   []found
	}{
		{"are lines", NDJSON, "a\nb\n", []found{{1, "a", nil}, {2, "b", nil}}},
		{"may lack the last line end", NDJSON, "a\nb", []found{{1, "a", nil}, {2, "b", nil}}},
		{"may end as on Windows", NDJSON, "a\r\nb\r\n", []found{{1, "a", nil}, {2, "b", nil}}},
		{"skip blank lines and still count them", NDJSON, "\n  \na\n\nb", []found{{3, "a", nil}, {5, "b", nil}}},
		{"begin behind a byte order mark", NDJSON, "\uFEFFa\n\uFEFFb", []found{{1, "a", nil}, {2, "\uFEFFb", nil}}},
		{"of an empty file are none", NDJSON, "", nil},
		{"that are too long are named and passed over", NDJSON, "a\n" + long + "\nb\n", []found{{1, "a", nil}, {2, "", ErrTooLong}, {3, "b", nil}}},
		{"that are too long may be the last", NDJSON, "a\n" + long, []found{{1, "a", nil}, {2, "", ErrTooLong}}},
		{"that are far too long are named once", NDJSON, strings.Repeat(long, 3) + "\nb", []found{{1, "", ErrTooLong}, {2, "b", nil}}},
		{"as long as may be are taken", NDJSON, long[2:] + "\nb", []found{{1, long[2:], nil}, {2, "b", nil}}},

		{"of CSV are rows", CSV, "a,b\nc,d\n", []found{{1, "a,b", nil}, {2, "c,d", nil}}},
		{"of CSV may have line ends in quotes", CSV, "a,\"b\nc\"\r\nd", []found{{1, "a,\"b\nc\"", nil}, {3, "d", nil}}},
		{"of CSV may have quotes in quotes", CSV, "\"a\"\"\n\"\nb", []found{{1, "\"a\"\"\n\"", nil}, {3, "b", nil}}},
		{"of CSV may begin with a mark before the quote", CSV, "\uFEFF\"a\nb\"\nc", []found{{1, "\"a\nb\"", nil}, {3, "c", nil}}},
		{"of CSV are not disturbed by a quote within a cell", CSV, "a\"b\nc", []found{{1, "a\"b", nil}, {2, "c", nil}}},
		{"of CSV that open a quote for good spoil their line only", CSV, "a\n\"b\nc\nd\n", []found{{1, "a", nil}, {2, "\"b", errOpenQuote}, {3, "c", nil}, {4, "d", nil}}},
		{"of CSV find an open quote in a long file too", CSV, "\"b\nc\n" + strings.Repeat("d\n", MaxRecord), nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := split(t, strings.NewReader(tt.file), tt.format)
			if tt.want == nil && tt.file != "" {
				require.Equal(t, []found{{1, "\"b", errOpenQuote}, {2, "c", nil}, {3, "d", nil}}, got[:3])
				assert.Len(t, got, MaxRecord+2)
				return
			}
			assert.Equal(t, tt.want, got)
		})
	}
	t.Run("are the same however slowly the file comes", func(t *testing.T) {
		const file = "\uFEFFa,\"b\n\"\"c\"\r\n\r\n\"d\ne\n"
		assert.Equal(t, split(t, strings.NewReader(file), CSV), split(t, iotest.OneByteReader(strings.NewReader(file)), CSV))
	})
	t.Run("end before the half of one when the file cannot be read on", func(t *testing.T) {
		broken := errors.New("broken")
		records := NewRecords(io.MultiReader(strings.NewReader("a\nb"), iotest.ErrReader(broken)), NDJSON)
		_, err := records.Next()
		if err == nil {
			_, err = records.Next()
		}
		assert.Equal(t, broken, err)
	})
	t.Run("know how far they have read", func(t *testing.T) {
		records := NewRecords(strings.NewReader("aa\n\nbb\n"), NDJSON)
		_, err := records.Next()
		require.NoError(t, err)
		assert.EqualValues(t, 3, records.Read())
		_, err = records.Next()
		require.NoError(t, err)
		assert.EqualValues(t, 7, records.Read())
	})
}

// FuzzRecords proves that nothing of a file is lost but blank lines, whatever is
// in it, and that records are numbered by the lines before them.
func FuzzRecords(f *testing.F) {
	f.Add("a,\"b\nc\"\n\"d\n", true)
	f.Add("{}\n\n{\"a\":1}\r\n", false)
	f.Fuzz(func(t *testing.T, file string, isCSV bool) {
		format := NDJSON
		if isCSV {
			format = CSV
		}
		lines := strings.Split(strings.TrimPrefix(file, "\uFEFF"), "\n")
		next := 1
		for _, r := range split(t, strings.NewReader(file), format) {
			for ; next < r.line; next++ {
				require.Empty(t, strings.TrimSpace(lines[next-1]), "line %d is in no record", next)
			}
			parts := strings.Split(r.text, "\n")
			for i, part := range parts {
				require.Equal(t, strings.TrimRight(lines[r.line-1+i], "\r"), strings.TrimRight(part, "\r"))
			}
			next = r.line + len(parts)
		}
		for ; next <= len(lines); next++ {
			require.Empty(t, strings.TrimSpace(lines[next-1]), "line %d is in no record", next)
		}
	})
}
