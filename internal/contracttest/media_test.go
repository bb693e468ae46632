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
		".jpg":  "\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xff\xc0\x00\x11\x08\x00\x20\x00\x20\x03",
		".png":  "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x20\x00\x00\x00\x20\x08\x02\x00\x00\x00",
		".pdf":  "%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<</Type/Catalog>>\nendobj\n",
		".heic": "\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic",
		".html": "<!doctype html><html><script>alert(1)</script>",
		".svg":  "<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"/>",
		".exe":  "MZ\x90\x00\x03\x00\x00\x00",
		".zip":  "PK\x03\x04\x14\x00\x00\x00",
		".gif":  "GIF89a\x20\x00\x20\x00",
		// A picture of a hundred thousand by a hundred thousand.
		".flood": "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x01\x86\xa0\x00\x01\x86\xa0\x08\x02\x00\x00\x00",
	}
	documents := map[string]string{".jpg": "image/jpeg", ".png": "image/png", ".pdf": "application/pdf", ".heic": "image/heic"}
	contentType, ok := care.MediaTypeOf(name)
	if !ok {
		contentType, ok = documents[path.Ext(name)], heads[path.Ext(name)] != ""
	}
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
