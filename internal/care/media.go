package care

import (
	"bytes"
	"mime"
	"path"
	"slices"
	"strings"
)

// MediaHead is how many of a recording's first bytes SniffMedia needs.
const MediaHead = 512

// mediaForm is a content type that recordings may have.
type mediaForm struct {
	name      string
	aliases   []string
	extension string   // of a delivered file
	files     []string // extensions of files that are taken for it
	begins    func(head []byte) bool
}

func mediaForms() []mediaForm {
	return []mediaForm{
		{"audio/mpeg", []string{"audio/mp3", "audio/x-mp3", "audio/x-mpeg"}, ".mp3", []string{".mp3"}, beginsMPEG},
		{"audio/wav", []string{"audio/x-wav", "audio/wave", "audio/vnd.wave"}, ".wav", []string{".wav"}, beginsWAV},
		{"audio/ogg", []string{"application/ogg"}, ".ogg", []string{".ogg", ".oga", ".opus"}, beginsOgg},
		{"audio/mp4", []string{"audio/m4a", "audio/x-m4a"}, ".m4a", []string{".m4a"}, beginsMP4},
		{"audio/webm", nil, ".webm", nil, beginsWebM},
		{"video/mp4", nil, ".mp4", []string{".mp4"}, beginsMP4},
		{"video/webm", nil, ".webm", []string{".webm"}, beginsWebM},
		{"video/x-matroska", []string{"video/matroska"}, ".mkv", []string{".mkv"}, beginsMatroska},
	}
}

// MediaTypes returns every content type that a recording may have.
func MediaTypes() []string {
	var names []string
	for _, t := range mediaForms() {
		names = append(names, t.name)
	}
	return names
}

// ParseMediaType returns the accepted content type that s means, without its
// parameters ("audio/x-wav; codecs=1" is "audio/wav").
func ParseMediaType(s string) (string, bool) {
	base, _, err := mime.ParseMediaType(s)
	if err != nil {
		return "", false
	}
	for _, t := range mediaForms() {
		if t.name == base || slices.Contains(t.aliases, base) {
			return t.name, true
		}
	}
	return "", false
}

// MediaTypeOf returns the content type that a file's name says it has.
func MediaTypeOf(fileName string) (string, bool) {
	ext := strings.ToLower(path.Ext(fileName))
	for _, t := range mediaForms() {
		if ext != "" && slices.Contains(t.files, ext) {
			return t.name, true
		}
	}
	return "", false
}

// SniffMedia reports whether what begins with head (at least MediaHead bytes,
// or all of it) can be of the accepted content type.
func SniffMedia(contentType string, head []byte) bool {
	for _, t := range mediaForms() {
		if t.name == contentType {
			return t.begins(head)
		}
	}
	return false
}

// beginsMPEG wants an ID3 tag or a layer III frame header.
func beginsMPEG(b []byte) bool {
	if bytes.HasPrefix(b, []byte("ID3")) {
		return true
	}
	return len(b) >= 4 && b[0] == 0xFF && b[1]&0xE0 == 0xE0 &&
		b[1]>>3&3 != 1 && b[1]>>1&3 == 1 && // version not reserved, layer III
		b[2]>>4 != 15 && b[2]>>2&3 != 3 // bit rate and sampling rate not reserved
}

func beginsWAV(b []byte) bool {
	return len(b) >= 12 && (bytes.HasPrefix(b, []byte("RIFF")) || bytes.HasPrefix(b, []byte("RF64"))) && string(b[8:12]) == "WAVE"
}

func beginsOgg(b []byte) bool { return bytes.HasPrefix(b, []byte("OggS")) }

// stillBrands are brands of the same container that hold pictures.
var stillBrands = [...]string{"heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1", "avif", "avis", "crx "}

func beginsMP4(b []byte) bool {
	return len(b) >= 12 && string(b[4:8]) == "ftyp" && !slices.Contains(stillBrands[:], string(b[8:12]))
}

func beginsWebM(b []byte) bool { return ebmlType(b, "webm") }

func beginsMatroska(b []byte) bool { return ebmlType(b, "matroska") || ebmlType(b, "webm") }

// ebmlType looks for the EBML header and, in it, the DocType element.
func ebmlType(b []byte, docType string) bool {
	element := append([]byte{0x42, 0x82, 0x80 | byte(len(docType))}, docType...)
	return bytes.HasPrefix(b, []byte{0x1A, 0x45, 0xDF, 0xA3}) && bytes.Contains(b[:min(len(b), 128)], element)
}
