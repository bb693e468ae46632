package storetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"chartline/internal/care"
	"chartline/internal/store"
)

func nameTests() []test {
	return []test{
		{"What answers to a name is what a slow model says", namesModel},
		{"Names are compared byte by byte", namesBytewise},
		{"A name answers at every depth of its folders", namesDeep},
		{"At most a hundred recordings answer to a name, the earliest", namesHundred},
		{"A name that no recording can have is nobody's", func(t *testing.T, s store.Store) {
			w := openWard(t, s, "acme-health", "live")
			update(t, s, func(tx store.Tx) error {
				return each([]care.Recording{
					w.ofCall(w.recording(1, "x"), w.Call), w.ofCall(w.recording(2, "rec/"), w.Call), w.ofCall(w.recording(3, ".mp4"), w.Call),
				}, tx.CreateRecording)
			})
			for _, name := range []string{"", "/", "//", "a/", "x\x00", "\x00", "x\xff", "\xc3", ".mp3", "rec/.mp3", strings.Repeat("x", 1<<16), "%", "_", "*", "x%", "?"} {
				equal(t, recordingIDs(named(t, s, w.Scope, name)), nil)
				absent(t, s, func(tx store.Tx) (care.Recording, error) { return tx.NameHolder(w.Scope, name) })
				equal(t, get(t, s, func(tx store.Tx) ([]care.Recording, error) { return tx.NameWaiters(w.Scope, name) }), nil)
			}
		}},
		{"What does not fit hides nothing that does, however much there is of it", namesUnhidden},
		{"A name that is held cannot be taken, until it is given up", nameGivenUp},
		{"A name leads to a visit in one step where that is all there is to it", namesVisit},
	}
}

func named(t tb, s store.Store, scope care.Scope, name string) []care.Recording {
	t.Helper()
	return get(t, s, func(tx store.Tx) ([]care.Recording, error) { return tx.RecordingsNamed(scope, name) })
}

// nameBook is the slow model: every recording, looked through whole.
type nameBook []care.Recording

func (b nameBook) named(name string, unknownRefused bool) []care.Recording {
	var exact, fit []care.Recording
	form := care.FormOf(name)
	for _, r := range b {
		switch {
		case !r.Audible(unknownRefused), r.NameStatus == care.NameDismissed:
		case r.Name == name:
			exact = append(exact, r)
		case care.FormOf(r.Name).Fits(form):
			fit = append(fit, r)
		}
	}
	if len(exact) > 0 {
		fit = exact
	}
	slices.SortFunc(fit, byCreation)
	return fit
}

// status returns what a recording of name must be: held, or waiting where it is
// held already.
func (b nameBook) status(name, but string) care.NameStatus {
	for _, r := range b {
		if r.ID != but && r.Name == name && r.NameStatus == care.NameHeld && r.DeletedAt == nil {
			return care.NameWaiting
		}
	}
	return care.NameHeld
}

func (b nameBook) with(status care.NameStatus, name string) []care.Recording {
	var out []care.Recording
	for _, r := range b {
		if r.Name == name && r.NameStatus == status && r.DeletedAt == nil {
			out = append(out, r)
		}
	}
	slices.SortFunc(out, byCreation)
	return out
}

// drawName draws from few parts, so that names meet in every way they can.
func drawName(t *rapid.T) string {
	dir := rapid.SampledFrom([]string{
		"", "", "", "rec/", "rec/", "rec/", "a/rec/", "a/rec/", "b/a/rec/", "b/a/rec/", "c/b/a/rec/", "b/rec/", "rec/a/", "/", "/rec/", "//", "rec//", "REC/", "re%/", "r_c/", "a/", "xrec/", "é/", "e\u0301/", "مرحبا/", "rec.mp4/", "'/",
	}).Draw(t, "dir")
	stem := rapid.SampledFrom([]string{
		"x", "x", "x", "x", "x", "x", "x", "x", "x", "x", "x", "x", "X", "y", "1771585033302", "x.mp4", "x.mp3", "x.", "x ", "x%", "%", "_", "é", "e\u0301", "x'\"\\", "\u202eشلوم", "🏥", "", ".mp4", ".", "..", "rec", strings.Repeat("w", 900), "x\n",
	}).Draw(t, "stem")
	ext := rapid.SampledFrom([]string{
		"", "", "", ".mp4", ".mp4", ".MP4", ".Mp4", ".mp3", ".MP3", ".webm", ".WebM", ".mkv", ".m\u212av", ".m4a", ".wav", ".WAV", ".ogg", ".txt", ".mp", ".mp44", ".ogg.mp4",
	}).Draw(t, "ext")
	if name := dir + stem + ext; name != "" {
		return name
	}
	return "x"
}

