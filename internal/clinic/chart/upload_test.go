package chart_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/uuid"

	"chartline/internal/blob"
	"chartline/internal/care"
	"chartline/internal/clinic/chart"
	"chartline/internal/store"
	"chartline/internal/testkit"
)

func TestABatchIsKeptInItsOrder(t *testing.T) {
	t.Parallel()
	c := open(t, testkit.Options{})
	files, err := c.upload(t, c.partner, pdf("one"), pdf("two"), pdf("one"))
	must(t, err)
	if len(files) != 3 || files[0].ID == files[2].ID || len(c.kept(t)) != 3 {
		t.Fatalf("%+v, %v", files, c.kept(t))
	}
	for i, text := range []string{"one", "two", "one"} {
		content, err := c.Chart.OpenFile(t.Context(), c.partner, live, files[i].ID)
		must(t, err)
		got, err := io.ReadAll(content.Object)
		must(t, errors.Join(err, content.Object.Close()))
		f := content.File
		if string(got) != string(pdf(text)) || f.ContentType != "application/pdf" || f.Size != int64(len(got)) || f.Uploader != "partner" || f.Patient != "" {
			t.Errorf("file %d is %q, %+v", i, got, f)
		}
	}
	if e := c.entries(t, "file.upload")[0]; e.Outcome != care.OutcomeAllowed || !strings.Contains(e.ID, files[0].ID+","+files[1].ID) {
		t.Errorf("the batch is audited as %+v", e)
	}
}

