package transfer

import (
	"io"
	"strings"
	"testing"
	"time"

	"crms/store"
	"crms/store/crm"

	"github.com/stretchr/testify/require"
)

// noon is when files are read.
var noon = time.Date(2026, 1, 25, 12, 0, 0, 0, time.UTC)

func parseTime(t testing.TB, text string) time.Time {
	t.Helper()
	at, err := crm.ParseTime(text)
	require.NoError(t, err)
	return at
}

// readLine reads one line of NDJSON.
func readLine(text string) (store.ImportRow, error) {
	return NewReader(crm.NewIDs(), noon).Read(Record{Line: 1, Text: []byte(text)})
}

// mustRead reads a line that is right.
func mustRead(t testing.TB, text string) store.ImportRow {
	t.Helper()
	row, err := readLine(text)
	require.NoError(t, err)
	return row
}

// readCSVFile reads a whole CSV file that is right.
func readCSVFile(t testing.TB, text string) (rows []store.ImportRow) {
	t.Helper()
	records := NewRecords(strings.NewReader(text), CSV)
	header, err := records.Next()
	require.NoError(t, err)
	reader, err := NewCSVReader(header, crm.NewIDs(), noon)
	require.NoError(t, err)
	for {
		record, err := records.Next()
		if err == io.EOF {
			return rows
		}
		require.NoError(t, err)
		row, err := reader.Read(record)
		require.NoError(t, err)
		rows = append(rows, row)
	}
}
