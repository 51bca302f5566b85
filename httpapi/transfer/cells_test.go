package transfer

import (
	"bytes"
	"encoding/csv"
	"slices"
	"strings"
	"testing"

	"crms/store"
	"crms/store/crm"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCells(t *testing.T) {
	tests := []struct{ name, value, cell string }{
		{"a formula is made text", "=1+1", "'=1+1"},
		{"a phone number is", "+919876543210", "'+919876543210"},
		{"a minus is", "-1", "'-1"},
		{"an at sign is", "@SUM(A1)", "'@SUM(A1)"},
		{"a tab is", "\tx", "'\tx"},
		{"a line end is", "\rx", "'\rx"},
		{"an apostrophe gets another", "'tHooft", "''tHooft"},
		{"a lone apostrophe gets another", "'", "''"},
		{"other text stays", "O'Brien=", "O'Brien="},
		{"nothing stays", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			assert.Equal(t, tt.cell, escapeCell(tt.value))
			assert.Equal(t, tt.value, unescapeCell(tt.cell))
		})
	}
	t.Run("an apostrophe that somebody typed stays", func(t *testing.T) {
		assert.Equal(t, "'tHooft", unescapeCell("'tHooft"))
		assert.Equal(t, "'", unescapeCell("'"))
	})
}

func FuzzCells(f *testing.F) {
	f.Add("=cmd|'/c calc'!A1")
	f.Add("''+1")
	f.Fuzz(func(t *testing.T, value string) {
		cell := escapeCell(value)
		require.Equal(t, value, unescapeCell(cell))
		if cell != "" {
			require.NotContains(t, "=+-@\t\r\n", cell[:1])
		}
	})
}

func TestTagsCell(t *testing.T) {
	for _, tags := range [][]string{
		{}, {"a"}, {"a", "b c"}, {"a;b"}, {"a;b", "c"}, {"[a]"}, {"a", "[b]"}, {`"a"`, "'b"}, {"=a"}, {"x,y", "ü"},
	} {
		t.Run(strings.Join(tags, " and "), func(t *testing.T) {
			var r row
			r.tagsCell(tagsText(tags))
			assert.Empty(t, r.problems)
			assert.Equal(t, tags, r.Customer.Tags)
		})
	}
}

func TestReadHeader(t *testing.T) {
	tests := []struct{ name, header, want string }{
		{"an unknown column", "userId,nickname", `the header has the unknown column "nickname"; there are ` + strings.Join(columns, ", ")},
		{"a column twice", "userId,email,userId", `the header has the column "userId" twice`},
		{"no userId", "email,fullName", "the header lacks the column userId"},
		{"no CSV", "userId,\"email\"x", `the header is malformed CSV: extraneous or missing " in quoted-field`},
	}
	for _, tt := range tests {
		t.Run("refuses "+tt.name, func(t *testing.T) {
			_, err := NewCSVReader(Record{Text: []byte(tt.header)}, crm.NewIDs(), noon)
			assert.EqualError(t, err, tt.want)
		})
	}
	t.Run("takes the columns in any order", func(t *testing.T) {
		shuffled := slices.Clone(columns)
		slices.Reverse(shuffled)
		_, err := NewCSVReader(Record{Text: []byte(strings.Join(shuffled, ", "))}, crm.NewIDs(), noon)
		assert.NoError(t, err)
	})
}

