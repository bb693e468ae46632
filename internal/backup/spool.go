package backup

import (
	"bufio"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"os"

	"chartline/internal/care"
	"chartline/internal/store"
)

// spoolBatch is how many rows are read at once.
const spoolBatch = 1000

// spool is the list of the objects that a state's rows use, on disk, so that the
// state need not be held while the objects are copied. It has ids only.
type spool struct {
	file  *os.File
	bytes int64 // of all objects
}

func newSpool() (*spool, error) {
	f, err := os.CreateTemp("", ".chartline-backup-*")
	if err != nil {
		return nil, err
	}
	// Without a name it goes with the process, however that ends.
	return &spool{file: f}, os.Remove(f.Name())
}

func (s *spool) discard() { _ = s.file.Close() } // its name is gone already

// wantedRow is how a row is kept.
type wantedRow struct {
	Row
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// fill lists what tx has, by key, each key once.
func (s *spool) fill(ctx context.Context, tx store.Tx) error {
	out := bufio.NewWriterSize(s.file, 64<<10)
	lines := json.NewEncoder(out)
	for after, more := "", true; more; {
		if err := ctx.Err(); err != nil {
			return err
		}
		batch, err := tx.StoredObjects(after, spoolBatch)
		if err != nil {
			return err
		}
		for _, o := range batch {
			if o.Key == after {
				continue
			}
			after = o.Key
			s.bytes += o.Size
			if err := lines.Encode(wantedRow{rowOf(o), o.Size, hex.EncodeToString(o.SHA256[:])}); err != nil {
				return err
			}
		}
		more = len(batch) == spoolBatch
	}
	return out.Flush()
}

func rowOf(o care.StoredObject) Row { return Row{o.Noun, o.Tenant, o.Instance, o.ID, o.Key} }

// all yields what was listed.
func (s *spool) all() iter.Seq2[wanted, error] {
	return func(yield func(wanted, error) bool) {
		if _, err := s.file.Seek(0, io.SeekStart); err != nil {
			yield(wanted{}, err)
			return
		}
		for lines := json.NewDecoder(bufio.NewReaderSize(s.file, 64<<10)); ; {
			var r wantedRow
			err := lines.Decode(&r)
			if errors.Is(err, io.EOF) {
				return
			}
			w := wanted{row: r.Row, size: r.Size}
			if err == nil {
				_, err = hex.Decode(w.sum[:], []byte(r.SHA256))
			}
			if !yield(w, err) || err != nil {
				return
			}
		}
	}
}

// wanted is an object that a row of the state uses, as the row tells of it.
type wanted struct {
	row  Row
	size int64
	sum  [32]byte
}
