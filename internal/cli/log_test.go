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
		write("one\n")
		write("two\n")
		if out.Len() != 0 {
			t.Errorf("written at once: %q", out.String())
		}
		time.Sleep(logDelay)
		synctest.Wait()
		if out.String() != "one\ntwo\n" {
			t.Errorf("after the delay: %q", out.String())
		}
		long := strings.Repeat("x", logHeld) + "\n"
		write(long)
		if out.String() != "one\ntwo\n"+long {
			t.Error("a full buffer waits")
		}
		write("last\n")
		l.Flush()
		if !strings.HasSuffix(out.String(), "last\n") {
			t.Error("Flush leaves a line behind")
		}
		time.Sleep(time.Second)
	})
}
