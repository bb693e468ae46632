package audit

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"strconv"
	"time"
)

// Checkpoint is a signed statement that a chain's head was Hash after Seq.
type Checkpoint struct {
	Chain     string
	Seq       int64
	Hash      [32]byte
	At        time.Time
	KeyID     string // of the key that signed; see KeyID
	Signature [ed25519.SignatureSize]byte
}

// ErrCheckpoint reports a line that is not exactly what Line writes.
var ErrCheckpoint = errors.New("not a checkpoint of form 1")

// signingContext keeps a checkpoint's signature from being good for anything
// else that the key may ever sign.
const signingContext = "chartline audit checkpoint 1\x00"

const (
	leadKey       = `,"key":"`
	leadSignature = `,"signature":"`
)

// Sign returns the signed statement that chain's head is head at the time at.
func (k Key) Sign(chain string, head Head, at time.Time) Checkpoint {
	c := Checkpoint{Chain: chain, Seq: head.Seq, Hash: head.Hash, At: writable(at), KeyID: KeyID(k.Public())}
	copy(c.Signature[:], ed25519.Sign(k.signing, append([]byte(signingContext), c.covered()...)))
	return c
}

// SignedBy reports whether the holder of public's key made the checkpoint.
func (c Checkpoint) SignedBy(public ed25519.PublicKey) bool {
	return c.KeyID == KeyID(public) &&
		ed25519.Verify(public, append([]byte(signingContext), c.covered()...), c.Signature[:])
}

// CheckpointLead is how the line of every checkpoint of chain begins, and that
// of no other.
func CheckpointLead(chain string) []byte {
	return append(appendText([]byte(leadChain), chain), '"')
}

// covered is what the signature covers: the line up to the signature.
func (c Checkpoint) covered() []byte {
	b := append(CheckpointLead(c.Chain), leadSeq...)
	b = strconv.AppendInt(b, c.Seq, 10)
	b = append(b, leadHash...)
	b = appendHex(b, c.Hash[:])
	b = append(append(b, '"'), leadAt...)
	b = appendTime(b, c.At)
	b = append(append(b, '"'), leadKey...)
	b = appendText(b, c.KeyID)
	return append(b, '"')
}

// Line returns the checkpoint as one line of JSON, with its line feed.
func (c Checkpoint) Line() []byte {
	b := append(c.covered(), leadSignature...)
	b = appendHex(b, c.Signature[:])
	return append(append(b, lineEnd...), '\n')
}

// ParseCheckpoint reads one line, with or without its line feed. It takes only
// the exact bytes that Line writes, and does not check the signature.
func ParseCheckpoint(line []byte) (Checkpoint, error) {
	line = bytes.TrimSuffix(line, lineFeed)
	covered, signature, ok := cutTail(line, leadSignature, ed25519.SignatureSize)
	if !ok {
		return Checkpoint{}, ErrCheckpoint
	}
	c := Checkpoint{Signature: [ed25519.SignatureSize]byte(signature)}
	r := lineReader{rest: string(covered)}
	r.lead(leadChain)
	c.Chain = r.text()
	r.lead(leadSeq)
	c.Seq = r.number()
	r.lead(leadHash)
	c.Hash = r.hash()
	r.lead(leadAt)
	c.At = r.time()
	r.lead(leadKey)
	c.KeyID = r.text()
	if r.failed || len(r.rest) != 0 || !bytes.Equal(c.covered(), covered) {
		return Checkpoint{}, ErrCheckpoint
	}
	return c, nil
}
