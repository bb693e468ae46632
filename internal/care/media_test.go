package care_test

import (
	"testing"

	"chartline/internal/care"
)

func TestContentTypesAreTakenByEveryNameTheyGoBy(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"audio/mpeg": "audio/mpeg", "AUDIO/MP3": "audio/mpeg", "audio/x-wav; codecs=1": "audio/wav", "audio/wave": "audio/wav", "application/ogg": "audio/ogg",
		"audio/x-m4a": "audio/mp4", "video/webm;codecs=\"vp8,opus\"": "video/webm", "video/x-matroska": "video/x-matroska",
		"": "", "audio": "", "text/html": "", "audio/mpeg, text/html": "", "image/svg+xml": "", "audio/flac": "", "audio/mpeg\r\nX: y": "",
	} {
		if got, ok := care.ParseMediaType(given); got != want || ok != (want != "") {
			t.Errorf("%q is %q, want %q", given, got, want)
		}
	}
}

func TestEveryContentTypeHasAnExtensionAndABeginning(t *testing.T) {
	t.Parallel()
	for _, name := range care.MediaTypes() {
		ext := care.Recording{ContentType: name}.Extension()
		if ext == "" {
			t.Errorf("%s has no extension", name)
		}
		if back, ok := care.MediaTypeOf("rec/X" + ext); !ok || care.SniffMedia(name, nil) || care.SniffMedia(name, make([]byte, care.MediaHead)) {
			t.Errorf("%s: a file %s is %q, or nothing at all begins like it", name, ext, back)
		}
	}
	for _, file := range []string{"", "x", "mp3", "x.txt", "x.mp3.exe", ".mp3/x"} {
		if name, ok := care.MediaTypeOf(file); ok {
			t.Errorf("%q is %s", file, name)
		}
	}
	if (care.Recording{ContentType: "text/html"}).Extension() != "" || care.SniffMedia("text/html", []byte("<html>")) {
		t.Error("a page is taken for a recording")
	}
}

func TestPeopleAreNamedByEitherOfTheirIds(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]care.PersonRef{
		"6F1C2B9E-3f1a-4c55-9d0e-0a6c1b6f0d11": {ID: "6f1c2b9e-3f1a-4c55-9d0e-0a6c1b6f0d11"},
		"202300001111":                         {Number: 202300001111},
		"":                                     {}, "x": {}, "1": {}, "-20230000111": {}, "+20230000111": {}, "202300000000": {}, "2023000011110": {}, "0x2300001111": {}, "189900001111": {},
	} {
		if got, ok := care.ParsePersonRef(given); ok != (want != care.PersonRef{}) || ok && got != want {
			t.Errorf("%q is %+v, %t", given, got, ok)
		}
	}
}

func TestAnEditSetsRemovesOrLeaves(t *testing.T) {
	t.Parallel()
	one := int64(1)
	value := &one
	care.Edit[int64]{}.Apply(&value)
	if value == nil || *value != 1 {
		t.Error("no change changes")
	}
	care.SetTo[int64](2).Apply(&value)
	if value == nil || *value != 2 || one != 1 {
		t.Error("a new value is not there, or was written over the old one")
	}
	care.Remove[int64]().Apply(&value)
	if value != nil {
		t.Error("what was removed is there")
	}
}
