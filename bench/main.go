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

	// of the cases scale and simulate
	Recordings float64 // a year
	Engines    []string
	Nodes      int
	Media      int           // bytes of a recording in the replay
	Stretch    time.Duration // that is replayed at a time
	Speed      float64       // 0: until it does not keep up, beginning with From
	From       float64
	Delay      time.Duration // of PostgreSQL's commits
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
	flags.Float64Var(&opt.Recordings, "recordings", 100e6, "scale, simulate: recordings a year")
	engines := flags.String("engines", "sqlite,postgres", "simulate: on which to replay")
	flags.IntVar(&opt.Nodes, "nodes", 1, "simulate: servers, where on PostgreSQL")
	flags.IntVar(&opt.Media, "media", 256<<10, "simulate: bytes of a recording in the replay")
	flags.DurationVar(&opt.Stretch, "stretch", 15*time.Second, "simulate: what is replayed at a time")
	flags.DurationVar(&opt.Delay, "delay", 0, "simulate: what each commit of PostgreSQL waits before its flush, up to 100ms")
	flags.Float64Var(&opt.From, "from", 1, "simulate: the speed to begin with where that is sought")
	flags.Float64Var(&opt.Speed, "speed", 0, "simulate: how many times as fast as arrivals come; 0 seeks where we do not keep up")
	_ = flags.Parse(args) // ExitOnError
	if flags.NArg() > 0 {
		return opt, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	opt.Cases, opt.Engines = names, strings.Split(*engines, ",")
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
	if opt.Quick && !given["stretch"] {
		opt.Stretch = 500 * time.Millisecond
	}
	if opt.Recordings < 1 || opt.Nodes < 1 || opt.Media < 64 || opt.Stretch <= 0 || opt.Speed < 0 || opt.From <= 0 {
		return opt, fmt.Errorf("-recordings, -nodes, -stretch and -from must be positive, -media 64 at least, -speed not negative")
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
		{"scale", (*bench).scale},
		{"simulate", (*bench).simulate},
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
