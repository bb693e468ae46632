package faulttest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// transfers are downloads and uploads that stand in their middle until they are
// let go.
type transfers struct {
	c      clinic
	t      testing.TB
	gate   chan struct{}
	wait   sync.WaitGroup
	mu     sync.Mutex
	whole  int // that came to their good end
	broken int
}

// transfers begins n downloads of a recording and n uploads to its call.
func (c clinic) transfers(t testing.TB, s *site, n int, call, th *thing, data []byte) *transfers {
	t.Helper()
	x := &transfers{c: c, t: t, gate: make(chan struct{})}
	slow := *c.tenant
	slow.http = &http.Client{Transport: &http.Transport{DisableCompression: true, DialContext: dialNarrow}}
	var begun sync.WaitGroup
	for range n {
		begun.Add(1)
		x.wait.Go(func() { x.download(&slow, th, data, begun.Done) })
		x.wait.Go(func() { x.upload(&slow, call) })
	}
	begun.Wait()
	eventually(t, "the uploads do not begin", func() bool {
		staged, err := os.ReadDir(s.media(".tmp"))
		return err == nil && len(staged) == n
	})
	return x
}

// dialNarrow connects so that little can lie between the server and who does not
// read.
func dialNarrow(ctx context.Context, network, address string) (net.Conn, error) {
	d := net.Dialer{Control: func(_, _ string, raw syscall.RawConn) error {
		var err error
		return errors.Join(raw.Control(func(fd uintptr) { err = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 64<<10) }), err)
	}}
	return d.DialContext(ctx, network, address)
}

func (x *transfers) end(whole bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if whole {
		x.whole++
	} else {
		x.broken++
	}
}

func (x *transfers) download(tn *tenant, th *thing, want []byte, begun func()) {
	begin := sync.OnceFunc(begun)
	defer begin()
	answer, err := tn.begin(context.Background(), http.MethodGet, "/api/v1/recordings/"+th.id+"/content", nil)
	if err != nil {
		x.t.Error(err)
		return
	}
	defer answer.Body.Close()
	left := comparison(want)
	if _, err := io.CopyN(&left, answer.Body, 64<<10); err != nil {
		x.t.Error(err)
	}
	begin()
	<-x.gate
	_, err = io.Copy(&left, answer.Body)
	if err == nil && len(left) > 0 {
		x.t.Errorf("a download ended well and lacks %d bytes", len(left))
	}
	if errors.Is(err, errOther) {
		x.t.Error(err)
	}
	x.end(err == nil)
}

// comparison is what is still to come of what is wanted.
type comparison []byte

var errOther = errors.New("these are other bytes")

func (c *comparison) Write(p []byte) (int, error) {
	if !bytes.HasPrefix(*c, p) {
		return 0, errOther
	}
	*c = (*c)[len(p):]
	return len(p), nil
}

func (x *transfers) upload(tn *tenant, call *thing) {
	data := sound(300_000)
	th, path := tn.tryRecording(x.c.newName(), "call", call.key, data)
	got, err := tn.ask(context.Background(), http.MethodPost, path, io.MultiReader(bytes.NewReader(data[:200_000]), after{x.gate}, bytes.NewReader(data[200_000:])), "Content-Type: audio/mpeg")
	tn.told(th, got, err)
	x.end(err == nil && got.status == http.StatusCreated)
}

// after is a body's part that says nothing and ends once its gate is open.
type after struct{ gate <-chan struct{} }

func (a after) Read([]byte) (int, error) {
	<-a.gate
	return 0, io.EOF
}

// letGo lets them go on and waits for their ends.
func (x *transfers) letGo() {
	close(x.gate)
	x.wait.Wait()
}

// mustBeClosed waits until nobody is let in any more.
func (c clinic) mustBeClosed(t testing.TB) {
	t.Helper()
	eventually(t, "it still lets in", func() bool {
		conn, err := net.Dial("tcp", strings.TrimPrefix(c.base, "http://"))
		if err != nil {
			return true
		}
		return conn.Close() != nil
	})
}

// F30.
func TestAServerThatIsToldToStopLetsWhatIsUnderwayEnd(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	p := s.start(t, "--drain-timeout", "1h", "--stall-timeout", "1h")
	c := s.first().open(t)
	call := c.mustHaveCall(t)
	th, data := c.mustUpload(t, call)
	const n = 15
	x := c.transfers(t, s, n, call, th, data)
	p.signal(syscall.SIGTERM)
	c.mustBeClosed(t)
	c.http.CloseIdleConnections() // one that rested may be let in until it is closed, a moment later
	if got, err := c.get(t.Context(), "/api/v1/patients"); err == nil {
		t.Errorf("a new request is told %v", got)
	}
	x.letGo()
	p.mustEnd()
	if x.whole != 2*n {
		t.Errorf("%d of %d transfers came to a good end", x.whole, 2*n)
	}
	s.mustBeAnchored(t)
	p = s.start(t)
	s.verify(t)
	p.stop()
}

// mustBeAnchored proves that a server's last checkpoint signed all that there is.
func (s *site) mustBeAnchored(t testing.TB) {
	t.Helper()
	var checked struct {
		OK     bool
		Chains []struct{ Entries, Anchored int64 }
	}
	must(t, json.Unmarshal([]byte(s.command(t, "audit", "verify", "--tenant", s.first().tenantName, "--json")), &checked))
	// But for the entry of this look at it.
	if len(checked.Chains) != 1 || !checked.OK || checked.Chains[0].Anchored != checked.Chains[0].Entries-1 {
		t.Errorf("after the stop the log is %+v", checked)
	}
}

// F30: what does not end in time, or is not given any.
func TestAServerThatEndsBeforeWhatIsUnderwayKeepsWhatItAcknowledged(t *testing.T) {
	t.Parallel()
	for name, cut := range map[string]struct {
		drain string
		end   func(p *process)
		code  int
	}{
		"the time is over": {"1s", func(*process) {}, 0},
		"told twice":       {"1h", func(p *process) { p.signal(syscall.SIGTERM) }, -1},
		"killed":           {"1h", func(p *process) { p.signal(syscall.SIGKILL) }, -1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.program = built(t)
			p := s.start(t, "--drain-timeout", cut.drain, "--stall-timeout", "1h")
			c := s.first().open(t)
			call := c.mustHaveCall(t)
			th, data := c.mustUpload(t, call)
			const n = 5
			x := c.transfers(t, s, n, call, th, data)
			l := begin(t, draw(t), 2, none, c)
			l.more(5, 0)
			p.signal(syscall.SIGTERM)
			c.mustBeClosed(t)
			cut.end(p)
			p.mustDie()
			if code := p.exitCode(); code != cut.code {
				t.Errorf("it ends with %d, want %d: %s", code, cut.code, p.log)
			}
			p.checkLog()
			x.letGo()
			l.end()
			if x.whole != 0 || x.broken != 2*n {
				t.Errorf("%d transfers came to a good end, %d were cut", x.whole, x.broken)
			}
			if cut.code == 0 {
				s.mustBeAnchored(t)
			}
			p = s.start(t)
			s.verify(t)
			p.stop()
		})
	}
}

var buildOnce = sync.OnceValues(func() (string, error) {
	program := filepath.Join(scratch, "chartline")
	if out, err := exec.Command("go", "build", raceFlag, "-o", program, "chartline/cmd/chartline").CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return program, nil
})

// built is the program itself, for what its main does.
func built(t testing.TB) string {
	t.Helper()
	program, err := buildOnce()
	must(t, err)
	return program
}
