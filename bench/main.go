package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"chartline/bench/proc"
)

type options struct {
	Cases  []string
	Pairs  int
	Slice  time.Duration
	Conns  int
	JSON   bool
	Quick  bool
	Strict bool
	Shared bool // both cores for everyone, instead of one each
	Cache  string
	Binary string
}

const coreServer, coreLoad = 0, 1

func (o options) serverCore() int {
	if o.Shared {
		return -1
	}
	return coreServer
}

func (o options) warm() time.Duration { return min(o.Slice, 500*time.Millisecond) }

func main() {
	opt, err := parse(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(2)
	}
	if !opt.Shared {
		if err := proc.PinSelf(coreLoad); err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err, "(-shared runs without pinning)")
			os.Exit(1)
		}
	}
	missed, err := run(opt)
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	if opt.Strict && missed > 0 {
		os.Exit(1)
	}
}

func parse(args []string) (options, error) {
	var opt options
	flags := flag.NewFlagSet("bench", flag.ExitOnError)
	var names []string
	for _, c := range cases() {
		names = append(names, c.name)
	}
	which := flags.String("case", "all", "cases to run, separated by commas: "+strings.Join(names, " "))
	flags.IntVar(&opt.Pairs, "pairs", 12, "pairs of slices in each comparison")
	flags.DurationVar(&opt.Slice, "slice", time.Second, "length of a slice")
	flags.IntVar(&opt.Conns, "conns", 32, "connections of the small-answer cases")
	flags.BoolVar(&opt.JSON, "json", false, "print one JSON object a figure instead of the table")
	flags.BoolVar(&opt.Quick, "quick", false, "tiny data and slices: shows that everything runs, measures nothing")
	flags.BoolVar(&opt.Strict, "strict", false, "exit with 1 when a floor is missed")
	flags.BoolVar(&opt.Shared, "shared", false, "let servers and load share all cores instead of one each")
	flags.StringVar(&opt.Cache, "cache", ".cache", "where binaries and data sets are kept between runs")
	flags.StringVar(&opt.Binary, "chartline", "", "measure this binary instead of building ../cmd/chartline")
	_ = flags.Parse(args) // ExitOnError
	if flags.NArg() > 0 {
		return opt, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	opt.Cases = names
	if *which != "all" {
		opt.Cases = strings.Split(*which, ",")
	}
	for _, name := range opt.Cases {
		if !slices.Contains(names, name) {
			return opt, fmt.Errorf("no case %q; there are: %s", name, strings.Join(names, " "))
		}
	}
	given := map[string]bool{}
	flags.Visit(func(f *flag.Flag) { given[f.Name] = true })
	if opt.Quick && !given["pairs"] {
		opt.Pairs = 2
	}
	if opt.Quick && !given["slice"] {
		opt.Slice = 100 * time.Millisecond
	}
	if opt.Pairs < 1 || opt.Slice <= 0 || opt.Conns < 1 {
		return opt, fmt.Errorf("-pairs, -slice and -conns must be positive")
	}
	if runtime.NumCPU() < 2 && !opt.Shared && os.Getenv("BENCH_PINNED") == "" {
		return opt, fmt.Errorf("one core only: use -shared")
	}
	return opt, nil
}

// benchCase is one row of the table in README.md.
type benchCase struct {
	name string
	run  func(*bench) error
}

func cases() []benchCase {
	return []benchCase{
		{"size", (*bench).size},
		{"start", (*bench).start},
		{"lookup", (*bench).lookup},
		{"calls", (*bench).calls},
		{"slots", (*bench).slots},
		{"register", (*bench).register},
		{"graphql", (*bench).graphql},
		{"ingest", (*bench).ingest},
		{"postgres", (*bench).postgres},
		{"flat", (*bench).flat},
		{"pages", (*bench).pages},
		{"download", (*bench).download},
		{"range", (*bench).ranges},
		{"slow", (*bench).slow},
		{"sealed", (*bench).seal},
		{"s3", (*bench).s3},
	}
}

func run(opt options) (int, error) {
	b, err := newBench(opt)
	if err != nil {
		return 0, err
	}
	defer b.close()
	b.report.note("%s", b.machine())
	for _, c := range cases() {
		if !slices.Contains(opt.Cases, c.name) {
			continue
		}
		if err := c.run(b); err != nil {
			return b.report.missed, fmt.Errorf("%s: %w", c.name, err)
		}
	}
	return b.report.missed, nil
}