func namesModel(t *testing.T, s store.Store) {
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		w := openWard(t, s, "acme-health", fmt.Sprint("i", n))
		var book nameBook
		instance := w.instance()
		for range rapid.IntRange(1, 2).Draw(t, "batches") {
			var changes []func(store.Tx) error
			for range rapid.IntRange(1, 10).Draw(t, "changes") {
				var change func(store.Tx) error
				book, change = changeName(t, w, book)
				changes = append(changes, change)
			}
			instance.UnknownConsentRefused = rapid.Bool().Draw(t, "unknown is refused")
			update(t, s, func(tx store.Tx) error {
				if err := tx.UpdateInstance(instance); err != nil {
					return err
				}
				return inOrder(tx, changes)
			})
			asked := names(book, func(r care.Recording) string { return r.Name })
			if len(asked) > 4 {
				asked = rapid.Permutation(asked).Draw(t, "stored")[:4]
			}
			for range 5 {
				asked = append(asked, drawName(t))
			}
			view(t, s, func(tx store.Tx) error { return book.check(tx, instance, asked) })
		}
	})
}

// changeName draws a new recording, or a change to one that is there.
func changeName(t *rapid.T, w ward, book nameBook) (nameBook, func(store.Tx) error) {
	if len(book) == 0 || rapid.IntRange(0, 2).Draw(t, "change") > 0 {
		i := len(book)
		r := drawState(t, w.ofSession(w.recording(i, drawName(t)), w.Session, w.Patient))
		r.NameStatus = book.status(r.Name, r.ID)
		switch rapid.IntRange(0, 6).Draw(t, "wait") {
		case 0:
			r.NameStatus = care.NameWaiting
		case 1:
			r.NameStatus = care.NameDismissed
		}
		return append(book, r), func(tx store.Tx) error { return tx.CreateRecording(r) }
	}
	i := rapid.IntRange(0, len(book)-1).Draw(t, "which")
	r := book[i]
	r.WithheldAt, r.WithheldReason, r.DeletedAt = nil, "", nil
	created := r.CreatedAt
	r = drawState(t, r)
	r.CreatedAt = created
	if rapid.Bool().Draw(t, "rename") {
		r.Name = drawName(t)
	}
	r.NameStatus = drawStatus(t, book, r)
	book = slices.Clone(book)
	book[i] = r
	return book, func(tx store.Tx) error { return tx.UpdateRecording(r) }
}

// drawStatus mostly holds the name where that is free, and else waits.
func drawStatus(t *rapid.T, b nameBook, r care.Recording) care.NameStatus {
	switch rapid.IntRange(0, 5).Draw(t, "status") {
	case 0:
		return care.NameWaiting
	case 1:
		return care.NameDismissed
	}
	return b.status(r.Name, r.ID)
}

func (b nameBook) check(tx store.Tx, instance care.Instance, asked []string) error {
	for _, name := range asked {
		got, err := tx.RecordingsNamed(instance.Scope, name)
		if err == nil {
			err = differ(got, b.named(name, instance.UnknownConsentRefused))
		}
		if err != nil {
			return fmt.Errorf("asked for %q: %w", name, err)
		}
		if err := b.checkVisit(tx, instance, name); err != nil {
			return fmt.Errorf("the visit of %q: %w", name, err)
		}
		waiting, err := tx.NameWaiters(instance.Scope, name)
		if err == nil {
			slices.SortFunc(waiting, byCreation)
			err = differ(waiting, b.with(care.NameWaiting, name))
		}
		if err != nil {
			return fmt.Errorf("who waits for %q: %w", name, err)
		}
		holder, err := tx.NameHolder(instance.Scope, name)
		want := b.with(care.NameHeld, name)
		if care.IsNotFound(err) && len(want) == 0 {
			continue
		}
		if err == nil {
			err = differ([]care.Recording{holder}, want)
		}
		if err != nil {
			return fmt.Errorf("who holds %q: %w", name, err)
		}
	}
	return nil
}

