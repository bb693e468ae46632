package httpio

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/textproto"
	"strconv"
	"strings"
	"time"

	"chartline/internal/care"
)

// DefaultStall is how long a client may take nothing before its download is cut.
const DefaultStall = 60 * time.Second

// Content is what Deliver sends; a blob.Object is one. Where it also has a
// method File() *os.File, that file's bytes are the content, and the kernel
// sends them. Where it has a method Expect(n int64), it is told before it is read
// how many of its next bytes will be wanted. Where it has a method WriteRange, it
// writes what the client has room for, and nothing is held while the client is
// waited for.
//
// Where it has a method Far() bool that says yes, its bytes come over a network:
// it is asked for each of them once, in order.
type Content interface {
	io.ReadSeeker
	Size() int64
}

// Delivery describes a Content to its client.
type Delivery struct {
	Filename    string // what to save it as; see ContentDisposition
	ContentType string
	SHA256      [32]byte
	// Stall is how long the client may take nothing; 0 means DefaultStall.
	Stall time.Duration
}

// Deliver answers a GET or HEAD with c as calls.md has it: whole, in ranges, or
// not at all (304). It does not close c.
//
// What it cannot answer it returns, with nothing written: KindPrecondition, or
// KindRange with Content-Range set. Once it has begun it does not return an
// error: a client that stalls, hangs up, or cannot be given all that was
// promised has its connection cut by panicking with http.ErrAbortHandler, and
// the request's Event gets the cause, which wraps ErrStalled, ErrClientGone or
// ErrContent.
//
// It is not http.ServeContent, which answers 412, 416 and foreign range units in
// its own way and copies multiple ranges through a goroutine that may outlive
// the content. The bytes go the same way, by sendfile.
func Deliver(w http.ResponseWriter, r *http.Request, c Content, d Delivery) error {
	h, size, etag := w.Header(), c.Size(), `"`+hex.EncodeToString(d.SHA256[:])+`"`
	if tags := r.Header.Values("If-Match"); given(tags) && !anyTag(tags, etag, false) {
		return &care.Error{Kind: care.KindPrecondition, Noun: "recording", Message: "the recording has another ETag"}
	}
	if tags := r.Header.Values("If-None-Match"); given(tags) && anyTag(tags, etag, true) {
		protect(h)
		h.Set("ETag", etag)
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	var spans []span
	if wanted, ok := wantedRange(r, etag); ok {
		if spans, ok = parseRange(wanted, size); !ok {
			h.Set("Content-Range", fmt.Sprintf("bytes */%d", size))
			return &care.Error{Kind: care.KindRange, Noun: "recording", Message: "no such range of bytes"}
		}
	}
	a := planAnswer(spans, d.ContentType, size)
	protect(h)
	h.Set("ETag", etag)
	h.Set("Accept-Ranges", "bytes")
	h.Set("Repr-Digest", "sha-256=:"+base64.StdEncoding.EncodeToString(d.SHA256[:])+":")
	h.Set("Content-Disposition", ContentDisposition(d.Filename))
	h.Set("Content-Type", a.contentType)
	h.Set("Content-Length", strconv.FormatInt(a.length, 10))
	if a.contentRange != "" {
		h.Set("Content-Range", a.contentRange)
	}
	if r.Method == http.MethodHead || a.length == 0 {
		w.WriteHeader(a.status)
		return nil
	}
	if d.Stall <= 0 {
		d.Stall = DefaultStall
	}
	send(w, r, c, a, d.Stall)
	return nil
}

// protect keeps what is sent out of caches, frames, scripts and other sites.
func protect(h http.Header) {
	h.Set("Cache-Control", "private, no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
}

func given(tags []string) bool { return strings.Join(tags, "") != "" }

// anyTag reports whether a list of entity tags names ours, which is strong. The
// weak comparison also takes a weak tag of the same value.
func anyTag(lists []string, etag string, weak bool) bool {
	for _, list := range lists {
		for tag := range strings.SplitSeq(list, ",") {
			tag = textproto.TrimString(tag)
			if weak {
				tag = strings.TrimPrefix(tag, "W/")
			}
			if tag == "*" || tag == etag {
				return true
			}
		}
	}
	return false
}

// wantedRange returns the Range header where it counts: a single one, on a GET
// (RFC 9110 defines it for no other method), whose If-Range names our tag. A
// date there never does: recordings are told apart by their tags alone.
func wantedRange(r *http.Request, etag string) (string, bool) {
	ranges := r.Header.Values("Range")
	if len(ranges) != 1 || r.Method != http.MethodGet {
		return "", false
	}
	if condition := r.Header.Values("If-Range"); len(condition) > 0 && textproto.TrimString(condition[0]) != etag {
		return "", false
	}
	return ranges[0], true
}
