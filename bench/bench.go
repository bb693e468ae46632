package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// bench is what the cases share: options, built programs, data sets, report.
type bench struct {
	opt    options
	cache  string // absolute
	bin    binaries
	report *report
	closes []func()
	media  string // where recordings are kept; empty: in the data directory
	sealed bool   // whether they are sealed
	// database is PostgreSQL's address while our server uses that, on all cores.
	database   string
	everywhere bool // whether our server runs on all cores
}

type binaries struct {
	chartline, pocketbase, yardstick string
}

func newBench(opt options) (*bench, error) {
	cache, err := filepath.Abs(opt.Cache)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Join(cache, "bin"), 0o750); err != nil {
		return nil, err
	}
	b := &bench{opt: opt, cache: cache, report: &report{w: os.Stdout, json: opt.JSON, judge: !opt.Quick}}
	if err := manyFiles(); err != nil {
		return nil, err
	}
	b.bin.chartline = opt.Binary
	for _, p := range []struct {
		into     *string
		name     string
		dir, pkg string
	}{
		{&b.bin.chartline, "chartline", "..", "./cmd/chartline"},
		{&b.bin.yardstick, "yardstick", ".", "./yardstick"},
		{&b.bin.pocketbase, "pocketbase", "pocketbase", "."},
	} {
		if *p.into != "" {
			continue
		}
		*p.into = filepath.Join(cache, "bin", p.name)
		if err := build(*p.into, p.dir, p.pkg); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// build makes a program as a release would: stripped, no cgo.
func build(into, dir, pkg string) error {
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", into, pkg) // #nosec G204 -- our own programs
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s in %s: %w\n%s", pkg, dir, err, out)
	}
	return nil
}

// manyFiles lets this process and those it starts hold a thousand streams.
func manyFiles() error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("open files: %w", err)
	}
	limit.Cur = limit.Max
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("open files: %w", err)
	}
	return nil
}

// later runs f when the benchmark ends.
func (b *bench) later(f func()) { b.closes = append(b.closes, f) }

func (b *bench) close() {
	for i := len(b.closes) - 1; i >= 0; i-- {
		b.closes[i]()
	}
}

// machine says on what, and how, the figures were measured.
func (b *bench) machine() string {
	cpu := "unknown CPU"
	if info, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		if m := regexp.MustCompile(`(?m)^model name\s*:\s*(.+)$`).FindSubmatch(info); m != nil {
			cpu = string(m[1])
		}
	}
	kernel := "unknown kernel"
	if release, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		kernel = "Linux " + string(bytes.TrimSpace(release))
	}
	cores := fmt.Sprintf("server on core %d, load on core %d", coreServer, coreLoad)
	if b.opt.Shared {
		cores = "server and load share all cores"
	}
	lines := []string{
		fmt.Sprintf("%s  %s, %s, %s", time.Now().UTC().Format("2006-01-02 15:04Z"), cpu, kernel, runtime.Version()),
		fmt.Sprintf("%s; %d pairs of interleaved slices of %v; ratios are median [quartiles] of adjacent slices", cores, b.opt.Pairs, b.opt.Slice),
	}
	if b.opt.Quick {
		lines = append(lines, "-quick: the figures mean nothing, and floors are not judged")
	}
	return strings.Join(lines, "\n")
}
