package vault

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"chartline/internal/care"
	"chartline/internal/store"
)

// shredLine is a shredded key as lists hold it: one JSON object a line.
type shredLine struct {
	Tenant     string    `json:"tenant,omitempty"`
	Instance   string    `json:"instance,omitempty"`
	ID         string    `json:"id"`
	ShreddedAt time.Time `json:"shreddedAt"`
}

// shredHead is a list's first line.
type shredHead struct {
	Format string `json:"format"`
}

const shredFormat = "chartline-shredded/1"

// WriteShredded writes the list of shredded keys to w: JSON lines that name no
// object. A backup of keys or rows has it beside it.
func (v *Vault) WriteShredded(ctx context.Context, w io.Writer) (int, error) {
	out := bufio.NewWriter(w)
	lines, n := json.NewEncoder(out), 0
	if err := lines.Encode(shredHead{shredFormat}); err != nil {
		return 0, err
	}
	seen := map[care.Scope]bool{}
	err := v.Each(ctx, func(row care.InstanceKey) error {
		if seen[row.Scope] {
			return nil
		}
		seen[row.Scope] = true
		return v.eachShredded(ctx, row.Scope, func(k care.ShreddedKey) error {
			n++
			return lines.Encode(shredLine{k.Tenant, k.Instance, k.ID, k.ShreddedAt})
		})
	})
	return n, errors.Join(err, out.Flush())
}

func (v *Vault) eachShredded(ctx context.Context, scope care.Scope, each func(care.ShreddedKey) error) error {
	for after, more := "", true; more; {
		var rows []care.ShreddedKey
		err := v.store.View(ctx, func(tx store.Tx) (err error) {
			rows, err = tx.ShreddedKeys(scope, after, batch)
			return err
		})
		if err != nil {
			return err
		}
		for _, k := range rows {
			if err := each(k); err != nil {
				return err
			}
			after = k.ID
		}
		more = len(rows) == batch
	}
	return nil
}

// Replay destroys every key that a list of WriteShredded names. Restoring calls
// it with each list that it finds, before anything is served. It returns how
// many keys had come back and are gone again; doing it twice does no harm.
func Replay(ctx context.Context, s store.Store, list io.Reader) (gone int, err error) {
	var rows []care.ShreddedKey
	flush := func() error {
		n := 0
		err := s.Update(ctx, func(tx store.Tx) error {
			n = 0
			for _, k := range rows {
				was, err := tx.Shred(k)
				if err != nil {
					return err
				}
				if was {
					n++
				}
			}
			return nil
		})
		if err == nil {
			gone, rows = gone+n, rows[:0]
		}
		return err
	}
	lines := json.NewDecoder(list)
	var head shredHead
	if err := lines.Decode(&head); err != nil || head.Format != shredFormat {
		return 0, errors.Join(errors.New("this is not a list of shredded keys"), err)
	}
	for number := 1; ; number++ {
		var l shredLine
		switch err := lines.Decode(&l); {
		case errors.Is(err, io.EOF):
			return gone, flush()
		case err != nil:
			return gone, fmt.Errorf("the list of shredded keys, entry %d: %w", number, err)
		case l.ID == "":
			return gone, fmt.Errorf("the list of shredded keys, entry %d, has no id", number)
		}
		rows = append(rows, care.ShreddedKey{Scope: care.Scope{Tenant: l.Tenant, Instance: l.Instance}, ID: l.ID, ShreddedAt: care.Truncate(l.ShreddedAt)})
		if len(rows) == batch {
			if err := flush(); err != nil {
				return gone, err
			}
		}
	}
}
