package cli_test

import (
	"bufio"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"chartline/internal/cli"
)

// startDemo runs the demo with --json until the test ends and returns its line.
func startDemo(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "demo")
	ctx, stop := context.WithCancel(context.Background())
	out, in := io.Pipe()
	ended := make(chan int, 1)
	var said strings.Builder
	go func() {
		ended <- cli.Main(ctx, []string{"demo", "--json", "--data", dir, "--listen", "127.0.0.1:0"},
			func(string) (string, bool) { return "", false }, nil, in, &said)
		_ = in.Close() // a pipe's never fails
	}()
	t.Cleanup(func() {
		stop()
		if code := <-ended; code != 0 {
			t.Errorf("the demo exits with %d: %s", code, said.String())
		}
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return line
}

// TestAPartnersScriptGoesTheWholeWayAgainstTheDemo runs docs/partner.sh, twice:
// it promises that it can be run again.
func TestAPartnersScriptGoesTheWholeWayAgainstTheDemo(t *testing.T) {
	t.Parallel()
	line := startDemo(t)
	script, err := filepath.Abs("../../docs/partner.sh")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "demo.json")
	if err := os.WriteFile(file, []byte(line), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, how := range []string{"a file", "standard input"} {
		run := exec.Command(script, file)
		if how == "standard input" {
			run = exec.Command(script)
			run.Stdin = strings.NewReader(line)
		}
		said, err := run.CombinedOutput()
		if err != nil || !strings.Contains(string(said), "\nDone: patient ") || strings.Count(string(said), "\n   200 ") < 14 {
			t.Fatalf("with the demo's line from %s it ends with %v:\n%s", how, err, said)
		}
	}
}

func TestAPartnersScriptStopsAtTheFirstAnswerThatIsNotAsItShouldBe(t *testing.T) {
	t.Parallel()
	line := startDemo(t)
	for what, c := range map[string]struct{ line, want string }{
		"a token that is none": {strings.Replace(line, `"token":"chl_`, `"token":"chl_x`, 1), "401 and not 200"},
		"another code":         {strings.Replace(line, `"signupCode":"`, `"signupCode":"x`, 1), "403 and not 200"},
		"a line without a url": {strings.Replace(line, `"url"`, `"uri"`, 1), ""},
	} {
		run := exec.Command("../../docs/partner.sh")
		run.Stdin = strings.NewReader(c.line)
		said, err := run.CombinedOutput()
		if err == nil || !strings.Contains(string(said), c.want) || strings.Contains(string(said), "2. When") {
			t.Errorf("with %s it ends with %v:\n%s", what, err, said)
		}
	}
}
