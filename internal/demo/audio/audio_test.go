package audio

import (
	"bytes"
	"encoding/binary"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestEveryClipIsAudioOfItsTypeAndLength(t *testing.T) {
	t.Parallel()
	for _, clip := range Clips() {
		t.Run(clip.File, func(t *testing.T) {
			t.Parallel()
			data, err := FS.ReadFile(clip.File)
			if err != nil {
				t.Fatal(err)
			}
			var length time.Duration
			switch clip.ContentType {
			case "audio/mpeg":
				length = mp3Length(t, data)
			case "audio/wav":
				length = wavLength(t, data)
			default:
				t.Fatalf("content type %q", clip.ContentType)
			}
			if diff := (length - clip.Duration).Abs(); diff > 200*time.Millisecond {
				t.Errorf("lasts %v, listed as %v", length, clip.Duration)
			}
		})
	}
}

func TestEveryFileIsListedOnceAndHasItsText(t *testing.T) {
	t.Parallel()
	var listed []string
	for _, clip := range Clips() {
		listed = append(listed, clip.File)
		text, err := os.ReadFile(strings.TrimSuffix(strings.TrimSuffix(clip.File, ".mp3"), ".wav") + ".txt")
		if err != nil {
			t.Fatal(err)
		}
		for key, value := range map[string]string{"title": clip.Title, "clinician": clip.Clinician, "patient": clip.Patient} {
			if line := "# " + key + ": " + value + "\n"; !bytes.Contains(text, []byte(line)) {
				t.Errorf("%s: its text has no line %q", clip.File, line)
			}
		}
	}
	embedded, err := fs.Glob(FS, "*")
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(listed)
	if !slices.Equal(listed, embedded) {
		t.Errorf("listed %v, embedded %v", listed, embedded)
	}
}

func TestTheRecordingsStaySmallAndAreSeveralMinutes(t *testing.T) {
	t.Parallel()
	var size int64
	var length time.Duration
	for _, clip := range Clips() {
		info, err := fs.Stat(FS, clip.File)
		if err != nil {
			t.Fatal(err)
		}
		size += info.Size()
		length += clip.Duration
	}
	if size >= 1_500_000 || length < 4*time.Minute {
		t.Errorf("%d bytes, %v", size, length)
	}
}

// mp3Length reads the number of frames from the Xing or Info header that the
// encoder writes into the first frame (MPEG-2 layer III mono, 576 samples each).
func mp3Length(t *testing.T, data []byte) time.Duration {
	t.Helper()
	if bytes.HasPrefix(data, []byte("ID3")) {
		size := int(data[6])<<21 | int(data[7])<<14 | int(data[8])<<7 | int(data[9])
		data = data[10+size:]
	}
	if data[0] != 0xFF || data[1]&0xFE != 0xF2 {
		t.Fatalf("no MPEG-2 layer III frame: % x", data[:4])
	}
	rate := []int{22050, 24000, 16000}[data[2]>>2&3]
	at := bytes.Index(data[:64], []byte("Info"))
	if at < 0 {
		at = bytes.Index(data[:64], []byte("Xing"))
	}
	if at < 0 || data[at+7]&1 == 0 {
		t.Fatal("no frame count")
	}
	frames := int(binary.BigEndian.Uint32(data[at+8:]))
	return time.Duration(frames) * 576 * time.Second / time.Duration(rate)
}

// wavLength is the size of the data chunk over the bytes a second that the fmt chunk states.
func wavLength(t *testing.T, data []byte) time.Duration {
	t.Helper()
	if !bytes.HasPrefix(data, []byte("RIFF")) || string(data[8:12]) != "WAVE" {
		t.Fatalf("no WAVE: % x", data[:12])
	}
	var perSecond int
	for at := 12; at+8 <= len(data); {
		size := int(binary.LittleEndian.Uint32(data[at+4:]))
		switch string(data[at : at+4]) {
		case "fmt ":
			perSecond = int(binary.LittleEndian.Uint32(data[at+16:]))
		case "data":
			if at+8+size > len(data) {
				t.Fatalf("data chunk of %d bytes is cut short", size)
			}
			return time.Duration(size) * time.Second / time.Duration(perSecond)
		}
		at += 8 + size + size&1
	}
	t.Fatal("no data chunk")
	return 0
}
