package dir

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"chartline/internal/blob"
	"chartline/internal/blob/blobtest"
)

// childEnv makes this test binary a writer: it puts standard input under
// childKey in the directory that the variable names, and exits 0 where that
// worked. Its one thread makes every system call, so that they can be counted.
const (
	childEnv = "CHARTLINE_TEST_WRITER"
	childKey = "acme/live/a"
)

func TestMain(m *testing.M) {
	if top := os.Getenv(childEnv); top != "" {
		runtime.LockOSThread()
		if err := write(top); err != nil {
			fmt.Println(err)
			os.Exit(3)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func write(top string) error {
	s, err := Open(top, Options{FreeFloor: 1})
	if err != nil {
		return err
	}
	_, err = s.Put(context.Background(), childKey, os.Stdin, blob.PutOptions{})
	return err
}

func writer(top string, before ...string) *exec.Cmd {
	args := append(before, os.Args[0])
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(os.Environ(), childEnv+"="+top, "GORACE=atexit_sleep_ms=0")
	return cmd
}

func TestAWriterThatIsKilledLeavesOnlyWhatASweepRemoves(t *testing.T) {
	t.Parallel()
	top := t.TempDir()
	s := open(t, top, Options{})
	cmd := writer(top)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	// A pipe holds 64 KiB: once all this is in it, the writer has read more than
	// a buffer's worth, so its first buffer is in the file.
	if _, err := in.Write(blobtest.Data(bufferSize + 200_000)); err != nil {
		t.Fatal(err)
	}
	held, err := filepath.Glob(filepath.Join(top, tmpDir, "*"))
	if err != nil || len(held) != 1 {
		t.Fatalf("the writer holds %q, %v", held, err)
	}
	if n, err := s.Sweep(t.Context()); n != 0 || err != nil {
		t.Errorf("while the writer lives Sweep = %d, %v", n, err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil {
		t.Fatal("the writer came to a good end")
	}
	if n, err := s.Sweep(t.Context()); n != 1 || err != nil {
		t.Errorf("after its death Sweep = %d, %v; want 1", n, err)
	}
	blobtest.MustBeEmpty(t, s)
	blobtest.MustPut(t, s, childKey, blobtest.Data(1000))
}

// writerCalls are the system calls of a Put and of what opens its directory.
var writerCalls = []string{
	"openat", "mkdirat", "newfstatat", "fstat", "flock", "fstatfs", "read", "write", "fsync", "linkat", "unlinkat", "close",
}

const sweepSize = bufferSize*2 + 1000

// Each system call of a write in turn is the last that the writer makes.
func TestAWriterKilledAtAnySystemCallLeavesTheWholeObjectOrNone(t *testing.T) {
	t.Parallel()
	needStrace(t)
	for _, call := range writerCalls {
		t.Run(call, func(t *testing.T) {
			t.Parallel()
			everyCall(t, call, "signal=KILL", func(t *testing.T, s *Store, stored, clean bool) {
				swept, err := s.Sweep(t.Context())
				if err != nil || swept > 2 {
					t.Errorf("Sweep = %d, %v", swept, err)
				}
				mustBeWholeOrAbsent(t, s, stored)
			})
		})
	}
}

// Each system call of a write in turn fails once.
func TestAWriteWithAnyFailingSystemCallIsWholeOrLeavesNothing(t *testing.T) {
	t.Parallel()
	needStrace(t)
	for fault, calls := range map[string][]string{
		"EIO": writerCalls, "ENOSPC": {"openat", "mkdirat", "write", "fsync", "linkat"},
	} {
		for _, call := range calls {
			t.Run(fault+" "+call, func(t *testing.T) {
				t.Parallel()
				everyCall(t, call, "error="+fault, func(t *testing.T, s *Store, stored, clean bool) {
					swept, err := s.Sweep(t.Context())
					if err != nil {
						t.Errorf("Sweep: %v", err)
					}
					// Only a removal that fails may leave something to remove.
					if swept > 0 && (call != "unlinkat" || clean) {
						t.Errorf("Sweep removed %d temporary files", swept)
					}
					if found := mustBeWholeOrAbsent(t, s, stored); found && !stored && call != "unlinkat" {
						t.Error("the write failed, and its object is there")
					}
				})
			})
		}
	}
}

// everyCall runs a writer with the fault at the first, second, ... system call
// of that name, until a writer makes fewer, and lets check judge what is left:
// stored says that the writer reported success, clean that no fault came.
func everyCall(t *testing.T, call, fault string, check func(t *testing.T, s *Store, stored, clean bool)) {
	const limit = 2000
	for n := 1; n <= limit; n++ {
		top, log := t.TempDir(), filepath.Join(t.TempDir(), "log")
		cmd := writer(top, "strace", "-f", "-qq", "-o", log, "-e", "trace="+call, "-e", "inject="+call+":"+fault+":when="+strconv.Itoa(n))
		cmd.Stdin = bytes.NewReader(blobtest.Data(sweepSize))
		out, err := cmd.CombinedOutput()
		exit, died := errors.AsType[*exec.ExitError](err)
		if err != nil && !died {
			t.Fatal(err)
		}
		traced, err := os.ReadFile(log)
		if err != nil {
			t.Fatalf("strace said %s: %v", out, err)
		}
		clean := !bytes.Contains(traced, []byte("(INJECTED)")) && !bytes.Contains(traced, []byte("killed by SIGKILL"))
		stored := exit == nil
		if clean && !stored {
			t.Fatalf("without a fault the writer says %s", out)
		}
		s := open(t, top, Options{})
		check(t, s, stored, clean)
		if t.Failed() {
			t.Fatalf("at %s number %d of a writer that said %q", call, n, out)
		}
		if clean {
			if n == 1 {
				t.Fatalf("no %s at all", call)
			}
			return
		}
	}
	t.Fatalf("more than %d calls of %s", limit, call)
}

// mustBeWholeOrAbsent reports which, and shows that a writer may come again.
func mustBeWholeOrAbsent(t *testing.T, s *Store, stored bool) (found bool) {
	t.Helper()
	o, err := s.Open(t.Context(), childKey, -1)
	switch {
	case err == nil:
		defer o.Close()
		if got, err := io.ReadAll(o); err != nil || !bytes.Equal(got, blobtest.Data(sweepSize)) {
			t.Errorf("the object has %d bytes and is not what was sent, %v", len(got), err)
		}
		return true
	case stored:
		t.Errorf("the write was acknowledged and is lost: %v", err)
	case !errors.Is(err, blob.ErrNotFound):
		t.Errorf("Open: %v", err)
	default:
		blobtest.MustBeEmpty(t, s)
		blobtest.MustPut(t, s, childKey, blobtest.Data(10))
	}
	return false
}

// A power cut keeps only what was flushed: the bytes must be so before they have
// a name, and every new name before the write is acknowledged.
func TestAWriteFlushesBytesBeforeTheNameAndNamesBeforeItIsDone(t *testing.T) {
	t.Parallel()
	needStrace(t)
	top, log := filepath.Join(t.TempDir(), "media"), filepath.Join(t.TempDir(), "log")
	cmd := writer(top, "strace", "-f", "-qq", "-y", "-o", log, "-e", "trace=mkdirat,write,fsync,linkat")
	cmd.Stdin = bytes.NewReader(blobtest.Data(sweepSize))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	traced, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	var did []string
	temporary := regexp.MustCompile(`\.tmp/[A-Z0-9]+`)
	call := regexp.MustCompile(`(mkdirat|write|fsync|linkat)\(\d+<` + regexp.QuoteMeta(top) + `/?([^>]*)>(?:, "([^"]*)")?`)
	for line := range strings.Lines(string(traced)) {
		m := call.FindStringSubmatch(line)
		if m == nil || strings.Contains(line, "-link") { // made by Open
			continue
		}
		at := temporary.ReplaceAllString(m[2], "file")
		if m[1] == "mkdirat" {
			at += "/" + m[3]
		}
		if step := strings.TrimSpace(m[1] + " " + at); len(did) == 0 || did[len(did)-1] != step {
			did = append(did, step)
		}
	}
	want := []string{
		"mkdirat /.tmp", "fsync", // by Open
		"write file", "fsync file",
		"mkdirat /acme", "fsync",
		"mkdirat acme/live", "fsync acme",
		"linkat .tmp", "fsync acme/live",
	}
	if !slices.Equal(did, want) {
		t.Errorf("the writer did\n%q, want\n%q\n%s", did, want, traced)
	}
}

func needStrace(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("strace"); err != nil {
		t.Fatal("this test needs strace: install the package strace")
	}
}
