// Chartline is the server for recorded care, and its command line.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"chartline/internal/cli"
)

func main() {
	os.Exit(cli.Main(untilTold(), os.Args[1:], os.LookupEnv, os.Stdin, os.Stdout, os.Stderr))
}

// untilTold returns a context that ends with the first signal. A second one ends
// the process at once, from before anything shows that the first was heeded.
func untilTold() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	told := make(chan os.Signal, 1)
	signal.Notify(told, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-told
		signal.Stop(told)
		cancel()
	}()
	return ctx
}
