package contracttest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
)

// checkParts compares a multipart/byteranges body with ranges of a file.
func (w *world) checkParts(want []string, a reply) error {
	kind, params, err := mime.ParseMediaType(a.header.Get("Content-Type"))
	if err != nil || kind != "multipart/byteranges" {
		return fmt.Errorf("the content type is %q", a.header.Get("Content-Type"))
	}
	f := mediaFile(w.t, want[0])
	parts := multipart.NewReader(bytes.NewReader(a.body), params["boundary"])
	for _, span := range want[1:] {
		p, err := parts.NextRawPart()
		if err != nil {
			return fmt.Errorf("part %s: %w", span, err)
		}
		body, err := io.ReadAll(p)
		if err != nil {
			return fmt.Errorf("part %s: %w", span, err)
		}
		if !bytes.Equal(body, cut(f.bytes, span)) {
			return fmt.Errorf("part %s has other bytes", span)
		}
		if got := p.Header.Get("Content-Range"); got != fmt.Sprintf("bytes %s/%d", span, len(f.bytes)) {
			return fmt.Errorf("part %s has Content-Range %q", span, got)
		}
		if got := p.Header.Get("Content-Type"); got != f.contentType {
			return fmt.Errorf("part %s has Content-Type %q", span, got)
		}
	}
	if _, err := parts.NextRawPart(); !errors.Is(err, io.EOF) {
		return errors.New("there are more parts")
	}
	return nil
}
