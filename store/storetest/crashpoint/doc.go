// Package crashpoint kills a process at a chosen one of its durable steps: before
// the step is done, or after it and before anything else.
//
// A step is a system call that changes a file or a folder: a write, a sync, a new
// file, a rename. The process runs under ptrace, which stops each of its threads
// at the beginning and at the end of every system call. So the steps of the whole
// process are counted, whichever thread does them, and the one chosen is met
// exactly. The program itself knows nothing of it.
//
// strace can inject a SIGKILL too, but it counts calls by thread, and a Go program
// changes threads as it likes.
package crashpoint
