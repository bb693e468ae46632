package backup

import (
	"bufio"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"golang.org/x/sync/errgroup"

	"chartline/internal/blob"
	"chartline/internal/sealed"
	"chartline/internal/store"
)

const (
	mediaBatch   = 64 // objects that are looked at together
	mediaWorkers = 4  // of which so many are copied at once
)

// media copies the objects that the target lacks and writes the index. Three
// lists, sorted by key, are walked side by side: what is wanted, what the target
// has, and what the backup before says of that.
func (c *creation) media(ctx context.Context, list *spool) error {
	c.meter.Expect(list.bytes)
	info, err := c.put(ctx, indexName, func(w io.Writer) error {
		out := bufio.NewWriterSize(w, 64<<10)
		if err := c.objects(ctx, list, out); err != nil {
			return err
		}
		return out.Flush()
	})
	c.made.Index = partOf(indexName, info)
	if err != nil {
		return fmt.Errorf("copy the media: %w", err)
	}
	return nil
}

func (c *creation) objects(ctx context.Context, list *spool, out io.Writer) error {
	held := newCursor(c.target.Media().List(ctx, ""), func(e blob.Entry) string { return e.Key })
	defer held.stop()
	known := newCursor(noLines, func(l line) string { return l.key })
	if c.before.ID != "" {
		known = newCursor(c.target.index(ctx, c.before), func(l line) string { return l.key })
	}
	defer known.stop()
	var batch []*object
	for w, err := range list.all() {
		if err != nil {
			return err
		}
		o := &object{wanted: w}
		if o.held, err = held.advance(w.row.Key); err != nil {
			return err
		}
		o.heldSize = held.value.Size
		if o.known, err = known.advance(w.row.Key); err != nil {
			return err
		}
		o.line = line{key: w.row.Key, info: known.value.info}
		if batch = append(batch, o); len(batch) == mediaBatch {
			if err := c.batch(ctx, batch, out); err != nil {
				return err
			}
			batch = batch[:0]
		}
	}
	return c.batch(ctx, batch, out)
}

func noLines(func(line, error) bool) {}

// object is one that is wanted, and what is known of it at the target.
type object struct {
	wanted
	held     bool // the target has one
	heldSize int64
	known    bool // the backup before has it, and line says what it is
	line     line // once it is there

	copied        bool
	gone, damaged bool
}

func (c *creation) batch(ctx context.Context, batch []*object, out io.Writer) error {
	workers, inner := errgroup.WithContext(ctx)
	workers.SetLimit(mediaWorkers)
	for _, o := range batch {
		workers.Go(func() error { return c.object(inner, o) })
	}
	if err := workers.Wait(); err != nil {
		return err
	}
	var lines []byte
	for _, o := range batch {
		switch {
		case o.gone:
			c.made.Gone = append(c.made.Gone, o.row)
			continue
		case o.damaged:
			c.made.Damaged = append(c.made.Damaged, o.row)
			continue
		case o.copied:
			c.made.CopiedObjects++
			c.made.CopiedBytes += o.line.info.Size
		}
		c.made.Objects++
		c.made.Bytes += o.line.info.Size
		lines = o.line.append(lines)
	}
	_, err := out.Write(lines)
	return err
}

// object sees that the target has the object, and what it is.
func (c *creation) object(ctx context.Context, o *object) error {
	defer c.meter.Done(o.size)
	if o.held && !o.known {
		if err := c.inspect(ctx, o); err != nil {
			return err
		}
	}
	if o.held && o.heldSize == o.line.info.Size && fits(o.line.info, o.size, o.sum) {
		return nil
	}
	if o.held { // and is not what it should be
		if err := c.target.Media().Remove(ctx, o.row.Key); err != nil {
			return err
		}
	}
	return c.copy(ctx, o)
}

// prove reads a sealed object as it is opened. Where it cannot be opened now, for
// want of a key, it is copied unproven.
func (c *creation) prove(ctx context.Context, o *object) error {
	if c.source.Opened == nil {
		return nil
	}
	err := digestOf(ctx, c.source.Opened, o)
	if errors.Is(err, blob.ErrDamaged) || errors.Is(err, blob.ErrDigest) || ctx.Err() != nil {
		return err
	}
	return nil
}

func digestOf(ctx context.Context, from blob.Store, o *object) (err error) {
	r, err := from.Open(ctx, o.row.Key, o.size)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	sum := sha256.New()
	if _, err := io.CopyBuffer(sum, struct{ io.Reader }{within{ctx, r}}, make([]byte, sealed.ChunkSize)); err != nil {
		return err
	}
	if [32]byte(sum.Sum(nil)) != o.sum {
		return blob.ErrDigest
	}
	return nil
}

// fits reports whether a stored object can be that of a row: the very bytes, or
// as many as they are sealed in. What is sealed proves itself when it is opened.
func fits(info blob.Info, size int64, sum [32]byte) bool {
	return info == blob.Info{Size: size, SHA256: sum} || info.Size == sealed.Size(size)
}

// inspect reads an object of the target that no backup tells of: one that an
// earlier run left.
func (c *creation) inspect(ctx context.Context, o *object) (err error) {
	r, err := c.target.Media().Open(ctx, o.row.Key, -1)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	sum := sha256.New()
	if o.line.info.Size, err = io.Copy(sum, r); err != nil {
		return err
	}
	sum.Sum(o.line.info.SHA256[:0])
	return nil
}

// copy brings an object over. That it is missing or damaged at the source keeps
// the others from nothing.
func (c *creation) copy(ctx context.Context, o *object) (err error) {
	from, err := c.source.Media.Open(ctx, o.row.Key, -1)
	if err == nil {
		options := blob.PutOptions{}
		if from.Size() == sealed.Size(o.size) {
			err = c.prove(ctx, o)
		} else {
			options.SHA256 = &o.sum
		}
		if err == nil {
			o.line.info, err = c.target.Media().Put(ctx, o.row.Key, from, options)
		}
		err = errors.Join(err, from.Close())
	}
	switch {
	case err == nil:
		o.copied = true
		return nil
	case errors.Is(err, fs.ErrExist): // another has copied it meanwhile
		return c.inspect(ctx, o)
	case !errors.Is(err, blob.ErrNotFound) && !errors.Is(err, blob.ErrDamaged) && !errors.Is(err, blob.ErrDigest):
		return err
	}
	used := false
	err = c.source.Store.View(ctx, func(tx store.Tx) (err error) {
		used, err = tx.BlobKeyUsed(o.row.Key)
		return err
	})
	o.gone, o.damaged = !used, used
	return err
}
