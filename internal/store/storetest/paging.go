package storetest

import (
	"fmt"
	"sync/atomic"
	"testing"

	"chartline/internal/store"
)

func (l listing) walked(t *testing.T, s store.Store, w ward) {
	l.make(t, s, w, 0, 20)
	whole := l.read(t, s, w, l.start, 1000)
	for _, size := range []int{1, 2, 3, 7, len(whole) - 1, len(whole), len(whole) + 1} {
		equal(t, l.walk(t, s, w, size, nil), whole)
	}
	equal(t, l.read(t, s, w, whole[len(whole)-1], 5), nil)
}

// walk reads the list page by page, calling between before each but the first.
func (l listing) walk(t tb, s store.Store, w ward, size int, between func()) []any {
	t.Helper()
	var keys []any
	for after := l.start; ; after = keys[len(keys)-1] {
		page := l.read(t, s, w, after, size)
		if len(page) > size {
			t.Fatalf("%d items on a page of %d", len(page), size)
		}
		keys = append(keys, page...)
		if len(page) < size {
			return keys
		}
		if len(keys) > 1000 {
			t.Fatalf("the walk never ends")
		}
		if between != nil {
			between()
		}
	}
}

// whileMoreComeIn walks while a writer inserts before and behind the place that
// the walk has reached: one item at least between any two pages.
func (l listing) whileMoreComeIn(t *testing.T, s store.Store, w ward) {
	l.make(t, s, w, 0, 24)
	start := l.read(t, s, w, l.start, 1000)
	var made atomic.Int64
	wanted := make(chan int, 1000)
	failed := make(chan error, 1)
	go func() {
		n := 24
		for count := range wanted {
			for range count {
				if err := s.Update(within(t), func(tx store.Tx) error { return l.create(tx, w, n) }); err != nil {
					failed <- fmt.Errorf("insert: %w", err)
					return
				}
				n++
				made.Add(1)
			}
		}
		failed <- nil
	}()
	pages := 0
	keys := l.walk(t, s, w, 3, func() {
		if pages++; pages <= 10 {
			wanted <- 1 + pages%3
		}
	})
	close(wanted)
	if err := <-failed; err != nil {
		t.Fatal(err)
	}
	if made.Load() == 0 {
		t.Fatal("nothing came in")
	}
	seen := map[string]int{}
	for i, key := range keys {
		seen[fmt.Sprint(key)]++
		if i > 0 && l.order(keys[i-1], key) >= 0 {
			t.Errorf("%v comes before %v", keys[i-1], key)
		}
	}
	for _, key := range start {
		if seen[fmt.Sprint(key)] != 1 {
			t.Errorf("%v, there from the start, was seen %d times", key, seen[fmt.Sprint(key)])
		}
	}
}
