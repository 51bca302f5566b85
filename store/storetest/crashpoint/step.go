//go:build linux && (amd64 || arm64)

package crashpoint

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// Step is a change of a file or a folder below the one that is watched.
type Step struct {
	Call string // as in "rename"
	Path string // below the watched folder; of a rename or a link the new name
}

func (s Step) String() string { return s.Call + " " + s.Path }

// call says which arguments of a system call tell what it changes: an open file,
// or the path path as seen from the open folder file.
type call struct {
	name       string
	file, path int
}

// byFile stands for the path of a call that changes an open file.
const byFile = -1

var calls = map[uint64]call{
	unix.SYS_WRITE:           {"write", 0, byFile},
	unix.SYS_PWRITE64:        {"write", 0, byFile},
	unix.SYS_WRITEV:          {"write", 0, byFile},
	unix.SYS_COPY_FILE_RANGE: {"write", 2, byFile},
	unix.SYS_FSYNC:           {"sync", 0, byFile},
	unix.SYS_FDATASYNC:       {"sync", 0, byFile},
	unix.SYS_FTRUNCATE:       {"truncate", 0, byFile},
	unix.SYS_FALLOCATE:       {"allocate", 0, byFile},
	unix.SYS_OPENAT:          {"create", 0, 1},
	unix.SYS_MKDIRAT:         {"mkdir", 0, 1},
	unix.SYS_UNLINKAT:        {"remove", 0, 1},
	unix.SYS_LINKAT:          {"link", 2, 3},
	unix.SYS_RENAMEAT:        {"rename", 2, 3},
	unix.SYS_RENAMEAT2:       {"rename", 2, 3},
}

// stepOf returns what the system call that a thread is about to do changes
// below the folder, if it does.
func stepOf(thread int, number uint64, args [6]uint64, below string) (s Step, is bool) {
	if number == unix.SYS_IO_SUBMIT {
		inside, is := strings.CutPrefix(openFile(thread, submitted(thread, args[2])), below+"/")
		return Step{"submit", inside}, is
	}
	c, known := calls[number]
	if !known || number == unix.SYS_OPENAT && args[2]&unix.O_CREAT == 0 {
		return Step{}, false
	}
	path := openFile(thread, int32(args[c.file]))
	if c.path != byFile {
		named := text(thread, uintptr(args[c.path]))
		if !filepath.IsAbs(named) {
			named = filepath.Join(path, named)
		}
		path = named
	}
	inside, is := strings.CutPrefix(path, below+"/")
	return Step{c.name, inside}, is
}

// submitted is the open file that the first of the calls is for which io_submit
// takes: its argument is where the addresses of their struct iocb are.
func submitted(thread int, calls uint64) int32 {
	const fileAt = 20 // in a struct iocb
	call := word(thread, uintptr(calls))
	return int32(word(thread, uintptr(call+fileAt)))
}

// word reads 8 bytes of the thread's memory, which are 0 where there is none.
func word(thread int, at uintptr) uint64 {
	b := make([]byte, 8)
	_, _ = unix.PtracePeekData(thread, at, b)
	return binary.NativeEndian.Uint64(b)
}

// openFile is the path of an open file of the thread, or of the folder in which
// it works.
func openFile(thread int, file int32) string {
	link := fmt.Sprintf("/proc/%d/fd/%d", thread, file)
	if file == unix.AT_FDCWD {
		link = fmt.Sprintf("/proc/%d/cwd", thread)
	}
	path, err := os.Readlink(link)
	if err != nil {
		return "" // not open: the call will fail
	}
	return path
}

// text reads a text that ends with a zero byte out of the thread's memory.
func text(thread int, at uintptr) string {
	var all []byte
	for word := make([]byte, 8); len(all) < unix.PathMax; at += uintptr(len(word)) {
		n, err := unix.PtracePeekData(thread, at, word)
		if err != nil {
			break
		}
		before, _, ends := strings.Cut(string(word[:n]), "\x00")
		if all = append(all, before...); ends {
			break
		}
	}
	return string(all)
}
