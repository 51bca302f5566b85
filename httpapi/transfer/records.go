package transfer

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// MaxRecord bounds one record, in bytes.
const MaxRecord = 4 << 20

// ErrTooLong says that a record has more than [MaxRecord] bytes.
var ErrTooLong = fmt.Errorf("has more than %d MiB", MaxRecord>>20)

// errOpenQuote says that a quote in a CSV file is never closed. Only the line in
// which it opens is at fault; those behind it are records of their own.
var errOpenQuote = errors.New("opens a quote that is not closed")

// Record is one customer's bytes in a file.
type Record struct {
	Line int    // on which it begins, from 1
	Text []byte // without the line end; nil when it is too long to be kept
	Err  error  // why it cannot be read
}

// Records splits a file into records and passes over blank lines. It needs no
// more memory than the longest record that is allowed.
type Records struct {
	file    *failing
	scanner *bufio.Scanner
	split   func(data []byte, atEOF bool) (length int, err error)
	line    int   // of the record that is next
	lines   int   // of the record that was read last
	read    int64 // bytes
	tooLong bool  // the rest of a record that is too long is still to come
	failure error // of the record that was read last
}

// NewRecords splits a file, which may begin with a byte order mark.
func NewRecords(r io.Reader, f Format) *Records {
	file := &failing{r: r}
	s := &Records{file: file, scanner: bufio.NewScanner(file), split: endOfLine, line: 1}
	if f == CSV {
		s.split = endOfCSV
	}
	s.scanner.Buffer(make([]byte, 64<<10), MaxRecord+64<<10)
	s.scanner.Split(s.next)
	return s
}

// failing keeps the error that ended a file before its end.
type failing struct {
	r   io.Reader
	err error
}

func (f *failing) Read(b []byte) (int, error) {
	n, err := f.r.Read(b)
	if err != nil && err != io.EOF {
		f.err = err
	}
	return n, err
}

// Read is how many bytes of the file have been read.
func (s *Records) Read() int64 { return s.read }

// Next returns the next record, whose text is valid until the call after it, and
// [io.EOF] behind the last one.
func (s *Records) Next() (Record, error) {
	for s.scanner.Scan() {
		r := Record{Line: s.line, Text: s.scanner.Bytes(), Err: s.failure}
		s.line += s.lines
		if errors.Is(r.Err, ErrTooLong) {
			r.Text = nil
			return r, nil
		}
		if r.Line == 1 {
			r.Text = bytes.TrimPrefix(r.Text, []byte("\uFEFF"))
		}
		r.Text = bytes.TrimSuffix(bytes.TrimSuffix(r.Text, []byte("\n")), []byte("\r"))
		if len(bytes.TrimSpace(r.Text)) > 0 {
			return r, nil
		}
	}
	if err := s.scanner.Err(); err != nil {
		return Record{}, err
	}
	return Record{}, io.EOF
}

// next is a [bufio.SplitFunc] whose tokens are records with their line ends. Of
// one that is too long it passes over the rest of the line.
func (s *Records) next(data []byte, atEOF bool) (advance int, token []byte, err error) {
	if s.file.err != nil {
		return 0, nil, s.file.err // what is left may be half a record
	}
	if s.tooLong {
		return s.skipLine(data, atEOF)
	}
	s.failure = nil
	length, failure := s.split(data, atEOF)
	if length == 0 && len(data) > MaxRecord {
		if length = bytes.IndexByte(data, '\n') + 1; length == 0 {
			s.tooLong, s.lines = true, 0
			s.read += int64(len(data))
			return len(data), nil, nil
		}
		failure = errOpenQuote
	}
	if length == 0 {
		return 0, nil, nil
	}
	if length > MaxRecord {
		failure = ErrTooLong
	}
	s.failure, s.lines = failure, bytes.Count(data[:length], []byte("\n"))
	s.read += int64(length)
	return length, data[:length], nil
}

func (s *Records) skipLine(data []byte, atEOF bool) (advance int, token []byte, err error) {
	end := bytes.IndexByte(data, '\n') + 1
	if end == 0 && !atEOF {
		s.read += int64(len(data))
		return len(data), nil, nil
	}
	if end == 0 {
		end = len(data)
	}
	s.tooLong, s.lines, s.failure = false, 1, ErrTooLong
	s.read += int64(end)
	return end, []byte{}, nil
}

// endOfLine is the length of the first line, 0 when it is not whole yet.
func endOfLine(data []byte, atEOF bool) (int, error) {
	if i := bytes.IndexByte(data, '\n'); i >= 0 {
		return i + 1, nil
	}
	if atEOF {
		return len(data), nil
	}
	return 0, nil
}

// endOfCSV is the length of the first CSV record, whose quoted cells may hold
// line ends; 0 when it is not whole yet. A quote opens at the beginning of a
// cell only, so that a stray one within a line spoils no other line.
func endOfCSV(data []byte, atEOF bool) (int, error) {
	quoted, begins := false, true
	for i := 0; i < len(data); i++ {
		c := data[i]
		switch {
		case quoted && c == '"' && i+1 < len(data) && data[i+1] == '"':
			i++
		case c == '"' && quoted:
			quoted = false
		case c == '"' && begins:
			quoted = true
		case c == '\n' && !quoted:
			return i + 1, nil
		}
		begins = c == ',' && !quoted || begins && isMark(data, i)
	}
	switch {
	case !atEOF:
		return 0, nil
	case quoted:
		length, _ := endOfLine(data, true)
		return length, errOpenQuote
	}
	return len(data), nil
}

// isMark reports whether the byte belongs to a byte order mark at the beginning.
func isMark(data []byte, i int) bool {
	const mark = "\uFEFF"
	return i < len(mark) && bytes.HasPrefix(data, []byte(mark))
}
