package cli_test

import (
	"bufio"
	"context"
	"io"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"chartline/internal/cli"
)

// TestEveryLineThatTheDemoPrintsWorksAsItStands pastes them, in order.
func TestEveryLineThatTheDemoPrintsWorksAsItStands(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ctx, stop := context.WithCancel(context.Background())
	out, in := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		ended <- cli.Main(ctx, []string{"demo", "--data", filepath.Join(dir, "demo"), "--listen", "127.0.0.1:0"},
			func(string) (string, bool) { return "", false }, nil, in, io.Discard)
		_ = in.Close() // a pipe's never fails
	}()
	var variables string
	var curls []string
	for lines := bufio.NewScanner(out); lines.Scan(); {
		line := strings.TrimSpace(lines.Text())
		switch {
		case strings.HasPrefix(line, "U="):
			variables = strings.ReplaceAll(line, " ", "\n")
		case strings.HasPrefix(line, "curl "):
			curls = append(curls, line)
		}
		if strings.HasPrefix(line, "Ctrl-C stops it.") {
			break
		}
	}
	if len(curls) < 40 {
		t.Errorf("it prints %d lines", len(curls))
	}
	for _, line := range curls {
		want := regexp.MustCompile(`^20[016]$`)
		switch {
		case strings.Contains(line, "$NONE"), strings.Contains(line, "$OTHER"):
			want = regexp.MustCompile(`^403$`)
		case strings.Contains(line, "/patients/") && !strings.Contains(line, "Bearer"):
			want = regexp.MustCompile(`^401$`)
		case strings.Contains(line, "# "), strings.Contains(line, "1772544615090"):
			want = regexp.MustCompile(`^400$`)
		}
		shell := exec.Command("bash", "-c", variables+"\n"+strings.Replace(line, "curl -s", `curl -w '\n%{http_code}' -s`, 1))
		shell.Dir = dir
		got, err := shell.CombinedOutput()
		body, status := string(got), ""
		if i := strings.LastIndexByte(body, '\n'); i >= 0 {
			body, status = body[:i], body[i+1:]
		}
		if err != nil || !want.MatchString(status) {
			t.Errorf("%s\nanswers %q, want %s (%v): %.300s", line, status, want, err, body)
		}
	}
	stop()
	if code := <-ended; code != 0 {
		t.Errorf("the demo exits with %d", code)
	}
}
