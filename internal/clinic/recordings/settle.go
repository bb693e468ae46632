package recordings

import (
	"context"

	"chartline/internal/care"
	"chartline/internal/store"
)

// Decision is what a person decides about a recording whose name was held
// elsewhere when it arrived.
type Decision string

// The decisions.
const (
	// Take gives the recording its name. Who held it waits in its stead, or goes
	// by Settlement.HolderName from now on.
	Take Decision = "take"
	// Rename gives the recording another name, Settlement.Name, which is free.
	Rename Decision = "rename"
	// Dismiss sets the recording's claim aside: it leaves the waiting list and
	// no look-up by name finds it. It can be settled otherwise at any time.
	Dismiss Decision = "dismiss"
)

// Decisions returns every decision.
func Decisions() []Decision { return []Decision{Take, Rename, Dismiss} }

// Settlement is a decision with the names it needs.
type Settlement struct {
	Decision   Decision
	Name       string // for Rename
	HolderName string // for Take, where the former holder is to have another name
}

func (st Settlement) check() error {
	var bad care.Problems
	switch st.Decision {
	case Take:
		bad.Check(st.Name == "", "name", "is for rename only")
		bad.Check(st.HolderName == "" || care.CheckRecordingName(st.HolderName) == nil, "holderName", "must be 1 to 1024 bytes of UTF-8 without NUL")
	case Rename:
		bad.Check(care.CheckRecordingName(st.Name) == nil, "name", "must be 1 to 1024 bytes of UTF-8 without NUL")
		bad.Check(st.HolderName == "", "holderName", "is for take only")
	case Dismiss:
		bad.Check(st.Name == "", "name", "is for rename only")
		bad.Check(st.HolderName == "", "holderName", "is for take only")
	default:
		bad.Add("decision", "must be take, rename or dismiss")
	}
	return bad.Err()
}

// Settle decides about a recording that does not hold its name. Errors: Invalid,
// NotFound, Conflict (it holds its name already; a name that is not free),
// Forbidden.
func (s *Service) Settle(ctx context.Context, a Ask, st Settlement) (care.Recording, error) {
	if err := st.check(); err != nil {
		return care.Recording{}, err
	}
	reason, err := checkReason(a.Reason, false)
	if err != nil {
		return care.Recording{}, err
	}
	a.Reason = because("settle by "+string(st.Decision), reason)
	return s.change(ctx, a.request(), a.ID, func(tx store.Tx, r *care.Recording) error {
		if r.NameStatus == care.NameHeld {
			return &care.Error{Kind: care.KindConflict, Noun: "recording", Message: "the recording holds its name already"}
		}
		switch st.Decision {
		case Take:
			r.NameStatus = care.NameHeld
			return displace(tx, *r, st.HolderName)
		case Rename:
			return rename(tx, r, st.Name)
		case Dismiss:
			r.NameStatus = care.NameDismissed
		}
		return nil
	})
}

// displace takes a name from the recording that holds it, if any, for r: it
// waits, or goes by another name.
func displace(tx store.Tx, r care.Recording, newName string) error {
	holder, err := tx.NameHolder(r.Scope, r.Name)
	if care.IsNotFound(err) {
		if newName != "" {
			return care.Invalid("holderName", "has nobody to go to: the name is not held")
		}
		return nil
	}
	if err != nil {
		return err
	}
	holder.UpdatedAt = r.UpdatedAt
	holder.NameStatus = care.NameWaiting
	if newName != "" {
		if err := rename(tx, &holder, newName); err != nil {
			return err
		}
	}
	return tx.UpdateRecording(holder)
}

// rename makes r hold name. Errors: Conflict where the name is not free.
func rename(tx store.Tx, r *care.Recording, name string) error {
	free, err := isFree(tx, r.Scope, name)
	if err != nil {
		return err
	}
	if !free {
		return care.Conflict("recording", "name")
	}
	r.Name, r.NameStatus = name, care.NameHeld
	return nil
}

// isFree reports whether no recording holds name or waits for it.
func isFree(tx store.Tx, scope care.Scope, name string) (bool, error) {
	_, err := tx.NameHolder(scope, name)
	if !care.IsNotFound(err) {
		return false, err
	}
	waiters, err := tx.NameWaiters(scope, name)
	return len(waiters) == 0, err
}
