package faulttest

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"testing"

	"chartline/internal/cli"
)

var (
	rounds = flag.Int("rounds", 6, "how often the tests that kill a server do so")
	seed   = flag.Uint64("seed", 0, "of what is random; 0 draws one")
)

// scratch is a directory for what tests share.
var scratch string

// childVariable makes this program chartline.
const childVariable = "CHARTLINE_TEST_SERVER"

// From linux/prctl.h.
const (
	prSetTracer = 0x59616d61
	anyTracer   = ^uintptr(0)
)

func TestMain(m *testing.M) {
	if os.Getenv(childVariable) == "" {
		os.Exit(test(m))
	}
	// Where only ancestors may look into a process, strace may too.
	_, _, _ = syscall.Syscall(syscall.SYS_PRCTL, prSetTracer, anyTracer, 0)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	os.Exit(cli.Main(ctx, os.Args[1:], os.LookupEnv, os.Stdin, os.Stdout, os.Stderr))
}

func test(m *testing.M) int {
	dir, err := os.MkdirTemp("", "chartline-faults-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	scratch = dir
	if err := os.Setenv("GORACE", "atexit_sleep_ms=0"); err != nil { // of children: else each sleeps a second at its end
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	code := m.Run()
	if err := os.RemoveAll(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}
