package cli

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestLogLinesAreHeldBackForAMomentAndNeverLost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		l := &logBuffer{w: &out}
		write := func(line string) {
			if n, err := l.Write([]byte(line)); n != len(line) || err != nil {
				t.Fatalf("wrote %d, %v", n, err)
			}
		}
		read := func() string {
			l.mu.Lock()
			defer l.mu.Unlock()
			return out.String()
		}
		write("one\n")
		write("two\n")
		if read() != "" {
			t.Errorf("written at once: %q", read())
		}
		time.Sleep(logDelay)
		synctest.Wait()
		if read() != "one\ntwo\n" {
			t.Errorf("after the delay: %q", read())
		}
		long := strings.Repeat("x", logHeld) + "\n"
		write(long)
		if read() != "one\ntwo\n"+long {
			t.Error("a full buffer waits")
		}
		write("last\n")
		l.Flush()
		if !strings.HasSuffix(read(), "last\n") {
			t.Error("Flush leaves a line behind")
		}
		time.Sleep(time.Second)
	})
}
