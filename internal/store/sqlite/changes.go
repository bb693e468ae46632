package sqlite

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"

	"chartline/internal/care"
	"chartline/internal/store"
	"chartline/internal/store/sqlstore"
)

// changes implements store.Changes. What changed of a part is written as how many
// pages it has now, and of what size; then each page, with its number before it;
// numbers are of four bytes, the greatest first.
type changes struct {
	files   map[string]delta
	objects []care.StoredObject
}

// numberSize is how long a number is.
const numberSize = 4

// Parts implements store.Changes.
func (c changes) Parts() (changed []string) {
	for _, part := range parts {
		if d := c.files[part]; len(d.at)+len(d.held) > 0 {
			changed = append(changed, part)
		}
	}
	return changed
}

// Size implements store.Changes.
func (c changes) Size(part string) int64 {
	d := c.files[part]
	return 2*numberSize + int64(len(d.numbers()))*(numberSize+int64(d.to.pageSize))
}

// Copy implements store.Changes.
func (c changes) Copy(ctx context.Context, part string, w io.Writer) error {
	d := c.files[part]
	var b [2 * numberSize]byte
	binary.BigEndian.PutUint32(b[:], d.to.pages)
	binary.BigEndian.PutUint32(b[numberSize:], d.to.pageSize)
	if _, err := w.Write(b[:]); err != nil {
		return err
	}
	return d.each(func(number uint32, page []byte) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		binary.BigEndian.PutUint32(b[:], number)
		_, err := w.Write(b[:numberSize])
		if err == nil {
			_, err = w.Write(page)
		}
		return err
	})
}

// Objects implements store.Changes.
func (c changes) Objects() []care.StoredObject { return c.objects }

// errChanges reports changes that are not what Copy wrote.
var errChanges = errors.New("sqlite: these are no changes of a database")

// Apply brings a part of the database at path, which nothing has open, to a later
// state.
func Apply(path, part string, from io.Reader) (err error) {
	if part == partAudit {
		path = AuditPath(path)
	} else if part != partClinic {
		return fmt.Errorf("sqlite: no part %q", part)
	}
	to, err := os.OpenFile(path, os.O_WRONLY, 0) // #nosec G304 -- where the operator said
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	in := bufio.NewReaderSize(from, 256<<10)
	var head [2 * numberSize]byte
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return errors.Join(errChanges, err)
	}
	pages, size, err := parseHead(head[:])
	if err != nil {
		return err
	}
	record := make([]byte, numberSize+int(size))
	for {
		if _, err := io.ReadFull(in, record); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return errors.Join(errChanges, err)
		}
		n := binary.BigEndian.Uint32(record)
		if n == 0 {
			return errChanges
		}
		if _, err := to.WriteAt(record[numberSize:], int64(n-1)*int64(size)); err != nil {
			return err
		}
	}
	if err := to.Truncate(int64(pages) * int64(size)); err != nil {
		return err
	}
	return to.Sync()
}

// parseHead reads how many pages there are now, and of what size.
func parseHead(b []byte) (pages, size uint32, err error) {
	pages, size = binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[numberSize:])
	if pages == 0 || size < 512 || size > 64<<10 {
		return 0, 0, errChanges
	}
	return pages, size, nil
}

// Merge implements store.Followed: of each page the last form stays.
func (*DB) Merge(_ string, changes [][]byte) ([]byte, error) {
	last := map[uint32][]byte{}
	var head []byte
	for _, b := range changes {
		if len(b) < 2*numberSize {
			return nil, errChanges
		}
		pages, size, err := parseHead(b)
		record := numberSize + int(size)
		if err != nil || (len(b)-2*numberSize)%record != 0 || head != nil && !bytes.Equal(b[numberSize:2*numberSize], head[numberSize:]) {
			return nil, errors.Join(errChanges, err)
		}
		head = b[:2*numberSize]
		for r := range slices.Chunk(b[2*numberSize:], record) {
			last[binary.BigEndian.Uint32(r)] = r
		}
		maps.DeleteFunc(last, func(n uint32, _ []byte) bool { return n > pages })
	}
	merged := slices.Clone(head)
	for _, n := range slices.Sorted(maps.Keys(last)) {
		merged = append(merged, last[n]...)
	}
	return merged, nil
}

// lastRow is the last row of a table with media objects. Rows are numbered as
// they come; one that is given another object has a new number.
type lastRow struct {
	number               int64
	tenant, instance, id string
}

// objectTables are the tables with media objects, and which of their rows use
// theirs.
var objectTables = map[string]string{"recording": "deleted_at IS NULL", "file": "true"}

func lastRows(ctx context.Context, k *conn) (map[string]lastRow, error) {
	last := map[string]lastRow{}
	for table := range objectTables {
		err := each(ctx, k, "SELECT rowid, tenant, instance, id FROM "+table+" ORDER BY rowid DESC LIMIT 1", func(r sqlstore.Rows) error {
			last[table] = lastRow{r.Int(0), r.Text(1), r.Text(2), r.Text(3)}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return last, nil
}

// newObjects lists the objects of rows that came after the last ones. Where such
// a last one has gone, its number may be another's, and all rows are listed.
func newObjects(ctx context.Context, k *conn, last map[string]lastRow) (objects []care.StoredObject, err error) {
	for table, used := range objectTables {
		after := last[table]
		n, err := number(ctx, k, fmt.Sprintf("SELECT count(*) FROM %s WHERE tenant = '%s' AND instance = '%s' AND id = '%s' AND rowid >= %d",
			table, literal(after.tenant), literal(after.instance), literal(after.id), after.number))
		if err != nil {
			return nil, err
		}
		if n == 0 {
			after.number = 0
		}
		sql := fmt.Sprintf("SELECT tenant, instance, id, blob_key, size, sha256 FROM %s WHERE rowid > %d AND %s", table, after.number, used)
		err = each(ctx, k, sql, func(r sqlstore.Rows) error {
			o := care.StoredObject{Scope: care.Scope{Tenant: r.Text(0), Instance: r.Text(1)}, Noun: table, ID: r.Text(2), Key: r.Text(3), Size: r.Int(4)}
			if copy(o.SHA256[:], r.Bytes(5)) != len(o.SHA256) {
				return errors.New("sqlite: a digest is no digest")
			}
			objects = append(objects, o)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return objects, nil
}

var _ store.Changes = changes{}
