package cmd

import (
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// unknownSize is the size of what has no end that is known before.
const unknownSize = -1

// progress shows on a terminal how far a file has been read or written, how fast,
// and how long it will take; elsewhere nothing.
type progress struct{ bar *progressbar.ProgressBar }

// newProgress begins a bar for size bytes.
func (p *program) newProgress(size int64) progress {
	terminal, isFile := p.stderr.(*os.File)
	if !isFile || !term.IsTerminal(int(terminal.Fd())) {
		return progress{}
	}
	return progress{progressbar.NewOptions64(size,
		progressbar.OptionSetWriter(terminal),
		progressbar.OptionShowBytes(true),
		progressbar.OptionThrottle(200*time.Millisecond),
		progressbar.OptionSetPredictTime(true),
		progressbar.OptionClearOnFinish(),
		progressbar.OptionFullWidth(),
	)}
}

// set moves the bar to a place in the file and says beside it what is there.
func (p progress) set(at int64, what string) {
	if p.bar != nil {
		p.bar.Describe(what)
		_ = p.bar.Set64(at) // a bar that cannot be drawn spoils nothing
	}
}

// writer moves the bar on with all that is written to w.
func (p progress) writer(w io.Writer) io.Writer {
	if p.bar == nil {
		return w
	}
	return io.MultiWriter(w, p.bar)
}

// end takes the bar away.
func (p progress) end() {
	if p.bar != nil {
		_ = p.bar.Finish()
	}
}
