package pgtest

import (
	"bytes"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// Proxy stands between clients and a server, and loses what it is told to.
type Proxy struct {
	dir string
	to  string

	mu    sync.Mutex
	lose  []byte        // a question: its connection ends with it
	after bool          // once the server has answered it
	held  chan struct{} // closed once answers go on
	open  map[net.Conn]bool
}

// Proxy begins one in front of c, which ends with the test.
func (c *Cluster) Proxy(t testing.TB) *Proxy {
	t.Helper()
	dir, err := os.MkdirTemp(inMemory(), "px")
	if err != nil {
		t.Fatal(err)
	}
	const socket = ".s.PGSQL.5432"
	l, err := net.Listen("unix", filepath.Join(dir, socket))
	if err != nil {
		t.Fatal(err)
	}
	free := make(chan struct{})
	close(free)
	p := &Proxy{dir: dir, to: filepath.Join(c.dir, socket), held: free, open: map[net.Conn]bool{}}
	t.Cleanup(func() {
		_ = l.Close()
		p.Go()
		p.mu.Lock()
		defer p.mu.Unlock()
		for conn := range p.open {
			_ = conn.Close()
		}
		_ = os.RemoveAll(dir)
	})
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			go p.serve(client)
		}
	}()
	return p
}

// LoseQuestion ends the next connection that a statement of this name is run on,
// before the server gets it.
func (p *Proxy) LoseQuestion(name string) { p.arm(name, false) }

// LoseAnswer ends it once the server has run it; the name is that of its
// command too.
func (p *Proxy) LoseAnswer(name string) { p.arm(name, true) }

func (p *Proxy) arm(name string, after bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lose, p.after = []byte("\x00"+name+"\x00"), after
}

// Armed reports whether nothing was lost yet.
func (p *Proxy) Armed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.lose != nil
}

// Stall holds all answers back, until Go.
func (p *Proxy) Stall() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held = make(chan struct{})
}

// Go lets answers through again.
func (p *Proxy) Go() {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.held:
	default:
		close(p.held)
	}
}

func (p *Proxy) serve(client net.Conn) {
	server, err := net.Dial("unix", p.to)
	if err != nil {
		_ = client.Close()
		return
	}
	p.mu.Lock()
	p.open[client] = true
	p.mu.Unlock()
	lost := make(chan []byte, 1) // what the server is to answer before the end
	go func() {
		_ = p.questions(server, client, lost)
		_ = server.Close()
	}()
	_ = p.answers(client, server, lost)
	_ = client.Close()
	_ = server.Close()
	p.mu.Lock()
	delete(p.open, client)
	p.mu.Unlock()
}

// questions copies what a client sends.
func (p *Proxy) questions(server io.Writer, client io.ReadCloser, lost chan<- []byte) error {
	b := make([]byte, 64<<10)
	for {
		n, err := client.Read(b)
		if err != nil {
			return err
		}
		p.mu.Lock()
		hit, after := p.lose != nil && bytes.Contains(b[:n], p.lose), p.after
		if hit {
			if after {
				lost <- p.lose[1:]
			}
			p.lose = nil
		}
		p.mu.Unlock()
		if hit && !after {
			return client.Close()
		}
		if _, err := server.Write(b[:n]); err != nil {
			return err
		}
	}
}

// answers copies what the server sends, up to what is to be lost.
func (p *Proxy) answers(client io.Writer, server io.Reader, lost <-chan []byte) error {
	b := make([]byte, 64<<10)
	var awaited, seen []byte
	for {
		n, err := server.Read(b)
		if err != nil {
			return err
		}
		p.mu.Lock()
		held := p.held
		p.mu.Unlock()
		<-held
		select {
		case awaited = <-lost:
		default:
		}
		if awaited != nil {
			if seen = append(seen, b[:n]...); bytes.Contains(seen, awaited) {
				return nil
			}
			continue
		}
		if _, err := client.Write(b[:n]); err != nil {
			return err
		}
	}
}

// At is where the database that url names is reached through the proxy.
func (p *Proxy) At(t testing.TB, url string) string {
	t.Helper()
	return (&Cluster{dir: p.dir}).At(t, url)
}
