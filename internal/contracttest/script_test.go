package contracttest

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// update writes the bodies that were answered into the conversations. What
// stands there as a placeholder and fits stays. Read the diff: a golden body is
// a promise.
var update = flag.Bool("update", false, "write the answered bodies into testdata/contract")

// A conversation is a txtar file. The text at its head says what it shows; each
// section but seed.json is a step, named by its title:
//
//	# a remark
//	! verb arguments          something that happens beside HTTP; see does
//	> METHOD target           the request, its target sent exactly as written
//	> Header: value
//	>
//	> body
//	>file tone.wav            or one of the seed's files as the body
//	>upload field scan.pdf    or such files as parts of multipart/form-data, one a line
//	< 200                     the answer: its status
//	< Header: value           a header that it must have, exactly so
//	<!Header                  a header that it must not have
//	<+text                    text that its body must hold
//	<-text                    text that its body must not hold
//	<file tone.wav 0-99       the body is these bytes of that file
//	<parts tone.wav 0-1 5-9   the body is multipart/byteranges of those
//	{"the": "body"}           exactly this body; JSON by structure
//
// {{name}} stands for a value of the seed or of an earlier answer. In headers
// and in strings of bodies <kind> stands for any value of that kind, and
// <kind:name> keeps it under that name; see placeholder.
type conversation struct {
	file    string
	archive *txtar.Archive
	steps   []step
}

type step struct {
	title   string
	section int // of the archive
	does    []string
	head    string // the lines as written, up to the answer's body

	method, target string
	headers        []string
	body           string
	bodyFile       string
	uploads        []upload

	status int
	want   expectation
}

// expectation is what an answer must be beside its status.
type expectation struct {
	headers    []string
	noHeaders  []string
	holds      []string
	holdsNot   []string
	file       []string // name and, where not whole, a range
	parts      []string // name and ranges
	body       string
	bodyIsFree bool // only holds and holdsNot bind it
}

// root is the module's directory, seen from this package.
const root = "../.."

// conversations reads all of them.
func conversations(t testing.TB) []conversation {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, "testdata", "contract", "*", "*.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	all := make([]conversation, 0, len(files))
	for _, file := range files {
		c, err := parseConversation(file)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		all = append(all, c)
	}
	return all
}

func parseConversation(file string) (conversation, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return conversation{}, err
	}
	c := conversation{file: file, archive: txtar.Parse(text)}
	if len(strings.Fields(string(c.archive.Comment))) < 5 {
		return c, errors.New("does not say at its head what it shows")
	}
	for i, f := range c.archive.Files {
		if f.Name == seedFile {
			continue
		}
		s, err := parseStep(string(f.Data))
		if err != nil {
			return c, fmt.Errorf("step %q: %w", f.Name, err)
		}
		s.title, s.section = f.Name, i
		c.steps = append(c.steps, s)
	}
	if len(c.steps) == 0 {
		return c, errors.New("has no steps")
	}
	return c, nil
}

func parseStep(text string) (step, error) {
	var s step
	lines := strings.SplitAfter(text, "\n")
	inBody := false
	for i, full := range lines {
		line := strings.TrimSuffix(full, "\n")
		switch {
		case line == "" && s.status == 0, strings.HasPrefix(line, "# "):
		case strings.HasPrefix(line, "! "):
			s.does = append(s.does, line[2:])
		case strings.HasPrefix(line, ">file "):
			s.bodyFile = strings.TrimSpace(line[6:])
		case strings.HasPrefix(line, ">upload "):
			u, err := parseUpload(line[8:])
			if err != nil {
				return s, err
			}
			s.uploads = append(s.uploads, u)
		case strings.HasPrefix(line, ">"):
			inBody = s.addRequest(strings.TrimPrefix(line[1:], " "), inBody)
		case strings.HasPrefix(line, "<"):
			if err := s.addAnswer(line[1:]); err != nil {
				return s, err
			}
		default:
			s.head, s.want.body = strings.Join(lines[:i], ""), strings.Join(lines[i:], "")
			return s, s.check()
		}
	}
	s.head = text
	return s, s.check()
}

// addRequest takes one line of the request and reports whether the next is of
// its body.
func (s *step) addRequest(line string, inBody bool) bool {
	switch {
	case s.method == "":
		s.method, s.target, _ = strings.Cut(line, " ")
	case inBody && s.body != "":
		s.body += "\n" + line
	case inBody:
		s.body = line
	case line == "":
		return true
	default:
		s.headers = append(s.headers, line)
	}
	return inBody
}

func (s *step) addAnswer(line string) error {
	switch rest := line[min(1, len(line)):]; {
	case strings.HasPrefix(line, "!"):
		s.want.noHeaders = append(s.want.noHeaders, rest)
	case strings.HasPrefix(line, "+"):
		s.want.holds, s.want.bodyIsFree = append(s.want.holds, rest), true
	case strings.HasPrefix(line, "-"):
		s.want.holdsNot, s.want.bodyIsFree = append(s.want.holdsNot, rest), true
	case strings.HasPrefix(line, "file "):
		s.want.file = strings.Fields(line)[1:]
	case strings.HasPrefix(line, "parts "):
		s.want.parts = strings.Fields(line)[1:]
	case s.status == 0:
		if _, err := fmt.Sscanf(line, " %d", &s.status); err != nil {
			return fmt.Errorf("no status in %q", line)
		}
	case strings.Contains(line, ":"):
		s.want.headers = append(s.want.headers, strings.TrimPrefix(line, " "))
	default:
		return fmt.Errorf("cannot read %q", line)
	}
	return nil
}

func (s *step) check() error {
	switch {
	case s.method == "" && len(s.does) == 0:
		return errors.New("does nothing")
	case s.method != "" && s.target == "":
		return errors.New("has no target")
	case s.method != "" && s.status == 0:
		return errors.New("expects no status")
	case s.method == "" && s.status != 0:
		return errors.New("expects an answer to no request")
	}
	return nil
}

// setBody puts a new answer's body into the archive.
func (c *conversation) setBody(s step, body string) {
	c.archive.Files[s.section].Data = []byte(s.head + body)
}

func (c *conversation) write() error {
	return os.WriteFile(c.file, txtar.Format(c.archive), 0o644)
}
