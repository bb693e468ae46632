package contracttest

import (
	"bytes"
	"cmp"
	"errors"
	"mime/multipart"
	"strconv"
	"strings"
	"testing"
)

// upload is one part of a multipart/form-data body: a file, its size where it is
// not the seed's, and what it is called where that is not the file's name.
type upload struct {
	field, file, name string
	size              int
}

// parseUpload reads "field file", and then "size=N" and "name=...", which goes on
// to the end of the line.
func parseUpload(line string) (upload, error) {
	head, name, _ := strings.Cut(line, " name=")
	words := strings.Fields(head)
	if len(words) < 2 {
		return upload{}, errors.New("an upload is a field and a file")
	}
	u := upload{field: words[0], file: words[1], name: name}
	if u.name == "" {
		u.name = u.file
	}
	if len(words) > 2 {
		n, err := strconv.Atoi(strings.TrimPrefix(words[2], "size="))
		if err != nil {
			return upload{}, err
		}
		u.size = n
	}
	return u, nil
}

// multipartOf returns the body and its content type.
func multipartOf(t testing.TB, uploads []upload) ([]byte, string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, u := range uploads {
		content := mediaFile(t, u.file).bytes
		if u.size > 0 {
			content = append(bytes.Clone(content), make([]byte, max(0, u.size-len(content)))...)[:u.size]
		}
		part, err := w.CreateFormFile(u.field, cmp.Or(u.name, u.file))
		if err == nil {
			_, err = part.Write(content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), w.FormDataContentType()
}
