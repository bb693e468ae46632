package oversight

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"time"

	"chartline/internal/audit"
	"chartline/internal/audit/checkpoint"
	"chartline/internal/care"
	"chartline/internal/gate"
	"chartline/internal/store"
)

// batch is how many groups are read in one snapshot, and so held in memory.
const batch = 32

// Service is the use cases of reading the log.
type Service struct {
	gate        *gate.Gate
	checkpoints *checkpoint.File
	keys        []ed25519.PublicKey
}

// New returns the use cases behind g. Checkpoints count where one of keys signed
// them.
func New(g *gate.Gate, checkpoints *checkpoint.File, keys ...ed25519.PublicKey) *Service {
	return &Service{gate: g, checkpoints: checkpoints, keys: keys}
}

// log is one chain opened for reading what fits a filter.
type log struct {
	view   gate.View
	filter care.AuditFilter
	head   int64 // the chain's last entry when it was opened
}

// open asks the gate for f's part of a chain. Policy decides by f.Chain and
// f.Instance: who may see one instance only has to name it.
func (s *Service) open(ctx context.Context, actor care.Actor, action care.Action, f care.AuditFilter) (*log, error) {
	q := gate.Request{Actor: actor, Action: action, Scope: care.Scope{Tenant: f.Chain, Instance: f.Instance}}
	target := care.Target{Noun: "audit_entry"}
	if id, ok := care.ParseUUID(f.Patient); ok { // what is no id is nobody's, and may be a name
		target.Patient = id
	}
	view, err := gate.Open(ctx, s.gate, q, func(store.Tx) (care.Target, error) { return target, nil })
	if err != nil {
		return nil, err
	}
	l := &log{view: view, filter: f}
	return l, view(func(tx store.Tx) error {
		var err error
		l.head, _, err = tx.AuditHead(f.Chain)
		return err
	})
}

// forward calls fn with every entry that fits the filter and is numbered above
// after, up to and including upto, in order, with its line. It stops when fn
// returns false.
func (l *log) forward(after, upto int64, fn func(e care.AuditEntry, line []byte) (bool, error)) error {
	for after < upto {
		groups, err := l.fetch(after)
		if err != nil || len(groups) == 0 {
			return err
		}
		for _, g := range groups {
			more, err := l.group(g, after, upto, fn)
			if err != nil || !more {
				return err
			}
		}
		after = groups[len(groups)-1].Last
	}
	return nil
}

// fetch reads the next groups that may hold what the filter asks for.
func (l *log) fetch(after int64) (groups []store.AuditGroup, err error) {
	f := l.filter
	err = l.view(func(tx store.Tx) error {
		if f.Patient != "" {
			groups, err = tx.AuditGroupsOf(f.Chain, f.Patient, f.From, f.Until, after, batch)
		} else {
			groups, err = tx.AuditGroups(f.Chain, after, batch)
		}
		return err
	})
	return groups, err
}

// group is forward for one group.
func (l *log) group(g store.AuditGroup, after, upto int64, fn func(care.AuditEntry, []byte) (bool, error)) (more bool, err error) {
	if g.First > upto {
		return false, nil
	}
	if !overlaps(l.filter, g.From, g.Until) {
		return true, nil
	}
	more = true
	damaged := audit.Group(g).Walk(func(e care.AuditEntry, line []byte) bool {
		if e.Seq > after && e.Seq <= upto && fits(l.filter, e) {
			more, err = fn(e, line)
		}
		return more && err == nil
	})
	if damaged != nil {
		return false, &care.Error{Kind: care.KindInternal, Noun: "audit_entry", Cause: fmt.Errorf(
			"chain %q is damaged between %d and %d, to be verified: %w", g.Chain, g.First, g.Last, damaged)}
	}
	return more, err
}

// overlaps reports whether entries between the two times can fit f.
func overlaps(f care.AuditFilter, from, until time.Time) bool {
	return (f.From == nil || !until.Before(*f.From)) && (f.Until == nil || from.Before(*f.Until))
}

// fits reports whether an entry of f's chain is what f asks for.
func fits(f care.AuditFilter, e care.AuditEntry) bool {
	return overlaps(f, e.At, e.At) &&
		(f.Instance == "" || f.Instance == e.Instance) &&
		(f.Patient == "" || f.Patient == e.Patient) &&
		(f.Actor == "" || f.Actor == e.ActorID) &&
		(f.Action == "" || f.Action == e.Action) &&
		(f.Outcome == "" || f.Outcome == e.Outcome)
}
