package oversight

import (
	"context"
	"slices"

	"chartline/internal/care"
	"chartline/internal/policy"
)

const (
	// DefaultLimit and MaxLimit bound a page.
	DefaultLimit = 100
	MaxLimit     = 1000
	// scanLimit bounds how many entries one page looks through.
	scanLimit = 200_000
	// lastWindow bounds the windows of numbers, each twice the one before, in
	// which a search for the newest goes back.
	lastWindow = 32_768
)

// Page asks for entries numbered above After, up to and including Upto.
type Page struct {
	After       int64
	Upto        int64 // 0 means the chain's end at the time of asking
	NewestFirst bool
	Limit       int // 0 means DefaultLimit
}

// Entries is one page of the log.
type Entries struct {
	Entries []care.AuditEntry
	// Next asks for what follows; nil at the end. A page that found little in
	// much may hold fewer entries than were asked for, or none, with a Next.
	Next *Page
}

// List reads entries of one chain. Errors: Forbidden, Invalid, Unavailable.
func (s *Service) List(ctx context.Context, actor care.Actor, f care.AuditFilter, p Page) (Entries, error) {
	if p.Limit == 0 {
		p.Limit = DefaultLimit
	}
	var problems care.Problems
	problems.Check(p.Limit > 0 && p.Limit <= MaxLimit, "limit", "must be 1 to 1000")
	problems.Check(p.After >= 0 && p.Upto >= 0, "cursor", "must not be negative")
	if err := problems.Err(); err != nil {
		return Entries{}, err
	}
	l, err := s.open(ctx, actor, policy.AuditRead, f)
	if err != nil {
		return Entries{}, err
	}
	if p.Upto == 0 || p.Upto > l.head {
		p.Upto = l.head
	}
	if p.NewestFirst {
		return l.newest(p)
	}
	return l.oldest(p)
}

// oldest reads a page in order.
func (l *log) oldest(p Page) (Entries, error) {
	var found Entries
	end := min(p.Upto, p.After+scanLimit)
	if l.filter.Patient != "" {
		end = p.Upto // the index leads from one to the next
	}
	err := l.forward(p.After, end, func(e care.AuditEntry, _ []byte) (bool, error) {
		found.Entries = append(found.Entries, e)
		return len(found.Entries) < p.Limit, nil
	})
	if err != nil {
		return Entries{}, err
	}
	if len(found.Entries) == p.Limit {
		end = found.Entries[p.Limit-1].Seq
	}
	if p.After = end; p.After < p.Upto {
		found.Next = &p
	}
	return found, nil
}

// newest reads a page backwards: in windows, as groups are read forwards.
func (l *log) newest(p Page) (Entries, error) {
	var found Entries
	stop, window := max(p.After, p.Upto-scanLimit), int64(2*p.Limit)
	if l.filter.Patient != "" {
		stop = p.After
	}
	for p.Upto > stop && len(found.Entries) < p.Limit {
		start := max(stop, p.Upto-window)
		last, err := l.last(start, p.Upto, p.Limit-len(found.Entries))
		if err != nil {
			return Entries{}, err
		}
		slices.Reverse(last)
		found.Entries = append(found.Entries, last...)
		p.Upto = start
		if window < lastWindow || l.filter.Patient != "" {
			window *= 2
		}
	}
	if n := len(found.Entries); n == p.Limit {
		p.Upto = found.Entries[n-1].Seq - 1
	}
	if p.Upto > p.After {
		found.Next = &p
	}
	return found, nil
}

// last returns the last n entries that fit, in order.
func (l *log) last(after, upto int64, n int) ([]care.AuditEntry, error) {
	var kept []care.AuditEntry
	err := l.forward(after, upto, func(e care.AuditEntry, _ []byte) (bool, error) {
		if kept = append(kept, e); len(kept) >= 2*n {
			kept = slices.Delete(kept, 0, len(kept)-n)
		}
		return true, nil
	})
	return kept[max(0, len(kept)-n):], err
}