func TestReadCSV(t *testing.T) {
	t.Run("takes the cells by the names of their columns", func(t *testing.T) {
		rows := readCSVFile(t, "\uFEFFfullName,userId,contactNumber,tags,preferences,totalOrders\r\n"+
			"\"Doe, John\",u1,'+919876543210,vip; old,\"{\"\"a\"\": 1}\",7\r\n")
		require.Len(t, rows, 1)
		c := rows[0].Customer
		assert.Equal(t, "Doe, John", c.FullName)
		assert.Equal(t, "+919876543210", c.ContactNumber)
		assert.Equal(t, []string{"vip", "old"}, c.Tags)
		assert.Equal(t, `{"a":1}`, string(c.Preferences))
		assert.EqualValues(t, 7, c.Opening.TotalOrders)
	})
	t.Run("takes an empty cell for nothing, or for cleared", func(t *testing.T) {
		rows := readCSVFile(t, strings.Join(columns, ",")+"\n,u1"+strings.Repeat(",", len(columns)-2)+"\n")
		want := store.GivenContactNumber | store.GivenTags | store.GivenPreferences | store.GivenLastOrder | store.GivenLastComplaint
		assert.Equal(t, want, rows[0].Given)
		assert.Equal(t, []string{}, rows[0].Customer.Tags)
		assert.Equal(t, "{}", string(rows[0].Customer.Preferences))
	})

	reader, err := NewCSVReader(Record{Text: []byte("userId,email,tags,preferences")}, crm.NewIDs(), noon)
	require.NoError(t, err)
	tests := []struct{ name, row, want string }{
		{"too few cells", "u,a@example.com", "has 2 cells, the header has 4"},
		{"a quote within a cell", `u,a"b,,`, `is malformed CSV: bare " in non-quoted-field`},
		{"tags and preferences that are no JSON", "u,a@example.com,[a,{",
			"tags must be separated by semicolons, or a JSON array of strings; preferences must be a JSON object"},
		{"everything at once", `,nobody,"[7]",7`, "email must be an email address; tags[0] must be a string; preferences must be an object; userId is required"},
	}
	for _, tt := range tests {
		t.Run("refuses "+tt.name, func(t *testing.T) {
			_, err := reader.Read(Record{Text: []byte(tt.row)})
			require.Error(t, err)
			assert.Equal(t, tt.want, strings.TrimPrefix(err.Error(), "Validation failed: "))
		})
	}
}

func TestExportedCSVIsSafeAndComesBack(t *testing.T) {
	row := mustRead(t, `{"userId":"=1+1","email":"+a@example.com","fullName":"@SUM(A1)","contactNumber":"+919876543210","tags":["-x","y;z"],
		"customerSince":"2026-01-01T10:00:00Z","preferences":{"a":"b\n,\""},"totalOrders":3,"totalOrderValue":7.5}`)
	row.Customer.Figures = row.Customer.Opening
	var file bytes.Buffer
	w, err := NewWriter(&file, CSV)
	require.NoError(t, err)
	require.NoError(t, w.Write(&store.ExportRow{Profile: crm.Profile{Customer: row.Customer}}))
	require.NoError(t, w.Flush())

	cells, err := csv.NewReader(bytes.NewReader(file.Bytes())).ReadAll()
	require.NoError(t, err)
	for _, cell := range cells[1] {
		assert.False(t, cell != "" && strings.Contains("=+-@\t\r\n", cell[:1]), cell)
	}
	back := readCSVFile(t, file.String())[0].Customer
	for _, pair := range [][2]any{
		{row.Customer.UserID, back.UserID}, {row.Customer.Email, back.Email}, {row.Customer.FullName, back.FullName},
		{row.Customer.ContactNumber, back.ContactNumber}, {row.Customer.Tags, back.Tags}, {row.Customer.Since, back.Since},
		{string(row.Customer.Preferences), string(back.Preferences)}, {row.Customer.Opening, back.Opening},
	} {
		assert.Equal(t, pair[0], pair[1])
	}
}

func TestFormatOf(t *testing.T) {
	for path, want := range map[string]Format{
		"a.ndjson": NDJSON, "a.JSONL": NDJSON, "/x/a.json": NDJSON, "a.csv": CSV, "a.CSV": CSV, "a.xlsx": "", "-": "", "csv": "",
	} {
		got, known := FormatOf(path)
		assert.Equal(t, want, got, path)
		assert.Equal(t, want != "", known, path)
	}
}
