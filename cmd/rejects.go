package cmd

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"

	"crms/httpapi/control"
)

// maxShown is how many lines that failed are told on standard error.
const maxShown = 20

// rejects tells which lines failed, and keeps them if it has a file: as they
// were, so that they can be mended and imported again, with the reasons in
// another file beside it.
type rejects struct {
	shown io.Writer
	path  string // empty: they are not kept
	head  []byte // of a CSV file
	n     int
	files []*os.File // none before the first reject
	lines *bufio.Writer
	whys  *bufio.Writer
}

// errorsSuffix ends the name of the file with the reasons.
const errorsSuffix = ".errors"

// newRejects refuses a file that exists: it may hold lines that somebody mends.
func (p *program) newRejects(path string) (*rejects, error) {
	for _, name := range []string{path, path + errorsSuffix} {
		if _, err := os.Lstat(name); path != "" && err == nil {
			return nil, fmt.Errorf("%s exists already: name another file for --rejects", name)
		}
	}
	return &rejects{shown: p.stderr, path: path}, nil
}

func (r *rejects) header(text []byte) error {
	r.head = text
	return nil
}

func (r *rejects) add(line control.Reject) error {
	r.n++
	why := printable(line.Reason)
	switch {
	case r.n <= maxShown:
		fmt.Fprintf(r.shown, "line %d %s\n", line.Line, why)
	case r.n == maxShown+1:
		fmt.Fprintln(r.shown, "more lines failed, which are not shown here")
	}
	if r.path == "" {
		return nil
	}
	if err := r.open(); err != nil {
		return err
	}
	fmt.Fprintf(r.whys, "line %d %s\n", line.Line, why)
	if len(line.Text) > 0 {
		r.lines.Write(append(line.Text, '\n')) // an error is kept until it is closed
	}
	return nil
}

func (r *rejects) open() error {
	if r.files != nil {
		return nil
	}
	lines, err := createKept(r.path)
	if err != nil {
		return err
	}
	whys, err := createKept(r.path + errorsSuffix)
	if err != nil {
		return errors.Join(err, lines.Close(), os.Remove(r.path)) // so that it may be named again
	}
	r.files = []*os.File{lines, whys}
	r.lines, r.whys = bufio.NewWriter(lines), bufio.NewWriter(whys)
	if r.head != nil {
		r.lines.Write(append(r.head, '\n'))
	}
	return nil
}

func createKept(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("cannot keep the lines that failed: %w", err)
	}
	return f, nil
}

func (r *rejects) close() error {
	if r.files == nil {
		return nil
	}
	err := errors.Join(r.lines.Flush(), r.whys.Flush())
	for _, f := range r.files {
		err = errors.Join(err, f.Sync(), f.Close())
	}
	return err
}

// where ends a sentence about lines that failed.
func (r *rejects) where() string {
	if r.path == "" {
		return ": --rejects FILE keeps them to be mended"
	}
	return fmt.Sprintf(": mend them in %s, the reasons are in %s, and import it", r.path, r.path+errorsSuffix)
}

// maxReason bounds what is told of one line, in bytes.
const maxReason = 2000

// printable keeps a file's own names from playing tricks on a terminal.
func printable(s string) string {
	if len(s) > maxReason {
		s = s[:maxReason] + "..."
	}
	return strings.Map(func(c rune) rune {
		if !unicode.IsPrint(c) {
			return utf8.RuneError
		}
		return c
	}, s)
}
