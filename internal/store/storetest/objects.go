package storetest

import (
	"slices"
	"strings"
	"testing"

	"chartline/internal/care"
	"chartline/internal/store"
)

func (c clinic) damaged(r care.Recording) care.DamagedObject {
	return care.DamagedObject{Scope: c.Scope, Noun: "recording", ID: r.ID, Key: r.BlobKey, Damage: care.DamageBytes, FoundAt: epoch}
}

func (c clinic) adopted(r care.Recording) care.AdoptedObject {
	return care.AdoptedObject{Scope: c.Scope, Key: r.BlobKey, Place: "dir:/srv/" + c.mark, Name: c.mark + ".mp3", Version: "1"}
}

func scrubPlace(after string) care.ScrubPlace {
	return care.ScrubPlace{After: after, BeganAt: epoch, ReachedAt: at(9), Objects: 7, Bytes: 1 << 40}
}

func objectMethods() []method {
	return []method{
		{"StoredObjects", everywhere, false, func(tx store.Tx, _ care.Scope, _ things) (any, error) { return tx.StoredObjects("", 100) }},
		{"ReplaceObject", perInstance, true, func(tx store.Tx, s care.Scope, k things) (any, error) {
			return none(tx.ReplaceObject(care.StoredObject{Scope: s, Noun: "recording", ID: k.Recording.ID, Key: k.Recording.BlobKey}, k.Recording.BlobKey+"-again"))
		}},
		{"DamagedObject", byName, false, func(tx store.Tx, _ care.Scope, k things) (any, error) { return tx.DamagedObject(k.Damaged.Key) }},
		{"DamagedObjects", everywhere, false, func(tx store.Tx, _ care.Scope, _ things) (any, error) { return tx.DamagedObjects("", 100) }},
		{"PutDamagedObject", byName, true, func(tx store.Tx, _ care.Scope, k things) (any, error) {
			k.Damaged.Damage = care.DamageMissing
			return none(tx.PutDamagedObject(k.Damaged))
		}},
		{"DeleteDamagedObject", byName, true, func(tx store.Tx, _ care.Scope, k things) (any, error) {
			return none(tx.DeleteDamagedObject(k.Damaged.Key))
		}},
		{"CreateAdoptedObject", perInstance, true, func(tx store.Tx, s care.Scope, k things) (any, error) {
			k.Adopted.Scope, k.Adopted.Key = s, k.Adopted.Key+"-again"
			return none(tx.CreateAdoptedObject(k.Adopted))
		}},
		{"AdoptedObject", byName, false, func(tx store.Tx, _ care.Scope, k things) (any, error) { return tx.AdoptedObject(k.Adopted.Key) }},
		{"AdoptedByName", perInstance, false, func(tx store.Tx, s care.Scope, k things) (any, error) {
			return tx.AdoptedByName(s, k.Adopted.Place, k.Adopted.Name)
		}},
		{"DeleteAdoptedObject", byName, true, func(tx store.Tx, _ care.Scope, k things) (any, error) {
			return none(tx.DeleteAdoptedObject(k.Adopted.Key))
		}},
		{"ScrubPlace", everywhere, false, func(tx store.Tx, _ care.Scope, _ things) (any, error) { return tx.ScrubPlace() }},
		{"SetScrubPlace", everywhere, true, func(tx store.Tx, _ care.Scope, k things) (any, error) {
			return none(tx.SetScrubPlace(scrubPlace(k.Recording.BlobKey)))
		}},
	}
}

