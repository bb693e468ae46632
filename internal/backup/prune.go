package backup

import (
	"context"
	"fmt"

	"chartline/internal/blob"
)

// prune removes all but the newest keep finished backups, what was begun and not
// finished, and the objects that no backup is left to use. A manifest goes first,
// so that what a crash leaves is no backup; the next prune removes it.
func (t *Target) prune(ctx context.Context, keep int) (removed []string, err error) {
	ids, finished, err := t.IDs(ctx)
	if err != nil {
		return nil, err
	}
	left := 0
	for _, id := range ids {
		if finished[id] {
			left++
		}
	}
	var kept []Manifest
	for _, id := range ids {
		if finished[id] && left <= keep {
			m, err := t.Manifest(ctx, id)
			if err != nil {
				return removed, fmt.Errorf("nothing more is removed: %w", err)
			}
			kept = append(kept, m)
			continue
		}
		if err := t.remove(ctx, id); err != nil {
			return removed, err
		}
		if finished[id] {
			left--
			removed = append(removed, id)
		}
	}
	return removed, t.collect(ctx, kept)
}

// remove removes a backup but for the objects that it shares.
func (t *Target) remove(ctx context.Context, id string) error {
	if err := t.store.Remove(ctx, partKey(id, manifestName)); err != nil {
		return err
	}
	var keys []string
	for e, err := range t.store.List(ctx, backupsPrefix+id+"/") {
		if err != nil {
			return err
		}
		keys = append(keys, e.Key)
	}
	for _, key := range keys {
		if err := t.store.Remove(ctx, key); err != nil {
			return err
		}
	}
	return nil
}

// collectBatch is how many objects are removed between two looks at the list.
const collectBatch = 1000

// collect removes the objects that none of the backups uses. Where one of their
// lists cannot be read to its end, nothing that might be in it is removed.
func (t *Target) collect(ctx context.Context, kept []Manifest) error {
	indexes := make([]*cursor[line], len(kept))
	for i, m := range kept {
		if err := t.readThrough(ctx, m); err != nil {
			return err
		}
		indexes[i] = newCursor(t.index(ctx, m), func(l line) string { return l.key })
		defer indexes[i].stop()
	}
	var unused []string
	flush := func() error {
		for _, key := range unused {
			if err := t.Media().Remove(ctx, key); err != nil {
				return err
			}
		}
		unused = unused[:0]
		return nil
	}
	for e, err := range t.Media().List(ctx, "") {
		if err != nil {
			return err
		}
		used, err := usedBy(indexes, e)
		if err != nil {
			return err
		}
		if used {
			continue
		}
		if unused = append(unused, e.Key); len(unused) == collectBatch {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}

// readThrough reads a list to its end, where its digest is compared.
func (t *Target) readThrough(ctx context.Context, m Manifest) error {
	for _, err := range t.index(ctx, m) {
		if err != nil {
			return fmt.Errorf("backup %s: %w", m.ID, err)
		}
	}
	return nil
}

func usedBy(indexes []*cursor[line], e blob.Entry) (bool, error) {
	used := false
	for _, c := range indexes {
		has, err := c.advance(e.Key)
		if err != nil {
			return false, err
		}
		used = used || has
	}
	return used, nil
}
