package contracttest

import (
	"encoding/binary"
	"path"
	"testing"

	"chartline/internal/care"
)

// media is a file that seeds and requests name.
type media struct {
	contentType string
	bytes       []byte
}

// mediaFile returns a small file of the type that its name says: a head by
// which the type is known, and then bytes that differ from place to place.
func mediaFile(t testing.TB, name string) media {
	t.Helper()
	heads := map[string]string{
		".wav":  "RIFF\xe0\x03\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x40\x1f\x00\x00\x01\x00\x08\x00data\xbc\x03\x00\x00",
		".mp3":  "ID3\x04\x00\x00\x00\x00\x00\x00\xff\xfb\x90\x00",
		".ogg":  "OggS\x00\x02",
		".m4a":  "\x00\x00\x00\x18ftypM4A \x00\x00\x00\x00",
		".mp4":  "\x00\x00\x00\x18ftypisom\x00\x00\x02\x00",
		".webm": "\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm",
		".mkv":  "\x1a\x45\xdf\xa3\xa3\x42\x82\x88matroska",
	}
	contentType, ok := care.MediaTypeOf(name)
	if !ok {
		t.Fatalf("no media file can be called %s", name)
	}
	m := media{contentType: contentType, bytes: []byte(heads[path.Ext(name)])}
	for i := 0; len(m.bytes) < 1000; i++ {
		m.bytes = binary.BigEndian.AppendUint16(m.bytes, uint16(i*7919))
	}
	// The name is in the bytes, so that no two files are the same.
	m.bytes = append(m.bytes[:1000-len(name)], name...)
	return m
}
