package vault

import (
	"bytes"
	"context"

	"chartline/internal/care"
	"chartline/internal/store"
)

// RotateMaster wraps every instance key with the current master key that is
// wrapped with another. It may be run again, and twice at once; keys stay in use
// meanwhile. A master that cannot name its current key wraps all again. each is
// told of every key that was wrapped.
func (v *Vault) RotateMaster(ctx context.Context, each func(care.InstanceKey)) error {
	current, err := v.master.Current(ctx)
	if err != nil {
		return err
	}
	return v.Each(ctx, func(row care.InstanceKey) error {
		if row.Master == current {
			return nil
		}
		if err := v.rewrapInstance(ctx, row); err != nil {
			return err
		}
		each(row)
		return nil
	})
}

// rewrapInstance wraps one instance key with the current master key. What it
// wrote is opened again before the old wrapping is given up.
func (v *Vault) rewrapInstance(ctx context.Context, row care.InstanceKey) error {
	use, was := useOfInstance(row.Scope, row.Version), row.Wrapped
	key, err := v.master.Unwrap(ctx, was, row.Master, use)
	if err != nil {
		return err
	}
	if row.Wrapped, row.Master, err = v.master.Wrap(ctx, key, use); err != nil {
		return err
	}
	again, err := v.master.Unwrap(ctx, row.Wrapped, row.Master, use)
	if err != nil {
		return err
	}
	if !bytes.Equal(again, key) {
		return errUnfaithful
	}
	err = v.store.Update(ctx, func(tx store.Tx) error { return tx.RewrapInstanceKey(row, was) })
	if care.IsNotFound(err) { // somebody else did
		return nil
	}
	return err
}

// Rotated is what a rotation of an instance's key did.
type Rotated struct {
	Version int64 // the newest
	Resumed bool  // it ended what an earlier rotation had begun
	Keys    int   // data keys that were wrapped again
	Retired int   // versions that are gone
}

// RotateInstance makes a new version of an instance's key, wraps the instance's
// data keys with it and removes the versions before. Where an earlier rotation
// did not come to its end, it ends that one and makes no other version. It may
// be run twice at once; objects are read and written meanwhile.
func (v *Vault) RotateInstance(ctx context.Context, scope care.Scope, each func(keys int)) (Rotated, error) {
	row, err := v.newestRow(ctx, scope)
	if err != nil {
		return Rotated{}, err
	}
	out := Rotated{Version: row.Version}
	former, err := v.former(ctx, scope, row.Version)
	if err != nil {
		return out, err
	}
	if out.Resumed = len(former) > 0; !out.Resumed {
		if row, err = v.makeVersion(ctx, scope, row.Version+1); err != nil {
			return out, err
		}
		out.Version = row.Version
		if former, err = v.former(ctx, scope, row.Version); err != nil {
			return out, err
		}
	}
	v.forgetNewest(scope)
	for len(former) > 0 {
		if err := v.rewrapData(ctx, scope, out.Version, &out.Keys, each); err != nil {
			return out, err
		}
		err := v.store.Update(ctx, func(tx store.Tx) error { return tx.DeleteInstanceKey(scope, former[0]) })
		switch {
		case err == nil:
			out.Retired++
			former = former[1:]
		case care.IsNotFound(err): // another rotation did
			former = former[1:]
		case care.KindOf(err) != care.KindConflict: // a writer still used it: once more
			return out, err
		}
	}
	return out, nil
}

// former lists the versions of an instance's key before the newest.
func (v *Vault) former(ctx context.Context, scope care.Scope, newest int64) (numbers []int64, err error) {
	err = v.Each(ctx, func(row care.InstanceKey) error {
		if row.Scope == scope && row.Version < newest {
			numbers = append(numbers, row.Version)
		}
		return nil
	})
	return numbers, err
}

// rewrapData wraps an instance's data keys with the newest version.
func (v *Vault) rewrapData(ctx context.Context, scope care.Scope, newest int64, done *int, each func(int)) error {
	by, err := v.instanceKey(ctx, scope, newest)
	if err != nil {
		return err
	}
	for {
		var rows []care.DataKey
		err := v.store.View(ctx, func(tx store.Tx) (err error) {
			rows, err = tx.DataKeysBelow(scope, newest, batch)
			return err
		})
		if err != nil || len(rows) == 0 {
			return err
		}
		was := make([][]byte, len(rows))
		for i, row := range rows {
			key, err := v.open(ctx, row)
			if err != nil {
				return err
			}
			was[i], rows[i].Version = row.Wrapped, newest
			if rows[i].Wrapped, err = wrap(by, key[:], useOfData(row)); err != nil {
				return err
			}
		}
		if err := v.store.Update(ctx, func(tx store.Tx) error { return rewrapAll(tx, rows, was) }); err != nil {
			return err
		}
		*done += len(rows)
		each(*done)
	}
}

// rewrapAll writes keys that are still wrapped as they were; the others were
// shredded or wrapped by another rotation.
func rewrapAll(tx store.Tx, rows []care.DataKey, was [][]byte) error {
	for i, row := range rows {
		if err := tx.RewrapDataKey(row, was[i]); err != nil && !care.IsNotFound(err) {
			return err
		}
	}
	return nil
}
