package s3

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/minio/minio-go/v7"

	"chartline/internal/blob"
)

const (
	// ownName begins the names of what is ours and no object. No key begins with
	// a dot.
	ownName = ".chartline"
	// markText is what a mark says.
	markText = "Chartline owns this prefix: what is put here by others may be removed.\n"
)

// ErrForeign: the prefix is not marked as ours. Opening one that is not would end
// in the removal of what others keep there.
var ErrForeign = errors.New("there is no store of ours under this prefix")

// Options say where a store is.
type Options struct {
	Endpoint  string // scheme and host, such as https://s3.example.org:9000
	Region    string
	Bucket    string
	Prefix    string // without a slash at either end; empty for the whole bucket
	PathStyle bool   // the bucket in the path and not in the host's name
	CAFile    string // certificates to trust beside the system's
	// NoChecksums leaves out what stores of some makes do not understand.
	NoChecksums bool
	// Mark names the object that says whose the prefix is; empty means a media
	// store's.
	Mark string
	// Keys returns the keys to sign with. It is asked again now and then. Nil
	// means what the machine is given: the role of its instance or its pod.
	Keys func() (Keys, error)
	// Limits that tests set; zero values mean the defaults.
	Limits Limits

	dial func(context.Context, string, string) (net.Conn, error) // for tests of names that no server knows
}

// Keys are credentials.
type Keys struct {
	Access, Secret, Session string
}

// Limits bound what one operation takes.
type Limits struct {
	Attempts int           // of one request
	Patience time.Duration // after which a request is not tried again
	Pause    time.Duration // the longest between two attempts
	Stall    time.Duration // how long a connection may make no progress
	Part     int64         // bytes of one part, which a write holds in memory
	Parts    int           // how many are held at once that are more than 1 MiB
	// Abandoned is how old a multipart upload must be for Sweep: one that another
	// node is still at is not to be told from one that it left.
	Abandoned time.Duration
}

func (l Limits) orDefaults() Limits {
	if l.Attempts == 0 {
		l.Attempts = 7
	}
	if l.Patience == 0 {
		l.Patience = time.Minute
	}
	if l.Pause == 0 {
		l.Pause = 4 * time.Second
	}
	if l.Stall == 0 {
		l.Stall = 30 * time.Second
	}
	if l.Part == 0 {
		l.Part = 8 << 20
	}
	if l.Parts == 0 {
		l.Parts = 64
	}
	if l.Abandoned == 0 {
		l.Abandoned = 24 * time.Hour
	}
	return l
}

// Store is a blob.Store in one bucket.
type Store struct {
	o      Options
	limits Limits
	client *client
	chunks sync.Pool
	slots  slots
	// buffers are lent to who reads.
	buffers sync.Pool
	proven  atomic.Bool // that the store honours conditions
	live    blob.Underway
}

var _ blob.Store = (*Store)(nil)

// Open returns the store at o, which must be marked; where it is not the
// error wraps ErrForeign.
func Open(ctx context.Context, o Options) (*Store, error) {
	s, err := newStore(o)
	if err != nil {
		return nil, err
	}
	_, err = s.stat(ctx, s.name(s.o.Mark))
	if errors.Is(err, blob.ErrNotFound) {
		return nil, fmt.Errorf("%s: %w", s.place(), ErrForeign)
	}
	return s, err
}

// Create marks the prefix, which must be empty or marked already, and opens it. Where others keep something there the error wraps
// ErrForeign.
func Create(ctx context.Context, o Options) (*Store, error) {
	s, err := newStore(o)
	if err != nil {
		return nil, err
	}
	_, err = s.stat(ctx, s.name(s.o.Mark))
	if err == nil || !errors.Is(err, blob.ErrNotFound) {
		return s, err
	}
	for range s.entries(ctx, "") {
		return nil, fmt.Errorf("%s is not empty: %w", s.place(), ErrForeign)
	}
	if err := s.putOwn(ctx, s.name(s.o.Mark), []byte(markText)); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("%s cannot be written: %w", s.place(), err)
	}
	return s, nil
}

func newStore(o Options) (*Store, error) {
	if o.Mark == "" {
		o.Mark = ownName
	}
	s := &Store{o: o, limits: o.Limits.orDefaults()}
	s.slots = slots{make(chan struct{}, s.limits.Parts), s.limits.Patience}
	s.chunks.New = func() any { return new([chunkSize]byte) }
	s.buffers.New = func() any { return new([bufferSize]byte) }
	var err error
	s.client, err = newClient(o, s.limits)
	return s, err
}

