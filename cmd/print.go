package cmd

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// table prints rows in columns.
type table struct{ w *tabwriter.Writer }

func (p *program) newTable(heads ...string) table {
	t := table{tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)}
	t.row(heads...)
	return t
}

func (t table) row(cells ...string) { fmt.Fprintln(t.w, strings.Join(cells, "\t")) }

// print ends the table with a line of its own.
func (t table) print(summary string) error {
	fmt.Fprintln(t.w, summary)
	return t.w.Flush()
}

// printJSON prints v, unless something has failed before.
func (p *program) printJSON(failed error, v any) error {
	if failed != nil {
		return nil
	}
	if err := json.MarshalWrite(p.stdout, v, jsontext.Multiline(true)); err != nil {
		return err
	}
	_, err := fmt.Fprintln(p.stdout)
	return err
}
