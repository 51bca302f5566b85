package transfer

import (
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strings"

	"crms/store"
	"crms/store/crm"

	"github.com/go-json-experiment/json/jsontext"
)

// columns are those of an exported CSV file.
var columns = []string{
	"customerId", "userId", "email", "fullName", "contactNumber", "customerStatus", "customerType", "customerSince",
	"totalOrders", "totalOrderValue", "lastOrderDate", "totalComplaints", "openComplaints", "lastComplaintDate", "tags", "preferences",
}

// Spreadsheets take a cell that begins like one of these for a formula, which may
// do harm when the file is opened (https://owasp.org/www-community/attacks/CSV_Injection).
// An apostrophe before it makes it text. One that is there already gets another,
// so that every cell comes back as it was.
const leadsFormula = "=+-@\t\r\n'"

func appearsAsFormula(s string) bool { return s != "" && strings.IndexByte(leadsFormula, s[0]) >= 0 }

// escapeCell makes a cell safe to open in a spreadsheet.
func escapeCell(s string) string {
	if appearsAsFormula(s) {
		return "'" + s
	}
	return s
}

// unescapeCell undoes [escapeCell].
func unescapeCell(s string) string {
	if rest, quoted := strings.CutPrefix(s, "'"); quoted && appearsAsFormula(rest) {
		return rest
	}
	return s
}

// readHeader reads the row that names the columns.
func readHeader(text []byte) ([]string, error) {
	header, err := readCells(text)
	if err != nil {
		return nil, fmt.Errorf("the header %w", err)
	}
	for i, name := range header {
		header[i] = strings.TrimSpace(name)
		switch name = header[i]; {
		case !slices.Contains(columns, name):
			return nil, fmt.Errorf("the header has the unknown column %q; there are %s", name, strings.Join(columns, ", "))
		case slices.Contains(header[:i], name):
			return nil, fmt.Errorf("the header has the column %q twice", name)
		}
	}
	if !slices.Contains(header, "userId") {
		return nil, fmt.Errorf("the header lacks the column userId")
	}
	return header, nil
}

func readCells(text []byte) ([]string, error) {
	r := csv.NewReader(strings.NewReader(string(text)))
	r.FieldsPerRecord = -1
	cells, err := r.Read()
	switch {
	case err == io.EOF:
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("is malformed CSV: %w", err.(*csv.ParseError).Err)
	}
	return cells, nil
}

// readCSV reads a row of cells. An empty cell clears the contactNumber, the tags
// and the preferences; elsewhere it says nothing.
func (r *row) readCSV(header []string, text []byte) error {
	cells, err := readCells(text)
	if err != nil {
		return err
	}
	if len(cells) != len(header) {
		return fmt.Errorf("has %d cells, the header has %d", len(cells), len(header))
	}
	for i, name := range header {
		r.cell(name, unescapeCell(cells[i]))
	}
	return nil
}

func (r *row) cell(name, s string) {
	switch {
	case name == "tags":
		r.tagsCell(s)
	case name == "preferences":
		r.preferencesCell(s)
	case strings.TrimSpace(s) != "":
		r.set(name, s)
	case name == "contactNumber":
		r.Given |= store.GivenContactNumber
	case name == "lastOrderDate":
		r.Given |= store.GivenLastOrder
	case name == "lastComplaintDate":
		r.Given |= store.GivenLastComplaint
	}
}

const tagSeparator = ";"

// tagsCell reads tags that are separated by semicolons, or a JSON array of them.
func (r *row) tagsCell(s string) {
	s = strings.TrimSpace(s)
	tags := []string{}
	switch {
	case strings.HasPrefix(s, "["):
		if v := jsontext.Value(s); v.IsValid() {
			r.tags(v)
		} else {
			r.problems.Add("tags", "must be separated by semicolons, or a JSON array of strings")
		}
		return
	case s != "":
		tags = strings.Split(s, tagSeparator)
	}
	r.Customer.Tags = crm.CleanTags(&r.problems, "tags", tags, func(i int) string { return fmt.Sprintf("tags[%d]", i) })
	r.Given |= store.GivenTags
}

// tagsText is the cell of tags.
func tagsText(tags []string) string {
	joined := strings.Join(tags, tagSeparator)
	if strings.Count(joined, tagSeparator) < max(1, len(tags)) && !strings.HasPrefix(joined, "[") {
		return joined
	}
	array := []byte{'['}
	for i, tag := range tags {
		if i > 0 {
			array = append(array, ',')
		}
		array, _ = jsontext.AppendQuote(array, tag)
	}
	return string(append(array, ']'))
}

func (r *row) preferencesCell(s string) {
	if s = strings.TrimSpace(s); s == "" {
		s = "{}"
	}
	if v := jsontext.Value(s); v.IsValid() {
		r.preferences(v)
	} else {
		r.problems.Add("preferences", "must be a JSON object")
	}
}
