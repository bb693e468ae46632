package storetest

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"chartline/internal/care"
	"chartline/internal/store"
)

// Two tenants, and two instances of one, hold things with the same ids. What a
// scope reads, and what its writes answer, must be what it would be if the
// others were not there: so every call is made in a database that holds all,
// and in one that holds only what the method may see, and compared.

func scopes() []care.Scope {
	return []care.Scope{{Tenant: "acme-health", Instance: "live"}, {Tenant: "acme-health", Instance: "sandbox"}, {Tenant: "birch-clinic", Instance: "live"}}
}

// twin is of the same ids in every scope; own is one scope's alone.
func twin(s care.Scope) things { return thingsOf(s, "twin", 1) }

func own(s care.Scope) things {
	return thingsOf(s, s.Tenant+" "+s.Instance, 10*(1+slices.Index(scopes(), s)))
}

// Populate stores some of everything, in several tenants and instances.
func Populate(t *testing.T, s store.Store) {
	t.Helper()
	populate(t, s, scopes()...)
}

// populate stores both kinds of things, and more, in the scopes.
func populate(t *testing.T, s store.Store, in ...care.Scope) {
	t.Helper()
	for _, scope := range in {
		openClinic(t, s, scope.Tenant, scope.Instance)
		update(t, s, func(tx store.Tx) error {
			for _, k := range []things{twin(scope), own(scope)} {
				if err := k.create(tx); err != nil {
					return err
				}
				if err := k.more(tx, slices.Index(scopes(), scope)); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

func tenancyTests(open func(*testing.T) store.Store) []test {
	tests := []test{
		{"Every method has a tenancy case, and every case a method", func(t *testing.T, _ store.Store) {
			tx := reflect.TypeFor[store.Tx]()
			cased := map[string]bool{}
			for _, m := range methods() {
				cased[m.name] = true
				if _, ok := tx.MethodByName(m.name); !ok {
					t.Errorf("there is a case for %s, which store.Tx does not have", m.name)
				}
			}
			for i := range tx.NumMethod() {
				if name := tx.Method(i).Name; !cased[name] {
					t.Errorf("store.Tx has %s, which no case in methods.go calls", name)
				}
			}
		}},
		{"Every case finds something", casesFind},
		{"No write of one scope touches another", writesStay},
	}
	for _, scope := range scopes() {
		tests = append(tests, test{"To " + scope.String() + " others are as if they were not there", func(t *testing.T, all store.Store) {
			populate(t, all, scopes()...)
			unseen(t, all, scope, open)
		}})
	}
	return tests
}

// outcome makes a call and undoes it.
func outcome(t *testing.T, s store.Store, m method, scope care.Scope, k things) (any, error) {
	t.Helper()
	var got any
	var failed error
	run := s.View
	if m.write {
		run = s.Update
	}
	err := run(within(t), func(tx store.Tx) error {
		got, failed = m.call(tx, scope, k)
		return errUndo
	})
	if !errors.Is(err, errUndo) {
		t.Fatalf("%s: %v", m.name, err)
	}
	return got, failed
}

// unseen compares every call of scope in the database that holds all with the
// same call where there is nothing but what the method may see.
func unseen(t *testing.T, all store.Store, scope care.Scope, open func(*testing.T) store.Store) {
	instance, tenant := closing(t, open(t)), closing(t, open(t))
	populate(t, instance, scope)
	for _, s := range scopes() {
		if s.Tenant == scope.Tenant {
			populate(t, tenant, s)
		}
	}
	mine := []things{twin(scope), own(scope)}
	others := []things{thingsOf(scope, "unknown", 90)}
	for _, s := range scopes() {
		if s != scope {
			others = append(others, own(s))
		}
	}
	for _, m := range methods() {
		alone, asked := tenant, slices.Concat(mine, others)
		switch m.level {
		case perInstance:
			alone = instance
		case byName:
			asked = mine
		case everywhere:
			continue
		}
		for _, k := range asked {
			want, wantErr := outcome(t, alone, m, scope, k)
			got, err := outcome(t, all, m, scope, k)
			if d := differ(got, want); d != nil || fmt.Sprint(err) != fmt.Sprint(wantErr) {
				t.Errorf("%s with the ids of %s: %v; %v instead of %v", m.name, k.mark, d, err, wantErr)
			}
		}
	}
}

// casesFind proves that the cases above compare something: with a scope's own
// ids every read finds, and every write of what is new or there succeeds or
// collides.
func casesFind(t *testing.T, s store.Store) {
	populate(t, s, scopes()...)
	scope := scopes()[0]
	for _, m := range methods() {
		got, err := outcome(t, s, m, scope, own(scope))
		switch {
		case err != nil && (!m.write || care.KindOf(err) != care.KindConflict):
			t.Errorf("%s with its own ids: %v", m.name, err)
		case !m.write && empty(reflect.ValueOf(got)):
			t.Errorf("%s with its own ids finds nothing", m.name)
		}
	}
}

func empty(v reflect.Value) bool {
	if !v.IsValid() {
		return true
	}
	if v.Kind() == reflect.Interface {
		return empty(v.Elem())
	}
	if v.Kind() == reflect.Slice {
		return v.Len() == 0 || v.Type() == reflect.TypeFor[[]any]() && empty(v.Index(0))
	}
	return v.IsZero()
}

// writesStay makes every write with the ids that all have, and with another's,
// and looks at all there is of the others.
func writesStay(t *testing.T, s store.Store) {
	populate(t, s, scopes()...)
	before := map[care.Scope]map[string]any{}
	for _, scope := range scopes() {
		before[scope] = get(t, s, func(tx store.Tx) (map[string]any, error) { return dump(tx, scope) })
	}
	for i, scope := range scopes() {
		next := scopes()[(i+1)%3]
		for _, m := range methods() {
			if !m.write || m.level == everywhere {
				continue
			}
			for _, k := range []things{twin(scope), own(next)} {
				if m.level == byName && k.mark == own(next).mark {
					continue
				}
				if err := stays(t, s, m, scope, k, before); err != nil {
					t.Errorf("%s in %s with the ids of %s: %v", m.name, scope, k.mark, err)
				}
			}
		}
	}
}

func stays(t *testing.T, s store.Store, m method, scope care.Scope, k things, before map[care.Scope]map[string]any) error {
	t.Helper()
	var failed error
	_ = s.Update(within(t), func(tx store.Tx) error {
		failed = nil
		_, _ = m.call(tx, scope, k)
		for other, want := range before {
			if other == scope || m.level != perInstance && other.Tenant == scope.Tenant {
				continue
			}
			got, err := dump(tx, other)
			failed = errors.Join(failed, err, differ(got, want))
		}
		return errUndo
	})
	return failed
}
