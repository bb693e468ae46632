package faulttest

import (
	"context"
	"flag"
	"os"
	"os/signal"
	"syscall"
	"testing"

	"chartline/internal/cli"
)

var (
	rounds = flag.Int("rounds", 8, "how often the tests that kill a server do so")
	seed   = flag.Uint64("seed", 0, "of what is random; 0 draws one")
)

// childVariable makes this program chartline.
const childVariable = "CHARTLINE_TEST_SERVER"

func TestMain(m *testing.M) {
	if os.Getenv(childVariable) == "" {
		os.Exit(m.Run())
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	os.Exit(cli.Main(ctx, os.Args[1:], os.LookupEnv, os.Stdin, os.Stdout, os.Stderr))
}
