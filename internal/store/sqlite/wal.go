package sqlite

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"maps"
	"os"
	"slices"
	"unsafe"

	"modernc.org/libc"
	c "modernc.org/sqlite/lib"
)

// A write-ahead log is a header and frames, each a page as a transaction left
// it (sqlite.org/walformat.html). It is overwritten from its beginning, with
// another salt, once the file has all its pages and no reader needs it.

const (
	logHeader   = 32
	frameHeader = 24
)

// mark is a place in a database's write-ahead log where a transaction ended:
// the state that a reader who began there sees.
type mark struct {
	salt     [8]byte // of the log; zero where there is none yet
	frames   uint32  // up to here
	pages    uint32  // of the database then
	pageSize uint32
	sum      [2]uint32 // of the log up to here
}

// markOf is where the transaction of k reads a file.
func (k *conn) markOf(schema string) (m mark, err error) {
	name, err := libc.CString(schema)
	if err != nil {
		return m, err
	}
	defer libc.Xfree(k.tls, name)
	out := k.tls.Alloc(8)
	defer k.tls.Free(8)
	switch rc := c.Xsqlite3_snapshot_get(k.tls, k.db, name, out); rc {
	case c.SQLITE_OK:
	case c.SQLITE_ERROR: // nothing was ever written to the log
		return m, nil
	default:
		return m, k.fail(rc)
	}
	p := pointerAt(out)
	defer c.Xsqlite3_snapshot_free(k.tls, p)
	return parseMark(memory(p, int(unsafe.Sizeof(c.Tsqlite3_snapshot{}))))
}

// parseMark reads a copy of the header of a log's index, whose numbers are in
// the machine's order.
func parseMark(b []byte) (m mark, err error) {
	n := binary.NativeEndian
	if len(b) < 48 || n.Uint32(b) != 3007000 {
		return m, errors.New("sqlite: this write-ahead log is of another version")
	}
	m = mark{salt: [8]byte(b[32:40]), frames: n.Uint32(b[16:]), pages: n.Uint32(b[20:]), pageSize: uint32(n.Uint16(b[14:])),
		sum: [2]uint32{n.Uint32(b[24:]), n.Uint32(b[28:])}}
	if m.pageSize == 1 { // how 64 KiB are written
		m.pageSize = 64 << 10
	}
	return m, nil
}

// bytes is how long a log up to here is.
func (m mark) bytes() int64 { return int64(m.frames) * (frameHeader + int64(m.pageSize)) }

// delta is which pages of a file changed, and where each is: in the log, or
// here.
type delta struct {
	log  string
	to   mark
	at   map[uint32]int64 // by number
	held map[uint32][]byte
}

// numbers are those of the pages, in order. A page beyond the end was cut off
// again.
func (d delta) numbers() []uint32 {
	all := slices.Collect(maps.Keys(d.held))
	all = slices.AppendSeq(all, maps.Keys(d.at))
	slices.Sort(all)
	return slices.DeleteFunc(slices.Compact(all), func(n uint32) bool { return n > d.to.pages })
}

// each calls fn for each page, in their order.
func (d delta) each(fn func(number uint32, page []byte) error) (err error) {
	var log *os.File
	if len(d.at) > 0 {
		if log, err = os.Open(d.log); err != nil { // #nosec G304 -- beside the operator's own database
			return err
		}
		defer func() { err = errors.Join(err, log.Close()) }()
	}
	buffer := make([]byte, d.to.pageSize)
	for _, n := range d.numbers() {
		page := d.held[n]
		if at, ok := d.at[n]; ok {
			if _, err := log.ReadAt(buffer, at); err != nil {
				return err
			}
			page = buffer
		}
		if err := fn(n, page); err != nil {
			return err
		}
	}
	return nil
}

// changed reads a log from one mark to another. It must not be overwritten
// meanwhile: the reader who saw the first still reads.
func changed(log string, from, to mark) (d delta, err error) {
	d = delta{log: log, to: to, at: map[uint32]int64{}}
	if from.salt == to.salt && from.frames == to.frames || to.frames == 0 {
		return d, nil
	}
	f, err := os.Open(log) // #nosec G304 -- beside the operator's own database
	if err != nil {
		return d, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	var head [logHeader]byte
	if _, err := f.ReadAt(head[:], 0); err != nil {
		return d, err
	}
	if [8]byte(head[16:24]) != to.salt {
		return d, errOverwritten
	}
	sum := checksum{order: binary.ByteOrder(binary.LittleEndian), s: from.sum}
	if head[3]&1 != 0 {
		sum.order = binary.BigEndian
	}
	if from.salt != to.salt || from.frames == 0 {
		from.frames = 0
		sum.s = [2]uint32{binary.BigEndian.Uint32(head[24:]), binary.BigEndian.Uint32(head[28:])}
	}
	start := mark{frames: from.frames, pageSize: to.pageSize}.bytes() + logHeader
	in := io.NewSectionReader(f, start, to.bytes()+logHeader-start)
	frame := make([]byte, frameHeader+int(to.pageSize))
	for at := start; ; at += int64(len(frame)) {
		if _, err := io.ReadFull(in, frame); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return d, err
		}
		sum.add(frame[:8])
		sum.add(frame[frameHeader:])
		if !bytes.Equal(frame[8:16], to.salt[:]) {
			return d, errOverwritten
		}
		d.at[binary.BigEndian.Uint32(frame)] = at + frameHeader
	}
	if sum.s != to.sum {
		return d, errors.New("sqlite: the write-ahead log is damaged: its sum is another")
	}
	return d, nil
}

var errOverwritten = errors.New("sqlite: the write-ahead log was overwritten while it was read")

// checksum is how SQLite sums a log.
type checksum struct {
	order binary.ByteOrder
	s     [2]uint32
}

func (k *checksum) add(b []byte) {
	for ; len(b) >= 8; b = b[8:] {
		k.s[0] += k.order.Uint32(b) + k.s[1]
		k.s[1] += k.order.Uint32(b[4:]) + k.s[0]
	}
}
