package httpio

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"os"
	"sync"
	"testing"
	"time"
)

// writing is a content that writes its own ranges, as sealed recordings do, and
// fails at a place where there is one.
type writing struct {
	*os.File
	size, failAt int64
	held         func(n int)
}

var errRotten = errors.New("it is rotten")

func (c *writing) Size() int64 { return c.size }

// Read would be how anything else is sent.
func (c *writing) Read([]byte) (int, error) { return 0, errors.New("was read") }

func (c *writing) WriteRange(w io.Writer, off, n int64) (written int64, err error) {
	c.held(1)
	defer c.held(-1)
	buf := make([]byte, rangeTestStep)
	for written < n {
		at := off + written
		if c.failAt > 0 && at >= c.failAt {
			return written, errRotten
		}
		part := buf[:min(rangeTestStep-at%rangeTestStep, n-written)]
		if _, err := c.ReadAt(part, at); err != nil {
			return written, err
		}
		m, err := w.Write(part)
		written += int64(m)
		if err != nil {
			return written, err
		}
	}
	return written, nil
}

const rangeTestStep = 64 << 10

// writingFile delivers large bytes of a pattern; held is how many of its writes
// hold a buffer now.
func writingFile(t *testing.T, failAt int64) (*delivering, *counter) {
	t.Helper()
	path := sparse(t, large)
	f, err := os.OpenFile(path, os.O_WRONLY, 0) // #nosec G304 -- a test's own file
	if err != nil {
		t.Fatal(err)
	}
	for at := int64(0); at < large; at += 1 << 20 {
		if _, err := f.WriteAt([]byte{byte(at >> 20), 1, 2, 3}, at); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	var n counter
	return &delivering{
		open: func() (Content, io.Closer, error) {
			f, err := os.Open(path) // #nosec G304 -- a test's own file
			return &writing{f, large, failAt, n.add}, f, err
		},
		d:      Delivery{ContentType: "audio/mpeg", Stall: stall},
		events: make(chan Event, 10),
	}, &n
}

func TestAContentThatWritesItselfArrivesWholeAndInRanges(t *testing.T) {
	t.Parallel()
	h, _ := writingFile(t, 0)
	addr := listen(t, h)
	for _, want := range []struct {
		header     string
		from, size int64
	}{{"", 0, large}, {"bytes=65530-70000", 65530, 4471}, {"bytes=1048576-", 1 << 20, large - 1<<20}, {"bytes=-5", large - 5, 5}} {
		q, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+addr+"/", nil)
		if err != nil {
			t.Fatal(err)
		}
		if want.header != "" {
			q.Header.Set("Range", want.header)
		}
		res, err := http.DefaultClient.Do(q)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		if err != nil || int64(len(body)) != want.size {
			t.Fatalf("%q: %d bytes, %v", want.header, len(body), err)
		}
		for at := (want.from + 1<<20 - 1) &^ (1<<20 - 1); at+4 <= want.from+want.size; at += 1 << 20 {
			if got := body[at-want.from:][:4]; !bytes.Equal(got, []byte{byte(at >> 20), 1, 2, 3}) {
				t.Fatalf("%q: at %d there is %v", want.header, at, got)
			}
		}
		if event := h.ended(t); event.Cause != nil || event.Bytes != want.size {
			t.Errorf("%q: the event is %+v", want.header, event)
		}
	}
}

func TestAContentThatWritesItselfHoldsNothingWhileItsClientIsSlow(t *testing.T) {
	t.Parallel()
	h, held := writingFile(t, 0)
	res, _ := request(t, narrow(t, listen(t, h)))
	for deadline := time.Now().Add(stall); ; time.Sleep(5 * time.Millisecond) {
		if held.now() == 0 && held.most() > 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("a buffer is held while the client takes nothing")
		}
	}
	crawl(t, h, res.Body, 4<<10)
}

func TestAContentThatWritesItselfAndFailsIsCutAndSaysSo(t *testing.T) {
	t.Parallel()
	for _, failAt := range []int64{1, rangeTestStep, large - rangeTestStep} {
		h, _ := writingFile(t, failAt)
		res, err := http.Get("http://" + listen(t, h) + "/")
		if err != nil {
			t.Fatal(err)
		}
		n, err := io.Copy(io.Discard, res.Body)
		if err == nil || n >= large {
			t.Errorf("failing at %d: %d bytes came, and a good end", failAt, n)
		}
		if event := h.ended(t); !errors.Is(event.Cause, ErrContent) || !errors.Is(event.Cause, errRotten) || event.ErrorID == "" {
			t.Errorf("failing at %d: the event is %+v", failAt, event)
		}
	}
}

func TestAClientThatLeavesAContentThatWritesItselfIsNotItsFault(t *testing.T) {
	t.Parallel()
	h, _ := writingFile(t, 0)
	c := narrow(t, listen(t, h))
	_, _ = request(t, c)
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if event := h.ended(t); !errors.Is(event.Cause, ErrClientGone) || errors.Is(event.Cause, ErrContent) {
		t.Errorf("the event is %+v", event)
	}
	stalled, _ := writingFile(t, 0)
	_, _ = request(t, narrow(t, listen(t, stalled)))
	if event := stalled.ended(t); !errors.Is(event.Cause, ErrStalled) || errors.Is(event.Cause, ErrContent) {
		t.Errorf("the event is %+v", event)
	}
}

// counter counts what is held, and the most that was.
type counter struct {
	mu      sync.Mutex
	n, high int
}

func (c *counter) add(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n += n
	c.high = max(c.high, c.n)
}

func (c *counter) now() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n
}

func (c *counter) most() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.high
}
