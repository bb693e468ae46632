package httpio

import (
	"bytes"
	"fmt"
	"io"
	"testing"
	"time"
)

// distant is a content that comes over a network: every byte asked for twice
// would be another request.
type distant struct {
	*bytes.Reader
	next int64
}

func (c *distant) Far() bool { return true }

func (c *distant) Expect(int64) {}

func (c *distant) WriteRange(w io.Writer, off, n int64) (int64, error) {
	if off != c.next {
		return 0, fmt.Errorf("asked for byte %d, was at %d", off, c.next)
	}
	c.next += n
	return io.Copy(w, io.NewSectionReader(c.Reader, off, n))
}

func TestWhatComesFromFarIsAskedForOnceHoweverSlowTheClient(t *testing.T) {
	t.Parallel()
	data := make([]byte, 1<<20+12345)
	for i := range data {
		data[i] = byte(i >> 8)
	}
	h := &delivering{
		open: func() (Content, io.Closer, error) {
			c := &distant{Reader: bytes.NewReader(data)}
			return c, io.NopCloser(c), nil
		},
		d: Delivery{Filename: "recording.mp3", ContentType: "audio/mpeg"}, events: make(chan Event, 1),
	}
	res, _ := request(t, narrow(t, listen(t, h)))
	var got []byte
	for i := 0; len(got) < len(data); i++ {
		p := make([]byte, 50_000)
		n, err := res.Body.Read(p)
		got = append(got, p[:n]...)
		if err != nil && err != io.EOF {
			t.Fatalf("after %d bytes: %v", len(got), err)
		}
		if i%10 == 0 {
			time.Sleep(3 * patience) // a client that is slow for longer than that
		}
	}
	if e := <-h.events; e.Cause != nil || !bytes.Equal(got, data) {
		t.Errorf("%d bytes, %v", len(got), e.Cause)
	}
}
