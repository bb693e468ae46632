package chart

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/google/uuid"

	"chartline/internal/blob"
	"chartline/internal/care"
	"chartline/internal/gate"
	"chartline/internal/policy"
	"chartline/internal/store"
)

// Incoming is a file that arrives.
type Incoming struct {
	Name string // what it is to be called
	Body io.Reader
}

// Upload keeps a batch of files until a form cites them: all of it, or nothing.
// next returns one after the other, io.EOF after the last; a file's body is read
// before the next is asked for. Faults are named by place, as in field[2]; once
// there is one, the rest is only judged. The bytes are durable before the
// transaction that makes them files; what a crash leaves between the two is
// removed with other unused bytes.
//
// Errors: Invalid (empty, or of no type that is taken), TooLarge (a file, their
// number, the pixels of a picture), RateLimited (too much waits for a form),
// Forbidden, Timeout, StorageFull, Unavailable, and what next returns.
func (s *Service) Upload(ctx context.Context, actor care.Actor, scope care.Scope, field string, next func() (Incoming, error)) ([]care.File, error) {
	q := gate.Request{Actor: actor, Action: policy.FileUpload, Scope: scope}
	room := func(files, size int64) func(store.Tx) (care.Target, error) {
		return func(tx store.Tx) (care.Target, error) {
			return care.Target{Noun: "file"}, s.room(tx, actor, scope, files, size)
		}
	}
	target, err := s.gate.Check(ctx, q, room(1, 1))
	if err != nil {
		return nil, err
	}
	b := batch{service: s, scope: scope, field: field}
	defer b.end()
	if err := b.take(ctx, actor, next); err != nil {
		b.drop(ctx)
		if auditErr := s.gate.Note(ctx, q, target, care.OutcomeFailed, care.KindOf(err).String()); auditErr != nil {
			return nil, auditErr
		}
		return nil, err
	}
	now := s.gate.Now()
	done, err := gate.Write(ctx, s.gate, q, room(int64(len(b.files)), b.size), func(tx store.Tx) (gate.Made[[]care.File], error) {
		files, ids := make([]care.File, len(b.files)), make([]string, len(b.files))
		for i, f := range b.files {
			f.CreatedAt = now
			files[i], ids[i] = f, f.ID
			if err := tx.CreateFile(f); err != nil {
				return gate.Made[[]care.File]{}, err
			}
		}
		return made("file", strings.Join(ids, ","), "", files), nil
	})
	if lost(err) {
		b.drop(ctx)
	}
	return done.Value, err
}

// room reports, as RateLimited, that an uploader has too much here that no form
// cites.
func (s *Service) room(tx store.Tx, actor care.Actor, scope care.Scope, files, size int64) error {
	count, waiting, err := tx.UncitedFiles(scope, actor.ID)
	if err == nil && (count+files > s.limits.UncitedCount || waiting+size > s.limits.UncitedSize) {
		err = &care.Error{Kind: care.KindRateLimited, Noun: "file", Message: "too many files wait for a form that cites them", RetryAfter: time.Minute}
	}
	return err
}

// lost reports whether a failed Write has surely kept nothing, so that its bytes
// are of no use. Where that is not sure, a sweep finds out.
func lost(err error) bool {
	kind := care.KindOf(err)
	return err != nil && kind != care.KindInternal && kind != care.KindUnavailable
}

// batch is files on their way in.
type batch struct {
	service *Service
	scope   care.Scope
	field   string
	files   []care.File // their bytes are kept
	size    int64
	bad     care.Problems
	ends    []func() // of its uploads
}

// end is called when the batch is kept, or is not to be.
func (b *batch) end() {
	for _, end := range b.ends {
		end()
	}
}

// take reads the whole batch.
func (b *batch) take(ctx context.Context, actor care.Actor, next func() (Incoming, error)) error {
	for n := 0; ; n++ {
		in, err := next()
		if err == io.EOF { // one that is wrapped is a body that broke off
			if n == 0 {
				b.bad.Add(b.field, "must have at least one file")
			}
			return b.bad.Err()
		}
		if err != nil {
			return err
		}
		if n == b.service.limits.FileCount {
			return &care.Error{Kind: care.KindTooLarge, Noun: "file", Message: fmt.Sprintf("at most %d files may come at once", n)}
		}
		if err := b.add(ctx, actor, fmt.Sprintf("%s[%d]", b.field, n), in); err != nil {
			return err
		}
	}
}