// checkVisit compares what a name alone leads to with what two steps do.
func (b nameBook) checkVisit(tx store.Tx, instance care.Instance, name string) error {
	named := slices.DeleteFunc(b.named(name, instance.UnknownConsentRefused), func(r care.Recording) bool { return r.Name != name })
	got, visit, err := tx.VisitNamed(instance.Scope, name)
	if len(named) != 1 || named[0].Encounter == nil {
		if !care.IsNotFound(err) {
			return fmt.Errorf("found %+v (%w), though %d have the name", got, err, len(named))
		}
		return nil
	}
	if err != nil {
		return err
	}
	want, err := tx.Visit(instance.Scope, *named[0].Encounter)
	if err == nil {
		err = differ([]any{got, visit}, []any{care.RecordingName{ID: named[0].ID, Name: name}, want})
	}
	return err
}

func namesVisit(t *testing.T, s store.Store) {
	w := openWard(t, s, "acme-health", "live")
	held, call := w.ofSession(w.recording(1, "held"), w.Session, w.Patient), w.ofCall(w.recording(2, "call"), w.Call)
	call.Encounter = nil
	update(t, s, func(tx store.Tx) error { return each([]care.Recording{held, call}, tx.CreateRecording) })
	check := func(name string, found bool) {
		t.Helper()
		view(t, s, func(tx store.Tx) error {
			_, v, err := tx.VisitNamed(w.Scope, name)
			if found != (err == nil) || err != nil && !care.IsNotFound(err) {
				return fmt.Errorf("%s led to %+v (%w)", name, v, err)
			}
			return nil
		})
	}
	check("held", true)
	check("call", false)
	check("held.mp4", false) // fits, and is not the name itself
	waiting := w.ofCall(w.recording(3, "held"), w.Call)
	waiting.NameStatus, waiting.Encounter = care.NameWaiting, nil
	update(t, s, func(tx store.Tx) error { return tx.CreateRecording(waiting) })
	check("held", false)
	waiting.NameStatus = care.NameDismissed
	update(t, s, func(tx store.Tx) error {
		return all(
			func() error { return tx.UpdateRecording(waiting) },
			func() error {
				for n := range 100 {
					if err := tx.CreateSession(w.session(1000+n, w.Encounter.ID)); err != nil {
						return err
					}
				}
				return nil
			},
		)
	})
	check("held", false) // there is too much of it
	equal(t, len(visit(t, s, w.Scope, w.Encounter.ID).Sessions), 101)
}

func namesBytewise(t *testing.T, s store.Store) {
	w := openWard(t, s, "acme-health", "live")
	texts := slices.DeleteFunc(append(hostile(), bytewise...), func(s string) bool { return len(s) > care.MaxRecordingName })
	var all []care.Recording
	for i, name := range texts {
		all = append(all, w.ofSession(w.recording(i, name), w.Session, w.Patient))
	}
	update(t, s, func(tx store.Tx) error { return each(all, tx.CreateRecording) })
	for _, r := range all {
		for _, asked := range []string{r.Name, r.Name + ".mp4", "rec/" + r.Name} {
			if strings.Contains(r.Name, "/") && asked != r.Name {
				continue
			}
			equal(t, recordingIDs(named(t, s, w.Scope, asked)), []string{r.ID})
		}
		equal(t, get(t, s, func(tx store.Tx) (care.Recording, error) { return tx.NameHolder(w.Scope, r.Name) }), r)
	}
}

func namesHundred(t *testing.T, s store.Store) {
	w := openWard(t, s, "acme-health", "live")
	var long, exact []care.Recording
	for n := range 130 {
		r := w.ofSession(w.recording(n, fmt.Sprintf("d%03d/x.mp4", n)), w.Session, w.Patient)
		r.CreatedAt = at((n * 37) % 130 / 2)
		long = append(long, r)
		r.ID, r.Name, r.NameStatus = uid("exact", n), "y", care.NameWaiting
		exact = append(exact, r)
	}
	update(t, s, func(tx store.Tx) error { return each(slices.Concat(long, exact), tx.CreateRecording) })
	slices.SortFunc(long, byCreation)
	slices.SortFunc(exact, byCreation)
	equal(t, named(t, s, w.Scope, "x"), long[:100])
	equal(t, named(t, s, w.Scope, "x.mp4"), long[:100])
	equal(t, named(t, s, w.Scope, "y"), exact[:100])
	equal(t, named(t, s, w.Scope, "rec/y.wav"), exact[:100])
	equal(t, named(t, s, w.Scope, "d101/x"), []care.Recording{long[slices.IndexFunc(long, func(r care.Recording) bool { return r.Name == "d101/x.mp4" })]})
}

