package vault

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"chartline/internal/care"
	"chartline/internal/sealed"
)

// A sealed stream is one line that says what its key is wrapped with, and an age
// file. With the master key it opens anywhere, without a database.
const streamIntro = "chartline-sealed/1 "

// streamHead bounds the first line.
const streamHead = 8 << 10

// ErrStream reports a stream that SealStream did not make.
var ErrStream = errors.New("vault: not a sealed stream")

type streamLine struct {
	Purpose string `json:"purpose"`
	Master  string `json:"master"`
	Wrapped []byte `json:"wrapped"`
}

// SealStream returns a writer that seals to dst, for one purpose, such as
// "backup", what only m opens. Only Close makes it whole; it does not close dst.
func SealStream(ctx context.Context, m Master, purpose string, dst io.Writer) (io.WriteCloser, error) {
	k := sealed.NewKey()
	line := streamLine{Purpose: purpose}
	var err error
	if line.Wrapped, line.Master, err = m.Wrap(ctx, k[:], useOfStream(purpose)); err != nil {
		return nil, err
	}
	text, err := json.Marshal(line)
	if err != nil {
		return nil, err
	}
	if _, err := io.WriteString(dst, streamIntro+string(text)+"\n"); err != nil {
		return nil, err
	}
	return sealed.NewWriter(dst, k)
}

// OpenStream returns a reader of what SealStream sealed for the same purpose.
// What it has returned is authentic; only io.EOF says that it was all, and
// sealed.ErrDamaged that it is not what was written.
func OpenStream(ctx context.Context, m Master, purpose string, src io.Reader) (io.Reader, error) {
	in := bufio.NewReaderSize(src, streamHead)
	head, err := in.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) || errors.Is(err, io.EOF) {
		return nil, ErrStream
	}
	if err != nil {
		return nil, err
	}
	text, ours := strings.CutPrefix(string(head), streamIntro)
	var line streamLine
	if !ours || json.Unmarshal([]byte(text), &line) != nil {
		return nil, ErrStream
	}
	if line.Purpose != purpose {
		return nil, fmt.Errorf("%w for this purpose", ErrStream)
	}
	b, err := m.Unwrap(ctx, line.Wrapped, line.Master, useOfStream(purpose))
	if err != nil {
		return nil, err
	}
	k, err := keyOf(b)
	if err != nil {
		return nil, err
	}
	return sealed.NewReader(in, k)
}

func useOfStream(purpose string) string { return "chartline stream\n" + purpose }

// purpose is what small values of an instance are kept for.
type purpose struct {
	care.Scope
	name string
}

// SealValue seals a small value of an instance for a purpose, such as
// "webhook event", and for the one place that id names: in another it does not
// open. Values of a purpose share a key, which is kept with those of objects.
func (v *Vault) SealValue(ctx context.Context, scope care.Scope, name, id string, plain []byte) ([]byte, error) {
	k, err := v.purposeKey(ctx, purpose{scope, name})
	if err != nil {
		return nil, err
	}
	return wrap(k, plain, useOfValue(name, id))
}

// OpenValue opens what SealValue sealed. It fails with ErrForged.
func (v *Vault) OpenValue(ctx context.Context, scope care.Scope, name, id string, text []byte) ([]byte, error) {
	k, err := v.purposeKey(ctx, purpose{scope, name})
	if err != nil {
		return nil, err
	}
	return unwrap(k, text, useOfValue(name, id))
}

func useOfValue(name, id string) string { return "chartline value\n" + name + "\n" + id }

// purposeKey returns the key of a purpose, made where there is none.
func (v *Vault) purposeKey(ctx context.Context, p purpose) (sealed.Key, error) {
	v.mu.Lock()
	k, ok := v.purposes[p]
	v.mu.Unlock()
	if ok {
		return k, nil
	}
	k, err := v.namedKey(ctx, p)
	if err == nil {
		v.mu.Lock()
		v.purposes[p] = k
		v.mu.Unlock()
	}
	return k, err
}

// namedKey finds or makes the key of a purpose: a data key of an object that no
// store can have.
func (v *Vault) namedKey(ctx context.Context, p purpose) (sealed.Key, error) {
	object := "value:" + p.name
	if p.Scope != (care.Scope{}) {
		object = p.Tenant + "/" + p.Instance + "/" + object
	}
	k, err := v.Key(ctx, object)
	if !errors.Is(err, sealed.ErrNoKey) {
		return k, err
	}
	k = sealed.NewKey()
	err = v.Keep(ctx, object, k)
	if errors.Is(err, fs.ErrExist) { // another process made it meanwhile
		return v.Key(ctx, object)
	}
	return k, err
}
