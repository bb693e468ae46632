package sqlstore

import (
	"container/list"
	"sync"
)

const (
	memoryLists = 256 // lists whose places are remembered
	memoryMarks = 32  // places in each
	nearEnd     = 200 // places this close to an end are found as fast without
)

// pageMemory remembers where pages of long lists began and ended, so that the
// pages beside one that was read cost no more than the first. It knows lists by
// their version, which moves in the transaction that changes them: an answer is
// always what counting from the start would give.
type pageMemory struct {
	mu    sync.Mutex
	lists map[pagedList]*list.Element
	order *list.List // of *rememberedList, the latest used in front
}

type rememberedList struct {
	list    pagedList
	version int64
	total   int64 // of a filtered list; -1 where it was not counted
	marks   []mark
	next    int // the mark to be replaced
}

// mark is a place between two calls, counted from the oldest, and the key of
// the call before it.
type mark struct {
	place int64
	key   pageKey
}

func newPageMemory() *pageMemory {
	return &pageMemory{lists: map[pagedList]*list.Element{}, order: list.New()}
}

// find returns what is known of a list at a version; nil where nothing is. The
// caller holds mu.
func (m *pageMemory) find(l pagedList, version int64) *rememberedList {
	e, ok := m.lists[l]
	if !ok {
		return nil
	}
	r := e.Value.(*rememberedList)
	if r.version != version {
		return nil
	}
	m.order.MoveToFront(e)
	return r
}

// open returns the memory of a list at a version, forgetting other versions and
// the list least lately used. The caller holds mu.
func (m *pageMemory) open(l pagedList, version int64) *rememberedList {
	if r := m.find(l, version); r != nil {
		return r
	}
	if e, ok := m.lists[l]; ok {
		m.drop(e)
	}
	if m.order.Len() >= memoryLists {
		m.drop(m.order.Back())
	}
	r := &rememberedList{list: l, version: version, total: -1}
	m.lists[l] = m.order.PushFront(r)
	return r
}

func (m *pageMemory) drop(e *list.Element) {
	delete(m.lists, e.Value.(*rememberedList).list)
	m.order.Remove(e)
}

// total returns how many a filtered list holds, where that is known.
func (m *pageMemory) total(l pagedList, version int64) (int64, bool) {
	if m == nil {
		return 0, false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.find(l, version)
	if r == nil || r.total < 0 {
		return 0, false
	}
	return r.total, true
}

func (m *pageMemory) keepTotal(l pagedList, version, total int64) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.open(l, version).total = total
}

// nearest returns the known place from which the fewest calls are passed on the
// way to those between low and high. Place 0 and place total need no key.
func (m *pageMemory) nearest(l pagedList, version, total, low, high int64) mark {
	best, cost := mark{place: 0}, low
	if total-high < cost {
		best, cost = mark{place: total}, total-high
	}
	if m == nil || cost <= nearEnd {
		return best
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.find(l, version)
	if r == nil {
		return best
	}
	for _, k := range r.marks {
		d := low - k.place
		if k.place >= high {
			d = k.place - high
		}
		if d >= 0 && d < cost {
			best, cost = k, d
		}
	}
	return best
}

// keepPage remembers the places after the first and the last of n items that
// begin at low.
func (m *pageMemory) keepPage(l pagedList, version, total, low, n int64, first, last pageKey) {
	if m == nil || min(low, total-low-n) <= nearEnd-n {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.open(l, version)
	r.keep(mark{low + 1, first})
	r.keep(mark{low + n, last})
}

func (r *rememberedList) keep(k mark) {
	for _, known := range r.marks {
		if known.place == k.place {
			return
		}
	}
	if len(r.marks) < memoryMarks {
		r.marks = append(r.marks, k)
		return
	}
	r.marks[r.next] = k
	r.next = (r.next + 1) % memoryMarks
}
