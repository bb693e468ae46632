package care

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
	"time"
)

const (
	pngHead  = "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x20\x00\x00\x00\x20\x08\x02\x00\x00\x00"
	jpegHead = "\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
	pdfHead  = "%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
)

// box is a file type box with brands, the first of them the major one.
func box(brands ...string) string {
	b := binary.BigEndian.AppendUint32(nil, uint32(12+4*len(brands)))
	return string(b) + "ftyp" + brands[0] + "\x00\x00\x00\x00" + strings.Join(brands[1:], "")
}

// TestAFileIsWhatItsFirstBytesSay is S16 and S17.
func TestAFileIsWhatItsFirstBytesSay(t *testing.T) {
	t.Parallel()
	for head, want := range map[string]string{
		pngHead: "image/png", jpegHead: "image/jpeg", pdfHead: "application/pdf", "%PDF-2.0": "application/pdf",
		box("heic", "mif1", "heic"): "image/heic", box("heix"): "image/heic", box("hevc"): "image/heic", box("mif1", "heic"): "image/heic",
		box("msf1", "mif1", "hevc"): "image/heic",
		// what a browser could take for a page, or a machine for something else
		pdfHead + "<HTML><script>alert(1)</script>": "", jpegHead + "<svg onload=alert(1)>": "", "<!doctype html>": "", "<svg xmlns=x>": "",
		"GIF89a\x20\x00": "", "BM": "", "MZ\x90\x00": "", "PK\x03\x04": "", "\x7fELF": "", "RIFF\x00\x00\x00\x00WEBP": "", "#!/bin/sh": "", "{}": "",
		"\x00" + pdfHead: "", " %PDF-1.7": "", "%PDF-": "", "%PDF-x": "", "%!PS-Adobe": "", "\xff\xd8": "", "\x89PNG": "", pngHead[:16]: "",
		box("isom", "mp42"): "", box("mif1", "avif"): "", box("avif", "mif1"): "", box("mif1"): "", "": "",
	} {
		got, ok := SniffFile([]byte(head))
		if ok != (want != "") || ok && got != want {
			t.Errorf("%.60q is %s, %t, not %q", head, got, ok, want)
		}
	}
}

func TestThePixelsThatAPictureClaimsAreSeen(t *testing.T) {
	t.Parallel()
	size := func(w, h uint32) string {
		return string(binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, w), h))
	}
	frame := "\xff\xc2\x00\x11\x08\x10\x00\x20\x00\x03"
	for what, c := range map[string]struct {
		kind, head string
		want       int64
	}{
		"png":                          {"image/png", pngHead, 32 * 32},
		"png, a flood":                 {"image/png", pngHead[:16] + size(100_000, 100_000), 1e10},
		"png, more than can be":        {"image/png", pngHead[:16] + size(1<<32-1, 1<<32-1), 1 << 62},
		"jpeg":                         {"image/jpeg", jpegHead + frame, 0x1000 * 0x2000},
		"jpeg, after fill and a table": {"image/jpeg", jpegHead + "\xff\xff\xdb\x00\x04\x00\x00" + frame, 0x1000 * 0x2000},
		"jpeg, not before the scan":    {"image/jpeg", jpegHead + "\xff\xda\x00\x02" + frame, 0},
		"jpeg, a segment of nothing":   {"image/jpeg", "\xff\xd8\xff\xe0\x00\x00" + frame, 0},
		"heic":                         {"image/heic", box("heic") + "\x00\x00\x00\x14ispe\x00\x00\x00\x00" + size(10, 10) + "\x00\x00\x00\x14ispe\x00\x00\x00\x00" + size(50_000, 50_000), 25e8},
		"heic, cut":                    {"image/heic", box("heic") + "\x00\x00\x00\x14ispe\x00\x00", 0},
		"pdf":                          {"application/pdf", pdfHead, 0},
	} {
		if got := Pixels(c.kind, []byte(c.head)); got != c.want {
			t.Errorf("%s: %d, not %d", what, got, c.want)
		}
	}
}

func TestAFileIsDeliveredUnderANameOfItsType(t *testing.T) {
	t.Parallel()
	for _, c := range [][3]string{
		{"scan.pdf", "application/pdf", "scan.pdf"}, {"SCAN.PDF", "application/pdf", "SCAN.PDF"}, {"letter.exe", "application/pdf", "letter.exe.pdf"},
		{"a.jpeg", "image/jpeg", "a.jpeg"}, {"a.heif", "image/heic", "a.heif"}, {"a", "image/png", "a.png"}, {"page.html", "image/jpeg", "page.html.jpg"},
	} {
		if got := (File{Name: c[0], ContentType: c[1]}).DeliveredName(); got != c[2] {
			t.Errorf("%s of %s is delivered as %s", c[0], c[1], got)
		}
	}
}

func TestAFileMayBeCitedByItsUploaderForADayAndThenForItsPatientAlone(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 18, 15, 0, 0, 0, time.UTC)
	fresh := File{Uploader: "partner", CreatedAt: at}
	cited := File{Uploader: "partner", CreatedAt: at, Patient: "p1"}
	for _, c := range []struct {
		file              File
		uploader, patient string
		after             time.Duration
		want              bool
	}{
		{fresh, "partner", "p1", 0, true}, {fresh, "partner", "p1", UncitedLife - 1, true}, {fresh, "partner", "p1", UncitedLife, false},
		{fresh, "other", "p1", 0, false}, {cited, "partner", "p1", 1000 * time.Hour, true}, {cited, "partner", "p2", 0, false}, {cited, "other", "p1", 0, false},
	} {
		if got := c.file.Citable(c.uploader, c.patient, at.Add(c.after)); got != c.want {
			t.Errorf("%+v: %t", c, got)
		}
	}
}

func FuzzFilesAreJudgedWithoutHarm(f *testing.F) {
	for _, head := range []string{pngHead, jpegHead + "\xff\xc0\x00\x11\x08\x10\x00\x20\x00\x03", pdfHead, box("mif1", "heic") + "ispe\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff", "", "\xff\xd8\xff"} {
		f.Add([]byte(head))
	}
	f.Fuzz(func(t *testing.T, head []byte) {
		kind, ok := SniffFile(head)
		if _, known := fileTypes[kind]; ok && !known {
			t.Errorf("%q is %q", head, kind)
		}
		for _, kind := range FileTypes() {
			if n := Pixels(kind, head); n < 0 {
				t.Errorf("%q has %d pixels", head, n)
			}
		}
		if ok && hasMarkup(bytes.ToUpper(head)) {
			t.Errorf("%q could be a page", head)
		}
	})
}
