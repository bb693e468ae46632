package sqlstore

import (
	"context"
	"math"
	"slices"

	"chartline/internal/care"
)

// Both bounds leave out the key that they name. All statements here are
// answered by the index voice_call_page without reading a call.
const (
	sqlCallStats = `
	SELECT total, version FROM call_stats WHERE tenant = $1 AND instance = $2 AND patient = $3`

	colsCallItem = `
	SELECT id, direction, status, duration, called_at, media FROM voice_call`
	colsCallRange = `
	WHERE tenant = $1 AND instance = $2 AND patient = $3 AND (called_at, id) > ($4, $5) AND (called_at, id) < ($6, $7)`
	colsCallFilter = `
	AND ($8 = '' OR direction = $8) AND ($9 = '' OR status = $9) AND media >= $10 AND media <= $11`

	sqlCallsUp           = colsCallItem + colsCallRange + ` ORDER BY called_at, id LIMIT $8 OFFSET $9`
	sqlCallsDown         = colsCallItem + colsCallRange + ` ORDER BY called_at DESC, id DESC LIMIT $8 OFFSET $9`
	sqlCallsUpFiltered   = colsCallItem + colsCallRange + colsCallFilter + ` ORDER BY called_at, id LIMIT $12 OFFSET $13`
	sqlCallsDownFiltered = colsCallItem + colsCallRange + colsCallFilter + ` ORDER BY called_at DESC, id DESC LIMIT $12 OFFSET $13`
	sqlCallsCount        = `
	SELECT count(*) FROM voice_call` + colsCallRange + colsCallFilter
)

// longScan is how many index rows a statement may pass before it must be able
// to be cut short.
const longScan = 2000

// pageKey is a place in a list by time.
type pageKey struct {
	at int64
	id string
}

// A call's id is not empty and its bytes are below '~'.
const firstID, lastID = "", "~"

// pagedList is a list in numbered pages, as page memory knows it: a patient's
// calls, filtered, or the patients themselves, where patient is empty.
type pagedList struct {
	scope             care.Scope
	patient           string
	from, until       int64 // the whole seconds that count
	direction, status string
	least, most       int64 // of care.Media
}

func callListOf(s care.Scope, patient string, p care.CallPage) pagedList {
	l := pagedList{
		scope: s, patient: patient, from: math.MinInt64, until: math.MaxInt64,
		direction: string(p.Filter.Direction), status: string(p.Filter.Status),
		least: int64(care.MediaNone), most: int64(care.MediaGiven),
	}
	if p.Filter.From != nil {
		l.from = micros(*p.Filter.From)
	}
	if p.Filter.Until != nil {
		l.until = micros(*p.Filter.Until)
	}
	if has := p.Filter.HasRecording; has != nil {
		audible := int64(care.MediaUnknown)
		if p.UnknownRefused {
			audible = int64(care.MediaGiven)
		}
		if *has {
			l.least = audible
		} else {
			l.most = audible - 1
		}
	}
	return l
}

// sieved reports whether more than time narrows the list.
func (l pagedList) sieved() bool {
	return l.direction != "" || l.status != "" || l.least != int64(care.MediaNone) || l.most != int64(care.MediaGiven)
}

func (l pagedList) bounds() (low, high pageKey) {
	return pageKey{l.from, firstID}, pageKey{l.until, lastID}
}

// stats is how many calls a patient has, and the version of that list.
type stats struct{ total, version int64 }

func scanStats(r *row) stats { return stats{r.int(), r.int()} }

