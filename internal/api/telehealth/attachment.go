package telehealth

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"os"
	"strings"

	"chartline/internal/api/httpio"
	"chartline/internal/care"
	"chartline/internal/clinic/chart"
)

const (
	// attachmentField is the part that files come in; other parts are ignored.
	attachmentField = "attachments[]"
	// partsBeside is how much a body may have beside its files: the other parts
	// and all their headers.
	partsBeside = 1 << 20
)

type wireAttachment struct {
	FileName string `json:"file_name"`
	UUID     string `json:"uuid"`
}

// attachFiles is section 4: files for a form to cite. The answer is an array and
// nothing around it.
func (s *Surface) attachFiles(w http.ResponseWriter, r *http.Request, c httpio.Caller) error {
	in, err := s.multipart(w, r)
	if err != nil {
		return err
	}
	files, err := s.Chart.Upload(r.Context(), c.Actor, c.Scope, "attachments", in.nextFile)
	if err != nil {
		return err
	}
	out := make([]wireAttachment, len(files))
	for i, f := range files {
		out[i] = wireAttachment{f.Name, f.ID}
	}
	return httpio.WriteJSON(w, http.StatusOK, out)
}

// upload is a multipart body under reading.
type upload struct {
	parts *multipart.Reader
	body  io.Reader
}

// multipart opens the body. Errors: UnsupportedMedia, Invalid, TooLarge.
func (s *Surface) multipart(w http.ResponseWriter, r *http.Request) (*upload, error) {
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/form-data" {
		return nil, &care.Error{Kind: care.KindUnsupportedMedia, Message: "the content type must be multipart/form-data"}
	}
	if encoding := r.Header.Get("Content-Encoding"); encoding != "" && !strings.EqualFold(encoding, "identity") {
		return nil, &care.Error{Kind: care.KindUnsupportedMedia, Message: "the body must not be encoded"}
	}
	boundary := params["boundary"]
	if boundary == "" || len(boundary) > 70 {
		return nil, care.Invalid("body", "must have a boundary of 1 to 70 characters")
	}
	limit := s.Chart.MaxBatch() + partsBeside
	if r.ContentLength > limit {
		return nil, errBatchTooLarge(limit)
	}
	body := httpio.PatientBody(w, http.MaxBytesReader(w, r.Body, limit), s.Stall)
	return &upload{multipart.NewReader(body, boundary), body}, nil
}

func errBatchTooLarge(limit int64) error {
	return &care.Error{Kind: care.KindTooLarge, Message: fmt.Sprintf("the body may have at most %d bytes", limit)}
}

// nextFile passes over the parts that are no files. After the last one the body
// must end as it said it would.
func (u *upload) nextFile() (chart.Incoming, error) {
	for {
		p, err := u.parts.NextPart()
		if err == io.EOF {
			if _, rest := io.Copy(io.Discard, u.body); rest != nil {
				err = rest
			}
		}
		if err != nil {
			return chart.Incoming{}, partError(err)
		}
		if p.FormName() == attachmentField {
			return chart.Incoming{Name: fileName(p.FileName()), Body: partBody{p}}, nil
		}
	}
}

// partBody reads a file with its failures told apart.
type partBody struct{ part io.Reader }

func (b partBody) Read(p []byte) (int, error) {
	n, err := b.part.Read(p)
	if err != nil && err != io.EOF {
		err = partError(err)
	}
	return n, err
}

// partError tells the end of a body, which is io.EOF itself, from its breaking
// off, which wraps it.
func partError(err error) error {
	tooLarge := (*http.MaxBytesError)(nil)
	switch {
	case err == io.EOF:
		return err
	case errors.As(err, &tooLarge):
		return errBatchTooLarge(tooLarge.Limit)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return &care.Error{Kind: care.KindTimeout, Message: "the files came too slowly", Cause: err}
	}
	return &care.Error{Kind: care.KindInvalid, Fields: map[string]string{"body": "must be well-formed multipart/form-data, and whole"}, Cause: err}
}

// fileName is what a file is called from now on: the last part of what its
// sender called it, made safe.
func fileName(sent string) string {
	if strings.Trim(sent, ". ") == "" {
		return "attachment"
	}
	return httpio.SafeFilename(sent)
}
