package care

import (
	"bytes"
	"encoding/binary"
	"log/slog"
	"path"
	"slices"
	"strings"
	"time"
)

// UncitedLife is how long an uploaded file waits for a form to cite it.
const UncitedLife = 24 * time.Hour

// File is a picture or a document that was uploaded, for a form to cite.
type File struct {
	Scope
	ID          string // UUID
	Name        string // what it is shown and saved as; never a path
	ContentType string // by its content, whatever its name says
	Size        int64
	SHA256      [32]byte
	BlobKey     string
	Uploader    string // the ID of the actor who brought it
	// Patient is the UUID of the patient whose form cites the file; empty while
	// none does.
	Patient   string
	CitedAt   *time.Time
	CreatedAt time.Time
}

// LogValue shows the id only.
func (f File) LogValue() slog.Value { return slog.StringValue(f.ID) }

// Citable reports whether a form of patient that uploader sends at now may cite
// the file: it is the uploader's own, still kept, and nobody else's document.
func (f File) Citable(uploader, patient string, now time.Time) bool {
	if f.Uploader != uploader {
		return false
	}
	return f.Patient == patient || f.Patient == "" && now.Before(f.CreatedAt.Add(UncitedLife))
}

// CheckFileName names what is wrong with a file's name.
func CheckFileName(name string) error {
	clean, ok := CleanText(name, MaxText, false)
	if !ok || clean != name || name == "" || strings.ContainsAny(name, `/\`) {
		return Invalid("name", "must be 1 to 200 characters without control characters and slashes")
	}
	return nil
}

// FileHead is how many of a file's first bytes SniffFile and Pixels need to see
// what can be seen; less is all of a shorter file.
const FileHead = 64 << 10

// MaxPixels bounds how many pixels a picture may claim to have: one that claims
// more is made to exhaust whoever opens it.
const MaxPixels = 250_000_000

// fileTypes are the content types of files, with the extension of a delivered
// file's name.
var fileTypes = map[string]string{"image/jpeg": ".jpg", "image/png": ".png", "application/pdf": ".pdf", "image/heic": ".heic"}

// FileTypes returns every content type that a file may have, sorted.
func FileTypes() []string {
	return []string{"application/pdf", "image/heic", "image/jpeg", "image/png"}
}

// Extension is what a delivered file's name ends in; it follows the type.
func (f File) Extension() string { return fileTypes[f.ContentType] }

// DeliveredName is what the file is saved as: its name, ending in what its type
// says.
func (f File) DeliveredName() string {
	ext := strings.ToLower(path.Ext(f.Name))
	if ext == fileTypes[f.ContentType] || ext == ".jpeg" && f.ContentType == "image/jpeg" || ext == ".heif" && f.ContentType == "image/heic" {
		return f.Name
	}
	return f.Name + f.Extension()
}

// SniffFile returns the content type of what begins with head, or false where it
// is none that is taken: also where it could be read as a web page as well.
func SniffFile(head []byte) (contentType string, ok bool) {
	switch {
	case bytes.HasPrefix(head, []byte("\xFF\xD8\xFF")) && len(head) > 3:
		contentType = "image/jpeg"
	case bytes.HasPrefix(head, []byte("\x89PNG\r\n\x1A\n")) && len(head) >= 24 && string(head[12:16]) == "IHDR":
		contentType = "image/png"
	case bytes.HasPrefix(head, []byte("%PDF-")) && len(head) > 5 && head[5] >= '0' && head[5] <= '9':
		contentType = "application/pdf"
	case isHEIC(head):
		contentType = "image/heic"
	default:
		return "", false
	}
	return contentType, !hasMarkup(head)
}

// heicBrands say that a picture, or a sequence of them, is coded in HEVC;
// heifBrands are the container's own and say nothing of the coding.
var (
	heicBrands = []string{"heic", "heix", "heim", "heis", "hevc", "hevx", "hevm", "hevs"}
	heifBrands = []string{"mif1", "msf1"}
)

// isHEIC looks at the brands of the file type box that HEIC begins with.
func isHEIC(b []byte) bool {
	if len(b) < 16 || string(b[4:8]) != "ftyp" {
		return false
	}
	size := int(binary.BigEndian.Uint32(b))
	major := string(b[8:12])
	if slices.Contains(heicBrands, major) {
		return true
	}
	if !slices.Contains(heifBrands, major) || size > len(b) {
		return false
	}
	for at := 16; at+4 <= size; at += 4 {
		if slices.Contains(heicBrands, string(b[at:at+4])) {
			return true
		}
	}
	return false
}

// markupHead is where a browser that guesses looks for a page.
const markupHead = 1024

var markupSigns = [...]string{"<html", "<script", "<!doctype", "<svg", "<body", "<iframe"}

func hasMarkup(head []byte) bool {
	head = bytes.ToLower(head[:min(len(head), markupHead)])
	return slices.ContainsFunc(markupSigns[:], func(sign string) bool { return bytes.Contains(head, []byte(sign)) })
}

// ArchiveTail is how many of a file's last bytes EndsAsArchive needs.
const ArchiveTail = 1024

// EndsAsArchive reports whether what ends with tail can be opened as a ZIP
// archive as well, and so as a program.
func EndsAsArchive(tail []byte) bool { return bytes.Contains(tail, []byte("PK\x05\x06")) }

// Pixels is how many pixels a picture that begins with head claims to have, 0
// where that is not seen.
func Pixels(contentType string, head []byte) int64 {
	switch contentType {
	case "image/png":
		if len(head) >= 24 {
			return pixels(binary.BigEndian.Uint32(head[16:]), binary.BigEndian.Uint32(head[20:]))
		}
	case "image/jpeg":
		return jpegPixels(head)
	case "image/heic":
		return heicPixels(head)
	}
	return 0
}

// pixels is a product that cannot overflow.
func pixels(width, height uint32) int64 {
	return int64(min(uint64(width)*uint64(height), 1<<62))
}

// jpegPixels walks the segments to the first start of a frame.
func jpegPixels(b []byte) int64 {
	for at := 2; at+9 <= len(b) && b[at] == 0xFF; {
		marker := b[at+1]
		switch {
		case marker == 0xFF: // fill
			at++
			continue
		case marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC:
			return pixels(uint32(binary.BigEndian.Uint16(b[at+7:])), uint32(binary.BigEndian.Uint16(b[at+5:])))
		case marker == 0xDA: // the picture itself
			return 0
		}
		at += 2 + int(binary.BigEndian.Uint16(b[at+2:]))
	}
	return 0
}

// heicPixels is the largest of the pictures' extents.
func heicPixels(b []byte) (most int64) {
	for {
		at := bytes.Index(b, []byte("ispe"))
		if at < 0 || at+16 > len(b) {
			return most
		}
		b = b[at+8:] // past the name, version and flags
		most = max(most, pixels(binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:])))
	}
}
