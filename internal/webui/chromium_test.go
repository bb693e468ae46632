package webui_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience is how long a test waits for the browser before it fails.
const patience = 3 * time.Minute

// chromium is a browser with one page, driven by its own protocol over a pipe.
type chromium struct {
	t       *testing.T
	send    *os.File
	session string
	mu      sync.Mutex // of what follows
	last    int
	waiting map[int]chan reply
	loaded  chan struct{} // a page is there
	ended   chan struct{}
	said    bytes.Buffer // to be read when it has ended
}

type reply struct {
	ID     int
	Method string
	Params struct{ Type string }
	Result json.RawMessage
	Error  *struct{ Message string }
}

// startChromium starts a browser that is closed when the test ends. It reaches
// this machine only.
func startChromium(t *testing.T) *chromium {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal("chromium is needed: run make install")
	}
	dir, err := os.MkdirTemp("", "chromium") // which it may still be writing to when it ends
	must(t, err)
	theirs, send, err := os.Pipe()
	must(t, err)
	receive, theirOut, err := os.Pipe()
	must(t, err)
	c := &chromium{t: t, send: send, waiting: map[int]chan reply{}, loaded: make(chan struct{}, 16), ended: make(chan struct{})}
	cmd := exec.Command(path, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--no-default-browser-check",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
		"--user-data-dir="+dir, "--remote-debugging-pipe", "about:blank")
	cmd.ExtraFiles = []*os.File{theirs, theirOut} // 3 and 4
	cmd.Stderr = &c.said
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	must(t, cmd.Start())
	must(t, theirs.Close())
	must(t, theirOut.Close())
	go func() {
		c.read(receive)
		_ = cmd.Wait() // how it ends is its own matter
		close(c.ended)
	}()
	t.Cleanup(func() {
		must(t, send.Close()) // which ends it
		all := -cmd.Process.Pid
		late := time.AfterFunc(patience, func() { _ = syscall.Kill(all, syscall.SIGKILL) })
		<-c.ended
		late.Stop()
		_ = syscall.Kill(all, syscall.SIGKILL) // helpers that live a moment longer, and write there
		for end := time.Now().Add(patience); os.RemoveAll(dir) != nil && time.Now().Before(end); {
			time.Sleep(10 * time.Millisecond)
		}
	})
	var target struct{ TargetID string }
	c.call("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var attached struct{ SessionID string }
	c.call("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached)
	c.session = attached.SessionID
	c.call("Page.enable", nil, nil)
	c.call("Emulation.setFocusEmulationEnabled", map[string]any{"enabled": true}, nil) // as if its window were in front
	return c
}

// read takes what the browser says until it ends.
func (c *chromium) read(from io.ReadCloser) {
	defer from.Close()
	for r := bufio.NewReader(from); ; {
		line, err := r.ReadBytes(0)
		if err != nil {
			return
		}
		var m reply
		if json.Unmarshal(line[:len(line)-1], &m) != nil {
			continue
		}
		c.mu.Lock()
		waiting := c.waiting[m.ID]
		delete(c.waiting, m.ID)
		c.mu.Unlock()
		switch {
		case waiting != nil:
			waiting <- m
		case m.Method == "Page.loadEventFired", m.Method == "Page.frameNavigated" && m.Params.Type == "BackForwardCacheRestore":
			c.loaded <- struct{}{}
		}
	}
}

// call asks the browser for something and reads what it answers into out.
func (c *chromium) call(method string, params map[string]any, out any) {
	c.t.Helper()
	answered := make(chan reply, 1)
	c.mu.Lock()
	c.last++
	id := c.last
	c.waiting[id] = answered
	c.mu.Unlock()
	m := map[string]any{"id": id, "method": method, "params": params}
	if c.session != "" {
		m["sessionId"] = c.session
	}
	text, err := json.Marshal(m)
	must(c.t, err)
	_, err = c.send.Write(append(text, 0))
	must(c.t, err)
	select {
	case a := <-answered:
		if a.Error != nil {
			c.t.Fatalf("chromium: %s: %s", method, a.Error.Message)
		}
		if out != nil {
			must(c.t, json.Unmarshal(a.Result, out))
		}
	case <-c.ended:
		c.t.Fatalf("chromium has ended: %s", c.said.String())
	case <-time.After(patience):
		c.t.Fatalf("chromium: %s: no answer", method)
	}
}

// to does something that leads to a page, and waits until it is there and drawn.
func (c *chromium) to(do func()) {
	c.t.Helper()
	for len(c.loaded) > 0 {
		<-c.loaded
	}
	do()
	select {
	case <-c.loaded:
	case <-time.After(patience):
		c.t.Fatal("chromium: no page came")
	}
	c.value(`new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)))`)
}

// await waits until the page is at path, query and all.
func (c *chromium) await(path string) {
	c.t.Helper()
	for c.value(`location.pathname + location.search`) != path {
		select {
		case <-c.loaded:
		case <-time.After(patience):
			c.t.Fatalf("chromium: the page does not become %s", path)
		}
	}
}

func (c *chromium) open(url string) {
	c.t.Helper()
	c.to(func() { c.call("Page.navigate", map[string]any{"url": url}, nil) })
}

// value is what an expression is in the page, as text.
func (c *chromium) value(expression string) string {
	c.t.Helper()
	var out struct {
		Result           struct{ Value any }
		ExceptionDetails any
	}
	c.call("Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true, "awaitPromise": true}, &out)
	if out.ExceptionDetails != nil {
		c.t.Fatalf("chromium: %s: %v", expression, out.ExceptionDetails)
	}
	return fmt.Sprint(out.Result.Value)
}

// click clicks in the middle of what selector finds, as a mouse does.
func (c *chromium) click(selector string) {
	c.t.Helper()
	var at struct{ X, Y float64 }
	where := c.value(fmt.Sprintf(`(() => { const r = document.querySelector(%q).getBoundingClientRect(); return JSON.stringify({x: r.x + r.width / 2, y: r.y + r.height / 2}) })()`, selector))
	must(c.t, json.Unmarshal([]byte(where), &at))
	for _, kind := range []string{"mousePressed", "mouseReleased"} {
		c.call("Input.dispatchMouseEvent", map[string]any{"type": kind, "x": at.X, "y": at.Y, "button": "left", "clickCount": 1}, nil)
	}
}

// press presses a key and lets it go.
func (c *chromium) press(key string) {
	c.t.Helper()
	code := map[string]int{"Enter": 13, "Tab": 9}[key]
	text := map[string]string{"Enter": "\r"}[key]
	c.call("Input.dispatchKeyEvent", map[string]any{"type": "keyDown", "key": key, "code": key, "windowsVirtualKeyCode": code, "text": text}, nil)
	c.call("Input.dispatchKeyEvent", map[string]any{"type": "keyUp", "key": key, "code": key, "windowsVirtualKeyCode": code}, nil)
}

// write types text where the focus is.
func (c *chromium) write(text string) {
	c.t.Helper()
	c.call("Input.insertText", map[string]any{"text": text}, nil)
}

// is fails unless the page is at path and shows each text; after "not" none.
func (c *chromium) is(path string, texts ...string) {
	c.t.Helper()
	if got := c.value(`location.pathname`); got != path {
		c.t.Errorf("the page is %s, not %s", got, path)
	}
	shown, want := c.value(`document.body.innerText`), true
	for _, text := range texts {
		if text == "not" {
			want = false
		} else if strings.Contains(shown, text) != want {
			c.t.Errorf("%s shows %q: %v\n%s", path, text, !want, shown)
		}
	}
}
