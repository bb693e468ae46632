package blob

import "sync"

// Underway holds the keys of uploads that have not ended. Their bytes are stored
// before a row uses them, and a clock that jumps, or a client that takes its time
// with the rest, makes them look old and unused. The zero value is ready.
type Underway struct {
	mu   sync.Mutex
	keys map[string]bool
}

// Begin notes that key is being uploaded, until end is called.
func (u *Underway) Begin(key string) (end func()) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.keys == nil {
		u.keys = map[string]bool{}
	}
	u.keys[key] = true
	return func() {
		u.mu.Lock()
		defer u.mu.Unlock()
		delete(u.keys, key)
	}
}

// Has reports whether key is being uploaded.
func (u *Underway) Has(key string) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.keys[key]
}