func objectTests() []test {
	return []test{
		{"A row is given another object where it still uses the one that is replaced", replacedObject},
		{"Every object that a row uses is listed once, by key, across all tenants", everyObject},
		{"What is wrong with an object is kept by its key", func(t *testing.T, s store.Store) {
			w := openWard(t, s, "acme-health", "live")
			marks := []care.DamagedObject{
				{Scope: w.Scope, Noun: "recording", ID: uid("r", 1), Key: "a/1", Damage: care.DamageMissing, FoundAt: at(1)},
				{Scope: w.Scope, Noun: "file", ID: uid("f", 2), Key: "a/2", Damage: care.DamageBytes, FoundAt: at(2)},
			}
			absent(t, s, func(tx store.Tx) (care.DamagedObject, error) { return tx.DamagedObject("a/1") })
			update(t, s, func(tx store.Tx) error { return each(marks, tx.PutDamagedObject) })
			marks[0].Damage, marks[0].FoundAt = care.DamageBytes, at(3)
			update(t, s, func(tx store.Tx) error { return tx.PutDamagedObject(marks[0]) })
			equal(t, get(t, s, func(tx store.Tx) (care.DamagedObject, error) { return tx.DamagedObject("a/1") }), marks[0])
			equal(t, get(t, s, func(tx store.Tx) ([]care.DamagedObject, error) { return tx.DamagedObjects("", 9) }), marks)
			equal(t, get(t, s, func(tx store.Tx) ([]care.DamagedObject, error) { return tx.DamagedObjects("a/1", 9) }), marks[1:])
			equal(t, get(t, s, func(tx store.Tx) ([]care.DamagedObject, error) { return tx.DamagedObjects("", 1) }), marks[:1])
			for range 2 {
				update(t, s, func(tx store.Tx) error { return tx.DeleteDamagedObject("a/1") })
			}
			equal(t, get(t, s, func(tx store.Tx) ([]care.DamagedObject, error) { return tx.DamagedObjects("", 9) }), marks[1:])
		}},
		{"An object of others is adopted once in an instance", func(t *testing.T, s store.Store) {
			w := openWard(t, s, "acme-health", "live")
			o := care.AdoptedObject{Scope: w.Scope, Key: "a/1", Place: "dir:/srv/old", Name: "2024/Visit 1.mp3", Version: "v1"}
			absent(t, s, func(tx store.Tx) (care.AdoptedObject, error) { return tx.AdoptedObject("a/1") })
			update(t, s, func(tx store.Tx) error { return tx.CreateAdoptedObject(o) })
			equal(t, get(t, s, func(tx store.Tx) (care.AdoptedObject, error) { return tx.AdoptedObject("a/1") }), o)
			equal(t, get(t, s, func(tx store.Tx) (care.AdoptedObject, error) { return tx.AdoptedByName(w.Scope, o.Place, o.Name) }), o)
			absent(t, s, func(tx store.Tx) (care.AdoptedObject, error) {
				return tx.AdoptedByName(w.Scope, o.Place, "2024/visit 1.mp3")
			})
			absent(t, s, func(tx store.Tx) (care.AdoptedObject, error) { return tx.AdoptedByName(w.Scope, "dir:/srv", o.Name) })
			other := o
			other.Key = "a/2"
			conflicts(t, s, func(tx store.Tx) error { return tx.CreateAdoptedObject(other) }, "name")
			other.Key, other.Name = "a/1", "another"
			conflicts(t, s, func(tx store.Tx) error { return tx.CreateAdoptedObject(other) }, "key")
			for range 2 {
				update(t, s, func(tx store.Tx) error { return tx.DeleteAdoptedObject("a/1") })
			}
			absent(t, s, func(tx store.Tx) (care.AdoptedObject, error) { return tx.AdoptedByName(w.Scope, o.Place, o.Name) })
		}},
		{"A scrub's place is the last one set", func(t *testing.T, s store.Store) {
			absent(t, s, func(tx store.Tx) (care.ScrubPlace, error) { return tx.ScrubPlace() })
			for _, after := range []string{"b", "a", ""} {
				update(t, s, func(tx store.Tx) error { return tx.SetScrubPlace(scrubPlace(after)) })
				equal(t, get(t, s, func(tx store.Tx) (care.ScrubPlace, error) { return tx.ScrubPlace() }), scrubPlace(after))
			}
		}},
	}
}

func replacedObject(t *testing.T, s store.Store) {
	populate(t, s, scopes()...)
	list := func() []care.StoredObject {
		return get(t, s, func(tx store.Tx) ([]care.StoredObject, error) { return tx.StoredObjects("", 100) })
	}
	replaced := map[string]bool{}
	for _, o := range list() {
		if replaced[o.Noun] {
			continue
		}
		replaced[o.Noun] = true
		before := list()
		other := o
		other.Scope = care.Scope{Tenant: "nobody", Instance: "live"}
		for _, faulty := range []care.StoredObject{other, {Scope: o.Scope, Noun: o.Noun, ID: o.ID, Key: "another"}} {
			refused(t, s, care.KindNotFound, func(tx store.Tx) error { return tx.ReplaceObject(faulty, "new/"+o.Key) })
		}
		equal(t, list(), before)
		update(t, s, func(tx store.Tx) error { return tx.ReplaceObject(o, "new/"+o.Key) })
		refused(t, s, care.KindNotFound, func(tx store.Tx) error { return tx.ReplaceObject(o, "new/again") })
		want := slices.Clone(before)
		for i := range want {
			if want[i].Key == o.Key {
				want[i].Key = "new/" + o.Key
			}
		}
		slices.SortFunc(want, func(a, b care.StoredObject) int { return strings.Compare(a.Key, b.Key) })
		equal(t, list(), want)
	}
	if len(replaced) != 2 {
		t.Errorf("replaced were objects of %v", replaced)
	}
}

func everyObject(t *testing.T, s store.Store) {
	populate(t, s, scopes()...)
	var want []care.StoredObject
	for _, scope := range scopes() {
		all := get(t, s, func(tx store.Tx) ([]care.Recording, error) {
			return tx.Recordings(scope, care.RecordingFilter{}, nil, 1000)
		})
		for _, r := range all {
			want = append(want, care.StoredObject{Scope: scope, Noun: "recording", ID: r.ID, Key: r.BlobKey, Size: r.Size, SHA256: r.SHA256})
		}
	}
	for _, limit := range []int{1, 3, 1000} {
		var got []care.StoredObject
		files := 0
		for after := ""; ; {
			page := get(t, s, func(tx store.Tx) ([]care.StoredObject, error) { return tx.StoredObjects(after, limit) })
			for _, o := range page {
				if o.Key <= after {
					t.Fatalf("%s follows %s", o.Key, after)
				}
				after = o.Key
				if o.Noun == "file" {
					f := get(t, s, func(tx store.Tx) (care.File, error) { return tx.File(o.Scope, o.ID) })
					equal(t, o, care.StoredObject{Scope: f.Scope, Noun: "file", ID: f.ID, Key: f.BlobKey, Size: f.Size, SHA256: f.SHA256})
					files++
					continue
				}
				got = append(got, o)
			}
			if len(page) < limit {
				break
			}
		}
		if files == 0 {
			t.Error("no file is listed")
		}
		slices.SortFunc(want, func(a, b care.StoredObject) int { return strings.Compare(a.Key, b.Key) })
		equal(t, got, want)
	}
}