// Close closes the idle connections. Open objects stay readable.
func (s *Store) Close() error {
	s.client.transport.CloseIdleConnections()
	return nil
}

func (s *Store) place() string { return "s3://" + strings.TrimSuffix(s.o.Bucket+"/"+s.o.Prefix, "/") }

// name is what the object under key is called in the bucket.
func (s *Store) name(key string) string {
	if s.o.Prefix == "" {
		return key
	}
	return s.o.Prefix + "/" + key
}

// Remove deletes the object under key. Where the bucket keeps versions, the bytes
// stay until its life-cycle rules remove them.
func (s *Store) Remove(ctx context.Context, key string) error {
	if err := blob.CheckKey(key); err != nil {
		return err
	}
	return s.remove(ctx, s.name(key))
}

func (s *Store) remove(ctx context.Context, name string) error {
	err := s.try(ctx, func(ctx context.Context) error {
		return s.client.RemoveObject(ctx, s.o.Bucket, name, minio.RemoveObjectOptions{})
	})
	if err = failed("remove", err); errors.Is(err, blob.ErrNotFound) {
		return nil
	}
	return err
}

// stat asks for what is called name. A store that says no more than "not found"
// may mean the bucket: a whole store that is gone must not look like one lost
// object.
func (s *Store) stat(ctx context.Context, name string) (info minio.ObjectInfo, err error) {
	err = s.try(ctx, func(ctx context.Context) (err error) {
		info, err = s.client.StatObject(ctx, s.o.Bucket, name, minio.StatObjectOptions{Checksum: !s.o.NoChecksums})
		return err
	})
	if err = failed("look up", err); !errors.Is(err, blob.ErrNotFound) {
		return info, err
	}
	there := false
	bucketErr := s.try(ctx, func(ctx context.Context) (err error) {
		there, err = s.client.BucketExists(ctx, s.o.Bucket)
		return err
	})
	if bucketErr == nil && !there {
		return info, errors.New("blob: there is no such bucket")
	}
	return info, errors.Join(err, failed("look up the bucket", bucketErr))
}

// Check writes an object that is none and removes it. The first time it also
// proves that the store refuses to replace one.
func (s *Store) Check(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if _, err := s.stat(ctx, s.name(s.o.Mark)); errors.Is(err, blob.ErrNotFound) {
		return fmt.Errorf("%s: %w any more", s.place(), ErrForeign)
	} else if err != nil {
		return err
	}
	probe := s.name(ownName + "-probe-" + newNumber())
	err := s.putOwn(ctx, probe, []byte{0})
	if err == nil && !s.proven.Load() {
		switch again := s.putOwn(ctx, probe, []byte{1}); {
		case errors.Is(again, fs.ErrExist):
			s.proven.Store(true)
		case again == nil:
			err = errors.New("blob: this S3 store replaces objects although If-None-Match forbids it: recordings are not safe in it")
		default:
			err = again
		}
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.limits.Stall)
	defer cancel()
	return errors.Join(err, s.remove(ctx, probe))
}

func (s *Store) newPart() *part { return &part{pool: &s.chunks, slots: s.slots} }

// putOwn stores what is ours and no object.
func (s *Store) putOwn(ctx context.Context, name string, text []byte) error {
	p := s.newPart()
	defer p.release()
	if _, err := p.fill(ctx, bytes.NewReader(text), s.limits.Part); err != nil {
		return err
	}
	return s.putWhole(ctx, name, p)
}

// Versioned reports whether the bucket keeps what is removed as older versions,
// and locked whether it forbids to remove those.
func (s *Store) Versioned(ctx context.Context) (versioned, locked bool, err error) {
	err = s.try(ctx, func(ctx context.Context) error {
		c, err := s.client.GetBucketVersioning(ctx, s.o.Bucket)
		versioned = c.Enabled()
		return err
	})
	if err != nil {
		return false, false, failed("read the bucket's versioning", err)
	}
	if !versioned {
		return false, false, nil
	}
	err = s.try(ctx, func(ctx context.Context) error {
		on, _, _, _, err := s.client.GetObjectLockConfig(ctx, s.o.Bucket)
		if codeOf(err) == "ObjectLockConfigurationNotFoundError" {
			return nil
		}
		locked = on == "Enabled"
		return err
	})
	return true, locked, failed("read the bucket's lock", err)
}