// TestNothingOfARefusedBatchIsKept breaks a batch in every way, each time after
// files that are good.
func TestNothingOfARefusedBatchIsKept(t *testing.T) {
	t.Parallel()
	limits := chart.Limits{FileSize: 1000, FileCount: 3, UncitedCount: 100, UncitedSize: 1 << 20}
	c := open(t, testkit.Options{Uploads: &limits})
	good := pdf("good")
	broken := errors.New("the line broke")
	for what, b := range map[string]struct {
		next   func() (chart.Incoming, error)
		kind   care.Kind
		fields []string
	}{
		"no file":                  {batch(io.EOF), care.KindInvalid, []string{"files"}},
		"two of no type":           {batch(io.EOF, good, []byte("<html>"), good[:4]), care.KindInvalid, []string{"files[1]", "files[2]"}},
		"an empty one":             {batch(io.EOF, good, nil), care.KindInvalid, []string{"files[1]"}},
		"one byte too many":        {batch(io.EOF, good, pdf(strings.Repeat("x", 1000-8))), care.KindTooLarge, nil},
		"too many files":           {batch(io.EOF, good, good, good, good), care.KindTooLarge, nil},
		"an archive as well":       {batch(io.EOF, good, pdf("PK\x05\x06")), care.KindInvalid, []string{"files[1]"}},
		"a flood of pixels":        {batch(io.EOF, good, []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x01\x86\xa0\x00\x01\x86\xa0\x08\x02\x00\x00\x00")), care.KindTooLarge, nil},
		"breaks off between two":   {batch(&care.Error{Kind: care.KindInvalid, Fields: map[string]string{"body": "is not whole"}}, good, good), care.KindInvalid, []string{"body"}},
		"wraps its end":            {batch(fmt.Errorf("unexpected: %w", io.EOF), good), care.KindInternal, nil},
		"breaks off in its head":   {oneFile(good, iotest.ErrReader(broken)), care.KindInvalid, []string{"body"}},
		"breaks off in its body":   {oneFile(good, io.MultiReader(bytes.NewReader(pdf(strings.Repeat("x", 500))), iotest.ErrReader(broken))), care.KindInvalid, []string{"body"}},
		"stands still in its body": {oneFile(good, iotest.ErrReader(&care.Error{Kind: care.KindTimeout})), care.KindTimeout, nil},
	} {
		files, err := c.Chart.Upload(t.Context(), c.partner, live, "files", b.next)
		if care.KindOf(err) != b.kind || files != nil {
			t.Errorf("%s: %v, %v", what, files, err)
		}
		if len(b.fields) > 0 {
			fails(t, err, b.kind, b.fields...)
		}
		if kept := c.kept(t); len(kept) > 0 {
			t.Errorf("%s: there remain %v", what, kept)
		}
		if e := c.entries(t, "file.upload")[0]; e.Outcome != care.OutcomeFailed || e.ActorID != "partner" {
			t.Errorf("%s: the audit log says %+v", what, e)
		}
	}
	_, err := c.upload(t, c.partner, good, pdf(strings.Repeat("x", 1000-9)), good)
	must(t, err) // as many and as large as may be
	if err := uncited(t, c, 3); err != nil {
		t.Error(err)
	}
}

// oneFile is a batch of a good file and one whose bytes come from r.
func oneFile(good []byte, r io.Reader) func() (chart.Incoming, error) {
	n := 0
	return func() (chart.Incoming, error) {
		n++
		switch n {
		case 1:
			return chart.Incoming{Name: "good.pdf", Body: bytes.NewReader(good)}, nil
		case 2:
			return chart.Incoming{Name: "bad.pdf", Body: r}, nil
		}
		return chart.Incoming{}, io.EOF
	}
}

// uncited reports where the partner has not so many files that no form cites.
func uncited(t *testing.T, c *clinic, want int64) error {
	t.Helper()
	var n int64
	err := c.Store.View(t.Context(), func(tx store.Tx) error {
		var err error
		n, _, err = tx.UncitedFiles(live, "partner")
		return err
	})
	if err == nil && n != want {
		err = fmt.Errorf("%d files wait for a form, not %d", n, want)
	}
	return err
}

func TestABatchThatIsRefusedForWhoAsksIsNotRead(t *testing.T) {
	t.Parallel()
	c := open(t, testkit.Options{})
	nobody := care.Actor{Kind: care.ActorClient, ID: "nobody", Tenant: live.Tenant, Home: "live", Instances: []string{"live"}}
	_, err := c.Chart.Upload(t.Context(), nobody, live, "files", func() (chart.Incoming, error) {
		t.Error("it is read")
		return chart.Incoming{}, io.EOF
	})
	fails(t, err, care.KindForbidden)
}

// S21: a partner cannot fill the store with files that no form ever cites. What
// one has waiting is bounded in number and in bytes, before a byte is read and
// again when the batch is kept; others are not in its way, and citing makes room.
func TestWhatWaitsForAFormIsBoundedForEachUploader(t *testing.T) {
	t.Parallel()
	limits := chart.Limits{FileSize: 1000, FileCount: 20, UncitedCount: 3, UncitedSize: 2500}
	c := open(t, testkit.Options{Uploads: &limits})
	two, err := c.upload(t, c.partner, pdf("one"), pdf("two"))
	must(t, err)
	_, err = c.upload(t, c.partner, pdf("three"), pdf("four")) // seen when it is whole
	fails(t, err, care.KindRateLimited)
	_, err = c.upload(t, c.partner, pdf("three"))
	must(t, err)
	_, err = c.Chart.Upload(t.Context(), c.partner, live, "files", func() (chart.Incoming, error) {
		t.Error("it is read")
		return chart.Incoming{}, io.EOF
	})
	fails(t, err, care.KindRateLimited)
	if e, _ := errors.AsType[*care.Error](err); e.RetryAfter <= 0 {
		t.Errorf("nobody is told when: %+v", e)
	}
	if n := len(c.kept(t)); n != 3 {
		t.Errorf("%d files are kept", n)
	}
	_, err = c.upload(t, c.rival, pdf("another's"))
	must(t, err)
	sandbox := care.Scope{Tenant: live.Tenant, Instance: "sandbox"}
	_, err = c.Chart.Upload(t.Context(), c.partner, sandbox, "files", batch(io.EOF, pdf("elsewhere")))
	must(t, err)
	_, err = c.submit(t, c.partner, c.rosa, "Scans", cites(two[0].ID))
	must(t, err)
	_, err = c.upload(t, c.partner, pdf(strings.Repeat("x", 900)))
	must(t, err)
	_, err = c.submit(t, c.partner, c.rosa, "Scans", cites(two[1].ID))
	must(t, err)

	limits.UncitedCount = 100
	c = open(t, testkit.Options{Uploads: &limits})
	large := pdf(strings.Repeat("x", 900))
	_, err = c.upload(t, c.partner, large, large)
	must(t, err)
	_, err = c.upload(t, c.partner, large)
	fails(t, err, care.KindRateLimited)
	if n := len(c.kept(t)); n != 2 {
		t.Errorf("%d files are kept", n)
	}
}

func TestAFileThatNoFormCitesIsRemovedAfterADayByTheServer(t *testing.T) {
	t.Parallel()
	c := open(t, testkit.Options{})
	files, err := c.upload(t, c.partner, pdf("cited"), pdf("forgotten"))
	must(t, err)
	cited, forgotten := files[0], files[1]
	_, err = c.submit(t, c.partner, c.rosa, "Scans", cites(cited.ID))
	must(t, err)

	c.Clock.Move(care.UncitedLife)
	_, err = c.submit(t, c.partner, c.rosa, "Scans", cites(forgotten.ID))
	fails(t, err, care.KindInvalid, "r[0].answer.uuid") // its time is over, swept or not
	_, err = c.submit(t, c.partner, c.rosa, "Scans", cites(cited.ID))
	must(t, err)
	sweep := func(want int) {
		t.Helper()
		if n, err := c.Chart.Sweep(t.Context(), system); n != want || err != nil {
			t.Errorf("swept %d, %v", n, err)
		}
	}
	sweep(0) // it is a day old to the microsecond
	c.Clock.Move(time.Microsecond)
	sweep(1)
	sweep(0)
	if e := c.entries(t, "system.maintain")[0]; e.ID != forgotten.ID || e.Actor != care.ActorSystem || e.ActorID != "server" || e.Noun != "file" || e.Reason != "no form cited it in time" {
		t.Errorf("the removal is audited as %+v", e)
	}
	if kept := c.kept(t); !slices.Equal(kept, []string{cited.BlobKey}) {
		t.Errorf("there remain %v", kept)
	}
	_, err = c.Chart.File(t.Context(), c.partner, live, forgotten.ID)
	fails(t, err, care.KindNotFound)
	_, err = c.Chart.Sweep(t.Context(), c.partner)
	fails(t, err, care.KindForbidden)
}

func TestASweepOfMoreThanItHoldsAtOnceRemovesAll(t *testing.T) {
	t.Parallel()
	c := open(t, testkit.Options{})
	files, err := c.upload(t, c.partner, pdf("one"))
	must(t, err)
	must(t, c.Store.Update(t.Context(), func(tx store.Tx) error { // as if it had been brought 260 times
		for range 259 {
			f := files[0]
			f.ID = uuid.NewString()
			if err := tx.CreateFile(f); err != nil {
				return err
			}
		}
		return nil
	}))
	c.Clock.Move(care.UncitedLife + time.Second)
	if n, err := c.Chart.Sweep(t.Context(), system); n != 260 || err != nil || len(c.kept(t)) > 0 {
		t.Errorf("swept %d, %v; there remain %d", n, err, len(c.kept(t)))
	}
}

// A client takes hours over the second file of its batch. The first is whole by
// then, old, and in no row: it is not taken for what a crash left.
func TestABatchThatTakesHoursIsNotSweptMeanwhile(t *testing.T) {
	t.Parallel()
	c := open(t, testkit.Options{})
	n := 0
	files, err := c.Chart.Upload(t.Context(), c.partner, live, "files", func() (chart.Incoming, error) {
		switch n++; n {
		case 1:
			return chart.Incoming{Name: "first.pdf", Body: bytes.NewReader(pdf("first"))}, nil
		case 2:
			c.later()
			swept, err := c.Recordings.Sweep(t.Context(), system, c.Chart.Uploading)
			if swept.Orphans != 0 || err != nil {
				t.Errorf("swept %+v, %v", swept, err)
			}
			return chart.Incoming{Name: "second.pdf", Body: bytes.NewReader(pdf("second"))}, nil
		}
		return chart.Incoming{}, io.EOF
	})
	must(t, err)
	content, err := c.Chart.OpenFile(t.Context(), c.partner, live, files[0].ID)
	must(t, err)
	must(t, content.Object.Close())
	if c.Chart.Uploading(files[0].BlobKey) {
		t.Error("it is still being uploaded")
	}
}

// unsure is a database whose next commit fails, before it was made or after.
type unsure struct {
	store.Store
	before, after error
}

func (u *unsure) Update(ctx context.Context, fn func(store.Tx) error) error {
	if u.before != nil {
		return u.before
	}
	return errors.Join(u.Store.Update(ctx, fn), u.after)
}

// stuck is a media store that cannot remove.
type stuck struct {
	blob.Store
	jammed bool
}

func (s *stuck) Remove(ctx context.Context, key string) error {
	if s.jammed {
		return errors.New("device or resource busy")
	}
	return s.Store.Remove(ctx, key)
}

func TestBytesWhoseFileWasNotMadeAreCollected(t *testing.T) {
	t.Parallel()
	var db *unsure
	var media *stuck
	c := open(t, testkit.Options{
		Store: func(s store.Store) store.Store { db = &unsure{Store: s}; return db },
		Media: func(b blob.Store) blob.Store { media = &stuck{Store: b}; return media },
	})
	broke := care.Unavailable(errors.New("the connection broke"))
	db.after = broke
	_, err := c.upload(t, c.partner, pdf("made, and nobody knows"))
	fails(t, err, care.KindUnavailable)
	db.after = nil
	if n := len(c.kept(t)); n != 1 {
		t.Fatalf("%d objects, and the file may have been made", n)
	}
	media.jammed = true
	_, err = c.upload(t, c.partner, pdf("refused"), []byte("no document"))
	fails(t, err, care.KindInvalid, "files[1]")
	media.jammed = false
	if n := len(c.kept(t)); n != 2 {
		t.Fatalf("%d objects, and one could not be removed", n)
	}
	c.later()
	swept, err := c.Recordings.Sweep(t.Context(), system, c.Chart.Uploading)
	if swept.Orphans != 1 || err != nil || len(c.kept(t)) != 1 {
		t.Errorf("swept %+v, %v; there remain %v", swept, err, c.kept(t))
	}
	if err := uncited(t, c, 1); err != nil {
		t.Error(err)
	}
}