// namesDeep stores a name with no folder, with one, two and more, among names
// that sort between them, and asks at every depth.
func namesDeep(t *testing.T, s store.Store) {
	w := openWard(t, s, "acme-health", "live")
	var book nameBook
	dirs := []string{"", "d/", "c/d/", "b/c/d/", "a/b/c/d/", "0/a/b/c/d/", "b/d/", "bb/c/d/", "c/d/d/", "/c/d/", "b-/c/d/", "c/dd/", "~/", "/"}
	for n, dir := range dirs {
		book = append(book, w.ofSession(w.recording(n, dir+"x.mp4"), w.Session, w.Patient))
	}
	update(t, s, func(tx store.Tx) error { return each(book, tx.CreateRecording) })
	view(t, s, func(tx store.Tx) error {
		var asked []string
		for _, dir := range append(dirs, "z/a/b/c/d/", "z/0/a/b/c/d/", "z/b/d/", "/b/c/d/", "z//c/d/", "z/c/d/d/") {
			asked = append(asked, dir+"x", dir+"x.MP4", dir+"x.mp4", dir+"x.ogg")
		}
		return book.check(tx, w.instance(), asked)
	})
}

// namesUnhidden asks for names that are near to many of others, all of them
// earlier: a bound on what is looked at must not leave out what answers.
func namesUnhidden(t *testing.T, s store.Store) {
	w := openWard(t, s, "acme-health", "live")
	var crowd []care.Recording
	add := func(name string) {
		crowd = append(crowd, w.ofSession(w.recording(len(crowd), name), w.Session, w.Patient))
	}
	for n := range 110 {
		add(fmt.Sprintf("d%d/rec/x.mp4", n))
		add(fmt.Sprintf("/d%d/rec/y.mp4", n))
		add(fmt.Sprintf("rec/d%d/z.mp3", n))
		add(fmt.Sprintf("rec//d%d/z.mp4", n))
	}
	for _, name := range []string{"rec/x.mp4", "rec//y.mp4", "z.mp4", "/w/x"} {
		add(name)
	}
	update(t, s, func(tx store.Tx) error { return each(crowd, tx.CreateRecording) })
	for _, asked := range []string{"/rec/x", "/rec/x.MP4", "/x", "a//rec//y", "//y.mp4", "/rec//y", "/rec/y", "new/z", "/z.mp4", "rec//z", "w/x", "a//w/x"} {
		if d := differ(named(t, s, w.Scope, asked), first(nameBook(crowd).named(asked, false), 100)); d != nil {
			t.Errorf("asked for %q: %v", asked, d)
		}
	}
}

func first[T any](items []T, n int) []T { return items[:min(n, len(items))] }

func nameGivenUp(t *testing.T, s store.Store) {
	w := openWard(t, s, "acme-health", "live")
	a, b := w.ofCall(w.recording(1, "x"), w.Call), w.ofSession(w.recording(2, "x"), w.Session, w.Patient)
	update(t, s, func(tx store.Tx) error { return tx.CreateRecording(a) })
	conflicts(t, s, func(tx store.Tx) error { return tx.CreateRecording(b) }, "name")
	b.NameStatus = care.NameWaiting
	update(t, s, func(tx store.Tx) error { return tx.CreateRecording(b) })
	b.NameStatus = care.NameHeld
	conflicts(t, s, func(tx store.Tx) error { return tx.UpdateRecording(b) }, "name")
	a.DeletedAt = ptr(at(9))
	update(t, s, func(tx store.Tx) error { return each([]care.Recording{a, b}, tx.UpdateRecording) })
	equal(t, get(t, s, func(tx store.Tx) (care.Recording, error) { return tx.NameHolder(w.Scope, "x") }), b)
	equal(t, named(t, s, w.Scope, "x"), []care.Recording{b})
}
