package gate

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"
	"time"

	"chartline/internal/audit"
	"chartline/internal/care"
	"chartline/internal/store"
	"chartline/internal/trace"
)

const (
	// groupLimit bounds how many entries share one commit.
	groupLimit = 512
	// recordLimit is how long a request waits for its entry before it fails.
	recordLimit = 10 * time.Second
)

// errNotAudited is the cause given where an entry could not be made durable.
var errNotAudited = errors.New("the audit entry could not be made durable")

// recorder commits the entries of many waiting requests together: what comes in
// while one commit runs makes up the next.
type recorder struct {
	store store.Store
	in    chan *pending
	done  chan struct{}

	mu     sync.RWMutex // held for reading while sending to in
	closed bool
}

type pending struct {
	entry  care.AuditEntry
	result chan error // of capacity 1: the recorder never waits for a caller
}

func newRecorder(s store.Store) *recorder {
	r := &recorder{store: s, in: make(chan *pending, groupLimit), done: make(chan struct{})}
	go r.run()
	return r
}

// record returns when e is durable. It does not heed ctx: a client that hangs
// up cannot suppress its entry.
func (r *recorder) record(ctx context.Context, e care.AuditEntry) (err error) {
	span := trace.Leaf(ctx, trace.AuditWait)
	defer func() { span.End(err) }()
	p := &pending{entry: e, result: make(chan error, 1)}
	limit := time.NewTimer(recordLimit)
	defer limit.Stop()
	r.mu.RLock()
	if r.closed {
		r.mu.RUnlock()
		return care.Unavailable(errNotAudited)
	}
	select {
	case r.in <- p:
		r.mu.RUnlock()
	case <-limit.C:
		r.mu.RUnlock()
		return care.Unavailable(errNotAudited)
	}
	select {
	case err := <-p.result:
		return err
	case <-limit.C:
		return care.Unavailable(errNotAudited)
	}
}

func (r *recorder) close() {
	r.mu.Lock()
	if !r.closed {
		r.closed = true
		close(r.in)
	}
	r.mu.Unlock()
	<-r.done
}

func (r *recorder) run() {
	defer close(r.done)
	group := make([]*pending, 0, groupLimit)
	for first := range r.in {
		group = r.gather(append(group[:0], first))
		err := r.commit(group)
		for i, p := range group {
			p.result <- err
			group[i] = nil
		}
	}
}

// gather adds what waits already. It lets whoever could run now do so first,
// until nobody comes any more: requests that are about to wait join this commit
// and not the next, and a lone one is not delayed.
func (r *recorder) gather(group []*pending) []*pending {
	for before := 0; before < len(group) && len(group) < groupLimit; {
		before = len(group)
		runtime.Gosched()
		for more := true; more && len(group) < groupLimit; {
			select {
			case p, ok := <-r.in:
				if more = ok; ok {
					group = append(group, p)
				}
			default:
				more = false
			}
		}
	}
	return group
}

// commit makes a group durable, a chain at a time, in order of arrival.
func (r *recorder) commit(group []*pending) error {
	chains := make(map[string][]care.AuditEntry, 1)
	for _, p := range group {
		chains[p.entry.Chain] = append(chains[p.entry.Chain], p.entry)
	}
	names := make([]string, 0, len(chains))
	for name := range chains {
		names = append(names, name)
	}
	slices.Sort(names) // one order everywhere: no deadlock between nodes
	err := r.store.Update(store.Entries(context.Background()), func(tx store.Tx) error {
		for _, name := range names {
			if err := appendEntries(tx, name, chains[name]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return care.Unavailable(errors.Join(errNotAudited, err))
	}
	return nil
}

// appendEntries seals entries onto the end of their chain, whose head only the
// database knows: other processes write to it too.
func appendEntries(tx store.Tx, chain string, entries []care.AuditEntry) error {
	seq, hash, err := tx.AuditHead(chain)
	if err != nil {
		return err
	}
	return tx.AppendAudit(store.AuditGroup(audit.Seal(chain, audit.Head{Seq: seq, Hash: hash}, entries)))
}