func (t *tx) CallsPage(s care.Scope, patient string, p care.CallPage) ([]care.CallItem, int, error) {
	st, err := one(t, "", scanStats, sqlCallStats, s.Tenant, s.Instance, patient)
	if care.IsNotFound(err) || p.Size < 1 || p.Page < 0 {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, err
	}
	l := callListOf(s, patient, p)
	total := st.total
	if !p.Filter.Empty() {
		if total, err = t.countCalls(l, st); err != nil {
			return nil, 0, err
		}
	}
	size := int64(p.Size)
	if total == 0 || int64(p.Page) > (total-1)/size {
		return nil, int(total), nil
	}
	// Places are counted from the oldest call.
	low := int64(p.Page) * size
	high := min(low+size, total)
	if !p.Ascending {
		low, high = total-high, total-low
	}
	items, err := t.callsBetween(l, st.version, total, low, high)
	if !p.Ascending {
		slices.Reverse(items)
	}
	return items, int(total), err
}

// countCalls counts a filtered list, once for each version of it.
func (t *tx) countCalls(l pagedList, st stats) (int64, error) {
	if n, ok := t.pages().total(l, st.version); ok {
		return n, nil
	}
	low, high := l.bounds()
	var n int64
	err := t.walk(t.scan(st.total), sqlCallsCount,
		values(l.scope.Tenant, l.scope.Instance, l.patient, low.at, low.id, high.at, high.id, l.direction, l.status, l.least, l.most),
		func(r *row) error { n = r.int(); return nil })
	if err == nil {
		t.pages().keepTotal(l, st.version, n)
	}
	return n, err
}

// callsBetween returns the calls at places low to high, oldest first.
func (t *tx) callsBetween(l pagedList, version, total, low, high int64) ([]care.CallItem, error) {
	return between(t, l, version, total, low, high, keyOf, func(up bool, first, last pageKey, offset int64) ([]care.CallItem, error) {
		args := values(l.scope.Tenant, l.scope.Instance, l.patient, first.at, first.id, last.at, last.id)
		sql := sqlCallsDown
		switch {
		case l.sieved():
			args = append(args, l.direction, l.status, l.least, l.most)
			if sql = sqlCallsDownFiltered; up {
				sql = sqlCallsUpFiltered
			}
		case up:
			sql = sqlCallsUp
		}
		items := make([]care.CallItem, 0, high-low)
		err := t.walk(t.scan(offset+high-low), sql, append(args, high-low, offset), func(r *row) error {
			items = append(items, care.CallItem{
				ID: r.text(), Patient: l.patient, Direction: care.Direction(r.text()), Status: care.CallStatus(r.text()),
				Duration: r.int(), CalledAt: r.time(), Media: care.Media(r.int()),
			})
			return nil
		})
		return items, err
	})
}

// between returns the items at places low to high of a list in its order. walk
// reads high-low of them between two keys, past so many, upwards or downwards:
// from the nearest place whose key is known, which is either end, or where a
// page that was read before began or ended.
func between[T any](t *tx, l pagedList, version, total, low, high int64, key func(T) pageKey,
	walk func(up bool, first, last pageKey, offset int64) ([]T, error),
) ([]T, error) {
	first, last := l.bounds()
	from := t.pages().nearest(l, version, total, low, high)
	up, offset := from.place <= low, from.place-high
	if up {
		offset = low - from.place
		if from.place > 0 {
			first = from.key
		}
	} else if from.place < total {
		last = pageKey{from.key.at, from.key.id + lastID}
	}
	items, err := walk(up, first, last, offset)
	if err != nil {
		return nil, err
	}
	if !up {
		slices.Reverse(items)
	}
	if n := int64(len(items)); n > 0 && n == high-low {
		t.pages().keepPage(l, version, total, low, n, key(items[0]), key(items[n-1]))
	}
	return items, nil
}

// scan returns the context for a statement that passes about n rows.
func (t *tx) scan(n int64) context.Context {
	if n > longScan {
		return t.ctx
	}
	return t.background()
}

// pages returns the store's page memory, or none to a transaction whose changes
// may never have been: a version that was not committed will come again.
func (t *tx) pages() *pageMemory {
	if t.writable {
		return nil
	}
	return t.store.pages
}

// keyOf returns an item's place.
func keyOf(c care.CallItem) pageKey { return pageKey{c.CalledAt.UnixMicro(), c.ID} }