// add judges a file by its content and, unless the batch is faulty, keeps its
// bytes.
func (b *batch) add(ctx context.Context, actor care.Actor, at string, in Incoming) error {
	source := &body{r: in.Body}
	head := make([]byte, care.FileHead)
	n, err := io.ReadFull(source, head)
	head = head[:n]
	if source.err != nil {
		return source.failed()
	}
	f := care.File{Scope: b.scope, ID: uuid.NewString(), Name: in.Name, Uploader: actor.ID}
	var known bool
	f.ContentType, known = care.SniffFile(head)
	switch {
	case err == io.EOF:
		b.bad.Add(at, "must not be empty")
	case !known:
		b.bad.Add(at, "must be a jpg, png, pdf or heic file")
	case care.Pixels(f.ContentType, head) > care.MaxPixels:
		return &care.Error{Kind: care.KindTooLarge, Noun: "file", Message: "a picture has too many pixels"}
	case care.CheckFileName(f.Name) != nil:
		b.bad.Add(at, "must have a name of at most 200 characters without control characters and slashes")
	}
	if b.bad.Err() != nil {
		return nil
	}
	f.BlobKey = blobKey(b.scope, f.ID)
	b.ends = append(b.ends, b.service.uploading.Begin(f.BlobKey))
	return b.keep(ctx, f, at, source, head)
}

// keep stores a file's bytes, and looks at its end as they pass.
func (b *batch) keep(ctx context.Context, f care.File, at string, source *body, head []byte) error {
	var end tail
	in := io.TeeReader(io.MultiReader(bytes.NewReader(head), source), &end)
	info, err := b.service.media.Put(ctx, f.BlobKey, in, blob.PutOptions{MaxSize: b.service.limits.FileSize})
	switch {
	case err == nil:
	case source.err != nil:
		return source.failed()
	case ctx.Err() != nil: // the client has gone
		return &care.Error{Kind: care.KindInvalid, Noun: "file", Fields: map[string]string{"body": "broke off"}, Cause: err}
	case errors.Is(err, blob.ErrTooLarge):
		return &care.Error{Kind: care.KindTooLarge, Noun: "file", Message: fmt.Sprintf("a file may have at most %d bytes", b.service.limits.FileSize)}
	case errors.Is(err, blob.ErrFull):
		return &care.Error{Kind: care.KindStorageFull, Noun: "file", Message: "no room for a new file", RetryAfter: time.Minute, Cause: err}
	default:
		return care.Unavailable(err)
	}
	f.Size, f.SHA256 = info.Size, info.SHA256
	b.files, b.size = append(b.files, f), b.size+f.Size
	if care.EndsAsArchive(end) {
		b.bad.Add(at, "must be a jpg, png, pdf or heic file and no archive as well")
	}
	return nil
}

// drop removes what was stored of a batch that is not kept; what cannot be
// removed now is removed with other unused bytes.
func (b *batch) drop(ctx context.Context) {
	for _, f := range b.files {
		_ = b.service.media.Remove(context.WithoutCancel(ctx), f.BlobKey)
	}
}

// blobKey is where a file's bytes are kept: made of the server's own id, never of
// a name.
func blobKey(s care.Scope, id string) string {
	return s.Tenant + "/" + s.Instance + "/files/" + id[:2] + "/" + id
}

// tail keeps the last bytes that were written to it.
type tail []byte

func (t *tail) Write(p []byte) (int, error) {
	*t = append(*t, p[max(0, len(p)-care.ArchiveTail):]...)
	*t = append((*t)[:0], (*t)[max(0, len(*t)-care.ArchiveTail):]...)
	return len(p), nil
}

// body is an upload that remembers how reading it failed, so that the client's
// faults are told from the store's.
type body struct {
	r   io.Reader
	err error
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if err != nil && err != io.EOF {
		b.err = err
	}
	return n, err
}

func (b *body) failed() error {
	if errors.Is(b.err, os.ErrDeadlineExceeded) {
		return &care.Error{Kind: care.KindTimeout, Noun: "file", Message: "the files came too slowly", Cause: b.err}
	}
	if own, ok := errors.AsType[*care.Error](b.err); ok {
		return own
	}
	return &care.Error{Kind: care.KindInvalid, Noun: "file", Fields: map[string]string{"body": "broke off"}, Cause: b.err}
}
