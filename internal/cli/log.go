package cli

import (
	"io"
	"sync"
	"time"
)

// How much of the log is held back, and how long.
const (
	logHeld  = 32 << 10
	logDelay = 200 * time.Millisecond
)

// logBuffer writes a busy server's log in pieces of many lines: a system call a
// request would be a twentieth of what a look-up costs. A line is held back for
// logDelay at most; what a crash takes is that, of the log alone.
type logBuffer struct {
	mu    sync.Mutex
	w     io.Writer
	lines []byte
	due   bool // a flush is on its way
}

// Write takes whole lines. It never fails: a log that cannot be written must not
// stop the work.
func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, p...)
	switch {
	case len(l.lines) >= logHeld:
		l.write()
	case !l.due:
		l.due = true
		time.AfterFunc(logDelay, l.Flush)
	}
	return len(p), nil
}

// Flush writes what is held back.
func (l *logBuffer) Flush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.due = false
	l.write()
}

func (l *logBuffer) write() {
	if len(l.lines) > 0 {
		_, _ = l.w.Write(l.lines)
		l.lines = l.lines[:0]
	}
}
