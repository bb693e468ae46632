package proc

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Spec says how to start a server. What it prints goes to a file and not
// through us, so that a server's log costs the server and not the load.
type Spec struct {
	Name string
	Path string
	Args []string
	Env  []string // added to ours
	Addr netip.AddrPort
	Core int                 // AllCores: wherever the kernel likes
	As   *syscall.Credential // whom to run it as; nil: as ourselves
}

// AllCores is the Core of a server that is not pinned.
const AllCores = -1

// Server is a started process.
type Server struct {
	Spec
	Started time.Time // just before exec
	cmd     *exec.Cmd
	log     *os.File
	exited  chan struct{}
	stop    sync.Once
}

// Start starts a server and does not wait until it listens. The process dies
// with the benchmark whatever happens.
func Start(spec Spec) (*Server, error) {
	log, err := openLog()
	if err != nil {
		return nil, err
	}
	// #nosec G204 -- starting programs that the benchmark names is what this is for
	cmd := exec.Command(spec.Path, spec.Args...)
	cmd.Env = append(os.Environ(), spec.Env...)
	s := &Server{Spec: spec, cmd: cmd, log: log, exited: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL, Credential: spec.As}
	started := make(chan error)
	// The thread that starts the process lives as long as the process does:
	// Pdeathsig follows the thread, and the pinning of a thread is inherited.
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		if err := pinThread(spec.Core); err != nil {
			started <- err
			return
		}
		s.Started = time.Now()
		if err := cmd.Start(); err != nil {
			started <- fmt.Errorf("start %s: %w", spec.Name, err)
			return
		}
		started <- nil
		_ = cmd.Wait() // how it ended is told by whoever missed it, with its output
		close(s.exited)
	}()
	if err := <-started; err != nil {
		return nil, errors.Join(err, log.Close())
	}
	return s, nil
}

// openLog opens a file to print to, which is gone once it is closed.
func openLog() (*os.File, error) {
	log, err := os.CreateTemp("", "bench-*.log")
	if err != nil {
		return nil, err
	}
	return log, os.Remove(log.Name())
}

// printed is the last that the server has printed.
func (s *Server) printed() string {
	const most = 4 << 10
	info, err := s.log.Stat()
	if err != nil {
		return err.Error()
	}
	text := make([]byte, min(info.Size(), most))
	n, err := s.log.ReadAt(text, info.Size()-int64(len(text)))
	if err != nil && !errors.Is(err, io.EOF) {
		return err.Error()
	}
	return string(text[:n])
}

// Listening waits until the server accepts connections.
func (s *Server) Listening(timeout time.Duration) error {
	for deadline := time.Now().Add(timeout); ; time.Sleep(2 * time.Millisecond) {
		conn, err := net.DialTimeout("tcp", s.Addr.String(), time.Second)
		if err == nil {
			return conn.Close()
		}
		if err := s.Alive(); err != nil {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%s does not listen on %v after %v: %w\n%s", s.Name, s.Addr, timeout, err, s.printed())
		}
	}
}

// Alive is an error, with the last that it printed, when the server has ended.
func (s *Server) Alive() error {
	select {
	case <-s.exited:
		return fmt.Errorf("%s has ended: %v\n%s", s.Name, s.cmd.ProcessState, s.printed())
	default:
		return nil
	}
}

// Stop asks the server to end, and makes it after ten seconds.
func (s *Server) Stop() {
	s.stop.Do(func() {
		defer func() { _ = s.log.Close() }()
		_ = s.cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-s.exited:
		case <-time.After(10 * time.Second):
			_ = s.cmd.Process.Kill()
			<-s.exited
		}
	})
}

// CPU is the user and system time that the server has used, in the kernel's
// ticks of 10 ms.
func (s *Server) CPU() (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
	if err != nil {
		return 0, errors.Join(s.Alive(), err)
	}
	return cpuTime(stat)
}

// CPUOfAll is what the server and the processes that it has started have used,
// those that have ended included.
func (s *Server) CPUOfAll() (time.Duration, error) {
	pid := s.cmd.Process.Pid
	list, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if err != nil {
		return 0, errors.Join(s.Alive(), err)
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, errors.Join(s.Alive(), err)
	}
	own, err := ticks(stat, 4)
	if err != nil {
		return 0, err
	}
	for _, child := range strings.Fields(string(list)) {
		stat, err := os.ReadFile("/proc/" + child + "/stat")
		if errors.Is(err, os.ErrNotExist) {
			continue // it has ended since: the next look finds it in its parent's
		}
		if err != nil {
			return 0, err
		}
		used, err := ticks(stat, 2)
		if err != nil {
			return 0, err
		}
		own += used
	}
	return own, nil
}

func cpuTime(stat []byte) (time.Duration, error) { return ticks(stat, 2) }

// ticks adds up the first n of: the process's time for itself and in the kernel, and
// that of its children which have ended.
func ticks(stat []byte, n int) (time.Duration, error) {
	// The second field is the command's name, in parentheses and free to hold spaces.
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) < 15 {
		return 0, fmt.Errorf("/proc stat has %d fields", len(fields))
	}
	const tick = time.Second / 100 // USER_HZ, fixed in the kernel's interface
	var sum time.Duration
	for _, field := range fields[11 : 11+n] {
		v, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("/proc stat: %w", err)
		}
		sum += time.Duration(v) * tick
	}
	return sum, nil
}

// RssAnon is the server's anonymous resident memory in bytes; mapped files,
// which the kernel can drop at any time, are not in it.
func (s *Server) RssAnon() (int64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		return 0, errors.Join(s.Alive(), err)
	}
	return rssAnon(status)
}

func rssAnon(status []byte) (int64, error) {
	for line := range strings.Lines(string(status)) {
		if value, ok := strings.CutPrefix(line, "RssAnon:"); ok {
			kib, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "kB")), 10, 64)
			if err != nil {
				return 0, fmt.Errorf("/proc status: %w", err)
			}
			return kib << 10, nil
		}
	}
	return 0, errors.New("/proc status has no RssAnon")
}

// FreeAddr picks a loopback port that nobody listens on.
func FreeAddr() (netip.AddrPort, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("free port: %w", err)
	}
	defer func() { _ = l.Close() }()
	return netip.ParseAddrPort(l.Addr().String())
}

// PinSelf starts this program again with every thread on one core. Call it
// first in main; it returns at once in the program that is pinned already.
func PinSelf(core int) error {
	const done = "BENCH_PINNED"
	if os.Getenv(done) != "" {
		return nil
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := pinThread(core); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("pin: %w", err)
	}
	// #nosec G204 -- ourselves
	return syscall.Exec(self, os.Args, append(os.Environ(), done+"=1"))
}

// pinThread has the thread run on one core, or on all again.
func pinThread(core int) error {
	var set unix.CPUSet
	if core == AllCores {
		for i := range len(set) * 64 { // those that are not there do not count
			set.Set(i)
		}
	} else {
		set.Set(core)
	}
	if err := unix.SchedSetaffinity(0, &set); err != nil {
		return fmt.Errorf("pin to core %d: %w", core, err)
	}
	return nil
}
