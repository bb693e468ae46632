package recordings_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"chartline/internal/blob"
	"chartline/internal/care"
	"chartline/internal/clinic/oversight"
	"chartline/internal/clinic/recordings"
	"chartline/internal/store"
	"chartline/internal/testkit"
)

// F11.
func TestAnExaminationNamesWhatCannotBeDeliveredAndCountsWhatIsNobodys(t *testing.T) {
	t.Parallel()
	c := open(t, testkit.Options{})
	c.Tenant(t, "birch-clinic", "live", "sandbox")
	var files []string
	for n := range 4 {
		up, err := c.upload(t, fmt.Sprintf("recording %d", n))
		must(t, err)
		files = append(files, filepath.Join(c.Dir, "media", up.Recording.BlobKey))
	}
	removed, err := c.upload(t, "deleted")
	must(t, err)
	_, err = c.Recordings.Delete(t.Context(), recordings.Ask{Actor: operator, Scope: live, ID: removed.Recording.ID})
	must(t, err)
	whole, err := c.Recordings.Examine(t.Context(), operator)
	must(t, err)
	if whole.Recordings != 4 || whole.Broken != 0 || whole.Orphans != 0 {
		t.Errorf("of what is whole: %+v", whole)
	}

	must(t, os.Remove(files[0]))
	must(t, os.Truncate(files[1], 0))
	must(t, os.Truncate(files[2], 5))
	_, err = c.Media.Put(t.Context(), "birch-clinic/live/00/orphan", strings.NewReader("nobody's"), blob.PutOptions{})
	must(t, err)
	found, err := c.Recordings.Examine(t.Context(), operator)
	must(t, err)
	if found.Recordings != 4 || found.Broken != 3 || len(found.Named) != 3 || found.Orphans != 1 || found.OrphanBytes != 8 {
		t.Errorf("found %+v", found)
	}
	for _, b := range found.Named {
		want := "is not what was stored"
		if strings.HasSuffix(files[0], b.Key) {
			want = "is missing"
		}
		if b.Why != want || !strings.HasSuffix(b.Key, b.ID) {
			t.Errorf("%+v: want %s", b, want)
		}
	}
	page, err := c.Oversight.List(t.Context(), operator, care.AuditFilter{}, oversight.Page{NewestFirst: true, Limit: 5})
	must(t, err)
	if !slices.ContainsFunc(page.Entries, func(e care.AuditEntry) bool { return e.Reason == "compare recordings with stored bytes" }) {
		t.Errorf("the log has %+v", page.Entries)
	}
	client := care.Actor{Kind: care.ActorClient, ID: "c", Tenant: live.Tenant, Home: live.Instance, Instances: []string{live.Instance}}
	if _, err := c.Recordings.Examine(t.Context(), client); care.KindOf(err) != care.KindForbidden {
		t.Errorf("a client examines: %v", err)
	}
}

func TestAnExaminationOfMoreThanItHoldsAtOnceIsWhole(t *testing.T) {
	t.Parallel()
	c := open(t, testkit.Options{})
	const n = 1100
	up, err := c.upload(t, "the first")
	must(t, err)
	must(t, c.Store.Update(t.Context(), func(tx store.Tx) error {
		for i := range n - 1 {
			r := up.Recording
			r.ID, r.Name = uuid.NewString(), fmt.Sprintf("recording %d", i)
			r.BlobKey = "acme-health/live/" + r.ID
			if err := tx.CreateRecording(r); err != nil {
				return err
			}
		}
		return nil
	}))
	found, err := recordings.New(c.Gate, &manyObjects{Store: c.Media, n: n}).Examine(t.Context(), operator)
	must(t, err)
	if found.Recordings != n || found.Broken != n-1 || len(found.Named) != 20 || found.Orphans != n {
		t.Errorf("found %d, %d broken, %d named, %d orphans", found.Recordings, found.Broken, len(found.Named), found.Orphans)
	}
}
