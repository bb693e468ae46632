package metrics

import (
	"bytes"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// ticks is how many of /proc's units of time are a second, on every machine that
// Linux runs on here.
const ticks = 100

// showProcess adds what Linux says of this process; what it does not say is left
// out.
func showProcess(p *page) {
	if fds, err := os.ReadDir("/proc/self/fd"); err == nil {
		p.one("process_open_fds", "gauge", "Open file descriptors.", float64(len(fds)-1)) // without the directory's own
	}
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &limit) == nil {
		p.one("process_max_fds", "gauge", "File descriptors that may be open.", float64(limit.Cur))
	}
	if unix.Getrlimit(unix.RLIMIT_AS, &limit) == nil {
		p.one("process_virtual_memory_max_bytes", "gauge", "Bytes of address space that may be used.", float64(limit.Cur))
	}
	showStat(p)
	showNetwork(p)
}

// showStat adds what is in /proc/self/stat, see proc(5): fields are counted from
// what follows the program's name in parentheses, which is the third.
func showStat(p *page) {
	text, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		return
	}
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	if len(fields) < 22 {
		return
	}
	field := func(n int) float64 {
		v, _ := strconv.ParseFloat(fields[n-3], 64)
		return v
	}
	p.one("process_cpu_seconds_total", "counter", "Seconds of the processor, of the program and of the system for it.", (field(14)+field(15))/ticks)
	p.one("process_virtual_memory_bytes", "gauge", "Bytes of address space.", field(23))
	p.one("process_resident_memory_bytes", "gauge", "Bytes of memory.", field(24)*float64(os.Getpagesize()))
	if boot := bootTime(); boot > 0 {
		p.one("process_start_time_seconds", "gauge", "When the process began, in seconds since 1970.", boot+field(22)/ticks)
	}
}

// bootTime is when the machine started, in seconds since 1970; 0 where that is
// not known.
func bootTime() float64 {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(text), "\nbtime ")
	line, _, _ := strings.Cut(rest, "\n")
	boot, _ := strconv.ParseFloat(line, 64)
	return boot
}

// showNetwork adds what went over the network, of all that share this process's
// view of it.
func showNetwork(p *page) {
	text, err := os.ReadFile("/proc/self/net/netstat")
	if err != nil {
		return
	}
	var names []string
	for line := range strings.Lines(string(text)) {
		words, ok := strings.CutPrefix(line, "IpExt: ")
		if !ok {
			continue
		}
		if names == nil {
			names = strings.Fields(words)
			continue
		}
		for i, v := range strings.Fields(words) {
			n, err := strconv.ParseFloat(v, 64)
			switch {
			case err != nil || i >= len(names):
			case names[i] == "InOctets":
				p.one("process_network_receive_bytes_total", "counter", "Bytes received in the process's network namespace.", n)
			case names[i] == "OutOctets":
				p.one("process_network_transmit_bytes_total", "counter", "Bytes sent in the process's network namespace.", n)
			}
		}
	}
}
