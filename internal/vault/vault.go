package vault

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"chartline/internal/care"
	"chartline/internal/sealed"
	"chartline/internal/store"
)

// Options of a vault.
type Options struct {
	Store  store.Store
	Master Master
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Vault keeps the keys of objects. It is safe for concurrent use, and several
// processes may work on one database.
type Vault struct {
	store  store.Store
	master Master
	now    func() time.Time

	mu       sync.Mutex
	keys     map[version]sealed.Key // of instances, unwrapped
	newest   map[care.Scope]int64   // as last seen; the database has the word
	purposes map[purpose]sealed.Key
}

type version struct {
	care.Scope
	number int64
}

// New returns a vault.
func New(o Options) *Vault {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Vault{
		store: o.Store, master: o.Master, now: o.Now,
		keys: map[version]sealed.Key{}, newest: map[care.Scope]int64{}, purposes: map[purpose]sealed.Key{},
	}
}

// ScopeOf returns the instance whose key wraps an object's: the first two parts
// of the object's name, or, where it has no more than these, the installation.
func ScopeOf(object string) care.Scope {
	tenant, rest, _ := strings.Cut(object, "/")
	instance, rest, more := strings.Cut(rest, "/")
	if !more || rest == "" {
		return care.Scope{}
	}
	return care.Scope{Tenant: tenant, Instance: instance}
}

// keepLimit bounds how long a writer waits for its key: whoever sends the object
// is to be told in time that the database does not answer.
const keepLimit = 4 * time.Second

// Keep makes k the key of object, durably. It fails with fs.ErrExist where object
// has one.
func (v *Vault) Keep(ctx context.Context, object string, k sealed.Key) error {
	const tries = 5 // a rotation may retire the version between two of them
	for try := 1; ; try++ {
		err := v.keep(ctx, object, k)
		switch {
		case care.KindOf(err) == care.KindConflict && err != nil:
			return fmt.Errorf("vault: the object has a key: %w", fs.ErrExist)
		case care.IsNotFound(err) && try < tries:
			v.forgetNewest(ScopeOf(object))
			continue
		}
		return err
	}
}

func (v *Vault) keep(ctx context.Context, object string, k sealed.Key) error {
	scope := ScopeOf(object)
	by, number, err := v.current(ctx, scope)
	if err != nil {
		return err
	}
	row := care.DataKey{Scope: scope, Object: object, ID: uuid.NewString(), Version: number, CreatedAt: care.Truncate(v.now())}
	if row.Wrapped, err = wrap(by, k[:], useOfData(row)); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, keepLimit)
	defer cancel()
	return v.store.Update(ctx, func(tx store.Tx) error { return tx.CreateDataKey(row) })
}

// Key returns object's key, or an error that wraps sealed.ErrNoKey.
func (v *Vault) Key(ctx context.Context, object string) (sealed.Key, error) {
	var row care.DataKey
	err := v.store.View(ctx, func(tx store.Tx) (err error) {
		row, err = tx.DataKey(ScopeOf(object), object)
		return err
	})
	if care.IsNotFound(err) {
		return sealed.Key{}, sealed.ErrNoKey
	}
	if err != nil {
		return sealed.Key{}, err
	}
	return v.open(ctx, row)
}

// open unwraps a data key.
func (v *Vault) open(ctx context.Context, row care.DataKey) (sealed.Key, error) {
	by, err := v.instanceKey(ctx, row.Scope, row.Version)
	if err != nil {
		return sealed.Key{}, err
	}
	b, err := unwrap(by, row.Wrapped, useOfData(row))
	if err != nil {
		return sealed.Key{}, err
	}
	return keyOf(b)
}

// Have says which of objects have keys.
func (v *Vault) Have(ctx context.Context, objects []string) ([]bool, error) {
	have := make([]bool, len(objects))
	err := v.store.View(ctx, func(tx store.Tx) error {
		for i, object := range objects {
			_, err := tx.DataKey(ScopeOf(object), object)
			if err != nil && !care.IsNotFound(err) {
				return err
			}
			have[i] = err == nil
		}
		return nil
	})
	return have, err
}

// Shred destroys object's key, durably, and notes that it did. An object
// without one is none of its business.
func (v *Vault) Shred(ctx context.Context, object string) error {
	at := care.Truncate(v.now())
	err := v.store.Update(ctx, func(tx store.Tx) error { return tx.ShredDataKey(ScopeOf(object), object, at) })
	if care.IsNotFound(err) {
		return nil
	}
	return err
}

// Check proves that the current master key is at hand, and those that the
// installation's keys hang on: one key that each of them wraps is unwrapped.
func (v *Vault) Check(ctx context.Context) error {
	if err := v.checkMaster(ctx); err != nil {
		return err
	}
	seen := map[string]bool{}
	return v.Each(ctx, func(row care.InstanceKey) error {
		if seen[row.Master] {
			return nil
		}
		seen[row.Master] = true
		_, err := v.master.Unwrap(ctx, row.Wrapped, row.Master, useOfInstance(row.Scope, row.Version))
		return err
	})
}

