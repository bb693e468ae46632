package oversight

import (
	"context"
	"errors"
	"maps"
	"slices"

	"chartline/internal/audit"
	"chartline/internal/audit/checkpoint"
	"chartline/internal/care"
	"chartline/internal/gate"
	"chartline/internal/policy"
	"chartline/internal/store"
)

// Verification is what a check of the log found.
type Verification struct {
	Chains []audit.Report // by name
	// Checkpoints is what the file of checkpoints holds.
	Checkpoints checkpoint.Survey
}

// OK reports whether every chain and the file of checkpoints are in order. A
// checkpoint that a crash cut off is: the next one mends it.
func (v Verification) OK() bool {
	return v.Checkpoints.Unreadable == 0 && !slices.ContainsFunc(v.Chains, func(r audit.Report) bool { return !r.OK() })
}

// Verify checks one chain, to the entry, against its checkpoints.
// Errors: Forbidden, Unavailable; what is wrong with the log is no error.
func (s *Service) Verify(ctx context.Context, actor care.Actor, chain string) (Verification, error) {
	return s.verify(ctx, actor, care.Scope{Tenant: chain}, func([]string) []string { return []string{chain} })
}

// VerifyAll is Verify for every chain that is stored or has a checkpoint.
func (s *Service) VerifyAll(ctx context.Context, actor care.Actor) (Verification, error) {
	return s.verify(ctx, actor, care.Scope{}, func(known []string) []string { return known })
}

func (s *Service) verify(ctx context.Context, actor care.Actor, scope care.Scope, choose func(known []string) []string) (v Verification, err error) {
	q := gate.Request{Actor: actor, Action: policy.AuditVerify, Scope: scope}
	view, err := gate.Open(ctx, s.gate, q, gate.Nothing("audit_chain"))
	if err != nil {
		return v, err
	}
	// The checkpoints are taken before the chains, which only grow: none of them
	// can be about an entry that is still to come.
	signed, err := s.checkpoints.Snapshot()
	if err != nil {
		return v, care.Unavailable(err)
	}
	defer func() { err = errors.Join(err, signed.Close()) }()
	if v.Checkpoints, err = signed.Survey(); err != nil {
		return v, care.Unavailable(err)
	}
	var known []string
	if err := view(func(tx store.Tx) (err error) { known, err = tx.AuditChains(); return err }); err != nil {
		return v, err
	}
	known = slices.AppendSeq(known, maps.Keys(v.Checkpoints.Last))
	slices.Sort(known)
	for _, chain := range choose(slices.Compact(known)) {
		report, err := s.chain(view, chain, signed)
		if err != nil {
			return v, err
		}
		v.Chains = append(v.Chains, report)
	}
	return v, nil
}

// chain reads a chain to its end, a few groups at a time.
func (s *Service) chain(view gate.View, chain string, signed *checkpoint.Snapshot) (audit.Report, error) {
	verifier := audit.NewVerifier(chain, signed.Of(chain), s.keys...)
	for after := int64(0); ; {
		var (
			groups []store.AuditGroup
			head   audit.Head
		)
		err := view(func(tx store.Tx) (err error) {
			if head.Seq, head.Hash, err = tx.AuditHead(chain); err != nil {
				return err
			}
			groups, err = tx.AuditGroups(chain, after, batch)
			return err
		})
		if err != nil {
			return audit.Report{}, err
		}
		more := len(groups) == batch
		for _, g := range groups {
			useful, err := verifier.Add(audit.Group(g))
			if err != nil {
				return audit.Report{}, care.Unavailable(err)
			}
			after, more = g.Last, more && useful
		}
		if !more {
			report, err := verifier.Finish(head)
			if err != nil {
				return report, care.Unavailable(err)
			}
			return report, nil
		}
	}
}
