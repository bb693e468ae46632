package sqlstore

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"chartline/internal/care"
	"chartline/internal/store"
)

const (
	sqlAuditHead = `
	SELECT seq, hash, indexed FROM audit_chain WHERE chain = $1`
	sqlAuditHeadPut = `
	INSERT INTO audit_chain (chain, seq, hash, indexed) VALUES ($1, $2, $3, 0)
	ON CONFLICT (chain) DO UPDATE SET seq = excluded.seq, hash = excluded.hash`
	sqlAuditInsert = `
	INSERT INTO audit_group (chain, last_seq, first_seq, from_at, until_at, hash, entries) VALUES ($1, $2, $3, $4, $5, $6, $7)`
	sqlAuditChains = `
	SELECT chain FROM audit_chain ORDER BY chain`
	sqlAuditIndexed = `
	UPDATE audit_chain SET indexed = $2 WHERE chain = $1`
	sqlAuditSubjectInsert = `
	INSERT INTO audit_subject (chain, patient, last_seq) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`

	colsAuditGroup = `
	SELECT g.chain, g.first_seq, g.last_seq, g.from_at, g.until_at, g.hash, g.entries`
	sqlAuditGroups = colsAuditGroup + `
	FROM audit_group g WHERE g.chain = $1 AND g.last_seq > $2 ORDER BY g.last_seq LIMIT $3`
	sqlAuditGroupsBetween = colsAuditGroup + `
	FROM audit_group g WHERE g.chain = $1 AND g.last_seq > $2 AND g.until_at >= $3 AND g.from_at < $4 ORDER BY g.last_seq LIMIT $5`
	sqlAuditGroupsOf = colsAuditGroup + `
	FROM audit_subject s JOIN audit_group g ON g.chain = s.chain AND g.last_seq = s.last_seq
	WHERE s.chain = $1 AND s.patient = $2 AND s.last_seq > $3 AND s.last_seq <= $4 AND g.until_at >= $5 AND g.from_at < $6
	ORDER BY s.last_seq LIMIT $7`
)

// auditHead is a chain's end, and how far its index by patient reaches.
type auditHead struct {
	chain   string
	seq     int64
	hash    [32]byte
	indexed int64
}

// auditSubject is a row of the index by patient: group holds an entry about them.
type auditSubject struct {
	patient string
	group   int64
}

func scanAuditHead(r *row) auditHead {
	return auditHead{seq: r.int(), hash: r.hash(), indexed: r.int()}
}

func scanAuditGroup(r *row) store.AuditGroup {
	return store.AuditGroup{
		Chain: r.text(), First: r.int(), Last: r.int(), From: r.time(), Until: r.time(), Hash: r.hash(), Lines: r.bytes(),
	}
}

// auditHead is read once in an update, which no other writer comes between.
func (t *tx) auditHead(chain string) (auditHead, error) {
	if t.conn != nil && t.writable && t.head.chain == chain && t.head.seq > 0 {
		return t.head, nil
	}
	h, err := one(t, "audit", scanAuditHead, sqlAuditHead, chain)
	if care.IsNotFound(err) {
		return auditHead{}, nil
	}
	h.chain = chain
	t.head = h
	return h, err
}

func (t *tx) AuditHead(chain string) (int64, [32]byte, error) {
	h, err := t.auditHead(chain)
	return h.seq, h.hash, err
}

func (t *tx) AppendAudit(g store.AuditGroup) error {
	h, err := t.auditHead(g.Chain)
	if err != nil {
		return err
	}
	if g.First != h.seq+1 || g.Last < g.First {
		return care.Conflict("audit", "first")
	}
	if _, err := t.exec(sqlAuditInsert, g.Chain, g.Last, g.First, micros(g.From), micros(g.Until), g.Hash[:], blob(g.Lines)); err != nil {
		return err
	}
	t.head = auditHead{} // is another now
	_, err = t.exec(sqlAuditHeadPut, g.Chain, g.Last, g.Hash[:])
	return err
}

func (t *tx) AuditGroups(chain string, after int64, limit int) ([]store.AuditGroup, error) {
	return all(t, scanAuditGroup, sqlAuditGroups, chain, after, int64(limit))
}

// AuditGroupsOf reads by the index as far as it reaches, and all groups past it.
func (t *tx) AuditGroupsOf(chain, patient string, from, until *time.Time, after int64, limit int) ([]store.AuditGroup, error) {
	h, err := t.auditHead(chain)
	if err != nil {
		return nil, err
	}
	first, end := int64(math.MinInt64), int64(math.MaxInt64)
	if from != nil {
		first = micros(*from)
	}
	if until != nil {
		end = micros(*until)
	}
	found, err := all(t, scanAuditGroup, sqlAuditGroupsOf, chain, patient, after, h.indexed, first, end, int64(limit))
	if err != nil || len(found) == limit {
		return found, err
	}
	rest, err := all(t, scanAuditGroup, sqlAuditGroupsBetween, chain, max(after, h.indexed), first, end, int64(limit-len(found)))
	return append(found, rest...), err
}

func (t *tx) AuditChains() ([]string, error) {
	return all(t, (*row).text, sqlAuditChains)
}

func (t *tx) IndexAudit(chain string, limit int, subjects func(store.AuditGroup) ([]string, error)) (bool, error) {
	h, err := t.auditHead(chain)
	if err != nil {
		return false, err
	}
	groups, err := t.AuditGroups(chain, h.indexed, limit)
	if err != nil || len(groups) == 0 {
		return false, err
	}
	var found []auditSubject
	for _, g := range groups {
		patients, err := subjects(g)
		if err != nil {
			return false, err
		}
		for _, p := range patients {
			found = append(found, auditSubject{p, g.Last})
		}
	}
	// In the index's own order each of its pages is visited once.
	slices.SortFunc(found, func(a, b auditSubject) int {
		return cmp.Or(strings.Compare(a.patient, b.patient), cmp.Compare(a.group, b.group))
	})
	for _, f := range found {
		if _, err := t.exec(sqlAuditSubjectInsert, chain, f.patient, f.group); err != nil {
			return false, err
		}
	}
	done := groups[len(groups)-1].Last
	t.head = auditHead{}
	_, err = t.exec(sqlAuditIndexed, chain, done)
	return done < h.seq, err
}
