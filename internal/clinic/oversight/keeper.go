package oversight

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"chartline/internal/audit"
	"chartline/internal/audit/checkpoint"
	"chartline/internal/store"
)

// indexBatch is how many groups are indexed in one transaction: few, because
// every other writer waits for it.
const indexBatch = 64

// ErrRewound reports a chain that no longer holds what a checkpoint says it
// held: entries were lost or changed, or an old database was put back.
var ErrRewound = errors.New("the audit log does not agree with its last signed checkpoint")

// Keeper anchors the log. It is a part of the log's own machinery, as the gate's
// recorder is: it acts for nobody, shows nothing to anybody, and so does its work
// beside the gate and leaves no entries, which would give it work without end.
type Keeper struct {
	store store.Store
	key   audit.Key
	file  *checkpoint.File
	now   func() time.Time

	mu      sync.Mutex
	last    map[string]audit.Checkpoint // by chain; nil until the file was read
	indexed map[string]int64            // how far each chain's index reached
}

// NewKeeper returns a Keeper that signs with key and writes to file.
func NewKeeper(s store.Store, key audit.Key, file *checkpoint.File, now func() time.Time) *Keeper {
	return &Keeper{store: s, key: key, file: file, now: now, indexed: map[string]int64{}}
}

// Checkpoint signs the head of every chain that moved since its last checkpoint,
// and then brings the index by patient up to date. It never signs a chain that
// went back: that is ErrRewound, while the other chains are signed.
func (k *Keeper) Checkpoint(ctx context.Context) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return errors.Join(k.sign(ctx), k.index(ctx))
}

func (k *Keeper) sign(ctx context.Context) error {
	if err := k.recall(); err != nil {
		return fmt.Errorf("read checkpoints: %w", err)
	}
	var signed []audit.Checkpoint
	var rewound error
	err := k.store.View(ctx, func(tx store.Tx) (err error) {
		signed, rewound, err = k.moved(tx)
		return err
	})
	if err != nil {
		return fmt.Errorf("read the audit log's heads: %w", err)
	}
	if err := k.file.Append(signed); err != nil {
		return errors.Join(fmt.Errorf("write checkpoints: %w", err), rewound)
	}
	for _, c := range signed {
		k.last[c.Chain] = c
	}
	return rewound
}

// moved returns the checkpoints that are due; rewound names the chains that
// must not get one.
func (k *Keeper) moved(tx store.Tx) (signed []audit.Checkpoint, rewound, err error) {
	chains, err := tx.AuditChains()
	if err != nil {
		return nil, nil, err
	}
	for chain := range k.last {
		if !slices.Contains(chains, chain) {
			chains = append(chains, chain)
		}
	}
	slices.Sort(chains)
	for _, chain := range chains {
		c, err := k.next(tx, chain)
		switch {
		case errors.Is(err, ErrRewound):
			rewound = errors.Join(rewound, err)
		case err != nil:
			return nil, nil, err
		case c.Seq != 0:
			signed = append(signed, c)
		}
	}
	return signed, rewound, nil
}

// recall reads what this or an earlier process signed last.
func (k *Keeper) recall() (err error) {
	if k.last != nil {
		return nil
	}
	signed, err := k.file.Snapshot()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, signed.Close()) }()
	found, err := signed.Survey()
	if err != nil {
		return err
	}
	last := make(map[string]audit.Checkpoint, len(found.Last))
	for chain, c := range found.Last {
		// What another key signed, or nobody, is for Verify to judge.
		if c.SignedBy(k.key.Public()) {
			last[chain] = c
		}
	}
	k.last = last
	return nil
}

// next returns a chain's next checkpoint; the zero one where its head has not
// moved.
func (k *Keeper) next(tx store.Tx, chain string) (audit.Checkpoint, error) {
	var head audit.Head
	var err error
	if head.Seq, head.Hash, err = tx.AuditHead(chain); err != nil {
		return audit.Checkpoint{}, err
	}
	last, known := k.last[chain]
	switch {
	case !known && head.Seq == 0, known && head == audit.Head{Seq: last.Seq, Hash: last.Hash}:
		return audit.Checkpoint{}, nil
	case known && head.Seq <= last.Seq:
		return audit.Checkpoint{}, rewoundTo(chain, head.Seq, last)
	case known:
		// A checkpoint is made at the end of a group.
		groups, err := tx.AuditGroups(chain, last.Seq-1, 1)
		if err != nil {
			return audit.Checkpoint{}, err
		}
		if len(groups) == 0 || groups[0].Last != last.Seq || groups[0].Hash != last.Hash {
			return audit.Checkpoint{}, rewoundTo(chain, head.Seq, last)
		}
	}
	return k.key.Sign(chain, head, k.now()), nil
}

func rewoundTo(chain string, seq int64, last audit.Checkpoint) error {
	return fmt.Errorf("%w: chain %q ends at %d; entry %d, signed at %s, is not there as it was",
		ErrRewound, chain, seq, last.Seq, last.At.Format(time.RFC3339))
}

// index brings the index by patient up to date.
func (k *Keeper) index(ctx context.Context) error {
	behind := map[string]int64{}
	err := k.store.View(ctx, func(tx store.Tx) error {
		chains, err := tx.AuditChains()
		if err != nil {
			return err
		}
		for _, chain := range chains {
			seq, _, err := tx.AuditHead(chain)
			if err != nil {
				return err
			}
			if k.indexed[chain] != seq {
				behind[chain] = seq
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("index the audit log: %w", err)
	}
	for chain, seq := range behind {
		if err := k.indexChain(ctx, chain); err != nil {
			return fmt.Errorf("index the audit log: %w", err)
		}
		k.indexed[chain] = seq
	}
	return nil
}

// indexChain indexes what is left of a chain, in small transactions.
func (k *Keeper) indexChain(ctx context.Context, chain string) error {
	for more := true; more; {
		err := k.store.Update(ctx, func(tx store.Tx) (err error) {
			more, err = tx.IndexAudit(chain, indexBatch, func(g store.AuditGroup) ([]string, error) {
				return audit.Subjects(g.Lines), nil
			})
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