// checkMaster asks for the current master key, or, where only wrapping shows it,
// wraps something and unwraps it.
func (v *Vault) checkMaster(ctx context.Context) error {
	name, err := v.master.Current(ctx)
	if err != nil || name != "" {
		return err
	}
	const use = "chartline check"
	key := sealed.NewKey()
	wrapped, name, err := v.master.Wrap(ctx, key[:], use)
	if err != nil {
		return err
	}
	again, err := v.master.Unwrap(ctx, wrapped, name, use)
	if err == nil && !bytes.Equal(again, key[:]) {
		err = errUnfaithful
	}
	return err
}

// errUnfaithful reports a key service that would lose what it is given.
var errUnfaithful = errors.New("the master key wraps what it does not unwrap to the same")

// InUse reports whether anything was ever sealed here.
func (v *Vault) InUse(ctx context.Context) (used bool, err error) {
	err = v.store.View(ctx, func(tx store.Tx) error {
		rows, err := tx.InstanceKeys(nil, 1)
		used = len(rows) > 0
		return err
	})
	return used, err
}

// current returns the newest key of an instance, made where there is none.
func (v *Vault) current(ctx context.Context, scope care.Scope) (sealed.Key, int64, error) {
	v.mu.Lock()
	number, seen := v.newest[scope]
	v.mu.Unlock()
	if !seen {
		row, err := v.newestRow(ctx, scope)
		if care.IsNotFound(err) {
			row, err = v.makeVersion(ctx, scope, 1)
		}
		if err != nil {
			return sealed.Key{}, 0, err
		}
		number = row.Version
		v.mu.Lock()
		v.newest[scope] = number
		v.mu.Unlock()
	}
	k, err := v.instanceKey(ctx, scope, number)
	return k, number, err
}

func (v *Vault) forgetNewest(scope care.Scope) {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.newest, scope)
}

func (v *Vault) newestRow(ctx context.Context, scope care.Scope) (row care.InstanceKey, err error) {
	err = v.store.View(ctx, func(tx store.Tx) (err error) {
		row, err = tx.NewestInstanceKey(scope)
		return err
	})
	return row, err
}

// makeVersion makes a version of an instance's key, or takes the one that
// another process made meanwhile.
func (v *Vault) makeVersion(ctx context.Context, scope care.Scope, number int64) (care.InstanceKey, error) {
	key := sealed.NewKey()
	row := care.InstanceKey{Scope: scope, Version: number, CreatedAt: care.Truncate(v.now())}
	var err error
	if row.Wrapped, row.Master, err = v.master.Wrap(ctx, key[:], useOfInstance(scope, number)); err != nil {
		return row, err
	}
	err = v.store.Update(ctx, func(tx store.Tx) error { return tx.CreateInstanceKey(row) })
	if err != nil && care.KindOf(err) == care.KindConflict {
		return v.newestRow(ctx, scope)
	}
	return row, err
}

// instanceKey returns one version of an instance's key, unwrapped.
func (v *Vault) instanceKey(ctx context.Context, scope care.Scope, number int64) (sealed.Key, error) {
	at := version{scope, number}
	v.mu.Lock()
	k, ok := v.keys[at]
	v.mu.Unlock()
	if ok {
		return k, nil
	}
	var row care.InstanceKey
	err := v.store.View(ctx, func(tx store.Tx) (err error) {
		row, err = tx.InstanceKey(scope, number)
		return err
	})
	if err != nil {
		return k, err
	}
	b, err := v.master.Unwrap(ctx, row.Wrapped, row.Master, useOfInstance(scope, number))
	if err != nil {
		return k, err
	}
	if k, err = keyOf(b); err != nil {
		return k, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.keys[at] = k
	return k, nil
}

// Each walks the instance keys by scope and version, in batches.
func (v *Vault) Each(ctx context.Context, each func(care.InstanceKey) error) error {
	for after, more := (*care.InstanceKey)(nil), true; more; {
		var rows []care.InstanceKey
		err := v.store.View(ctx, func(tx store.Tx) (err error) {
			rows, err = tx.InstanceKeys(after, batch)
			return err
		})
		if err != nil {
			return err
		}
		for _, row := range rows {
			if err := each(row); err != nil {
				return err
			}
			after = &row
		}
		more = len(rows) == batch
	}
	return nil
}

// batch is how many keys are read or written in one transaction.
const batch = 500

// What a wrapped key is for, so that one in another's row does not open.
func useOfInstance(s care.Scope, number int64) string {
	return fmt.Sprintf("chartline instance key\n%s\n%s\n%d", s.Tenant, s.Instance, number)
}

func useOfData(k care.DataKey) string {
	return fmt.Sprintf("chartline data key\n%s\n%s", k.Object, k.ID)
}
