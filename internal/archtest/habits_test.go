package archtest

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// maxLines is where a file stops being one idea.
const maxLines = 600

func TestNoFileIsMoreThanOneIdea(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		text, err := os.ReadFile(s.file)
		if err != nil {
			t.Fatal(err)
		}
		if n := bytes.Count(text, []byte("\n")); n > maxLines {
			t.Errorf("%s has %d lines, more than %d", s.file, n, maxLines)
		}
	}
}

// constantTypes are what a package-level variable may be made by: values that
// nobody changes, some of them made when they are first wanted.
var constantTypes = regexp.MustCompile(`^(regexp\.MustCompile|errors\.New|time\.Date|sync\.OnceValues|strings\.NewReplacer|&care\.Error\{|\[\]database|\[\.\.\.\]|\[\]string\{|\[\]care\.|map\[|\[\]layer|\[\]byte\()`)

func TestNoInitAndNoPackageLevelState(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		text, err := os.ReadFile(s.file)
		if err != nil {
			t.Fatal(err)
		}
		set := token.NewFileSet()
		parsed, err := parser.ParseFile(set, s.file, text, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range parsed.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil && d.Name.Name == "init" {
					t.Errorf("%s has an init function", s.file)
				}
			case *ast.GenDecl:
				checkVars(t, set, text, d)
			}
		}
	}
}

func checkVars(t *testing.T, set *token.FileSet, text []byte, d *ast.GenDecl) {
	t.Helper()
	if d.Tok != token.VAR {
		return
	}
	embedded := d.Doc != nil && strings.Contains(docText(d.Doc), "//go:embed")
	for _, spec := range d.Specs {
		v := spec.(*ast.ValueSpec)
		for i, name := range v.Names {
			if name.Name == "_" || embedded || v.Doc != nil && strings.Contains(docText(v.Doc), "//go:embed") {
				continue
			}
			if i < len(v.Values) {
				value := text[set.Position(v.Values[i].Pos()).Offset:set.Position(v.Values[i].End()).Offset]
				if constantTypes.Match(value) {
					continue
				}
			}
			t.Errorf("%s: %s is package-level state", set.Position(name.Pos()), name.Name)
		}
	}
}

func docText(g *ast.CommentGroup) string {
	var b strings.Builder
	for _, c := range g.List {
		b.WriteString(c.Text + "\n")
	}
	return b.String()
}

var skips = regexp.MustCompile(`\bt\.Skip(f|Now)?\(`)

func TestNoTestSkips(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		text, err := os.ReadFile(s.file)
		if err != nil {
			t.Fatal(err)
		}
		if s.test && !strings.Contains(s.file, "archtest") && skips.Match(text) {
			t.Errorf("%s skips: a skipped test proves nothing", s.file)
		}
	}
}

// pathInDocs is a path of this repository as documents write it: in backquotes,
// with a folder that is ours.
var pathInDocs = regexp.MustCompile("`((?:internal|cmd|docs|testdata|bench|scripts|\\.ci)/[A-Za-z0-9_./-]+)`")

func TestDocumentsNamePathsThatExist(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(root, "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, pattern := range []string{"docs/*.md", "docs/*/*.md", "bench/*.md"} {
		more, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, more...)
	}
	if len(files) < 5 {
		t.Fatalf("found only %d documents", len(files))
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range pathInDocs.FindAllSubmatch(text, -1) {
			if _, err := os.Stat(filepath.Join(root, string(m[1]))); err != nil {
				t.Errorf("%s names %s, which is not there", file, m[1])
			}
		}
	}
}

// asking is what opens a connection to somewhere.
var asking = regexp.MustCompile(`\b(http\.(Get|Head|Post|PostForm|Client|DefaultClient|Transport|DefaultTransport|NewRequest\w*)|net\.(Dial\w*|Lookup\w*)|tls\.Dial\w*|smtp\.\w+|rpc\.Dial\w*|httputil\.\w*Proxy)\b`)

// asks are the packages that open connections, and what keeps each from addresses
// that nobody meant.
var asks = map[string]string{
	"blob/s3":        "it asks the endpoint that the operator configured, and no other",
	"trace/otlp":     "it asks the collector that the operator configured, and no other; what it is answered goes nowhere",
	"store/postgres": "it asks the database that the operator configured, and no other",
}

// TestNothingAsksElsewhere proves that no request makes the server open a
// connection of the client's choice: S39. URLs that are configured, such as those
// that single sign-on may lead to, are for browsers.
func TestNothingAsksElsewhere(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		if s.test || strings.HasSuffix(s.dir, "test") || s.dir == "testkit" || asks[s.dir] != "" {
			continue
		}
		text, err := os.ReadFile(s.file)
		if err != nil {
			t.Fatal(err)
		}
		if found := asking.Find(text); found != nil {
			t.Errorf("%s uses %s: the server asks nobody but by asks", s.file, found)
		}
	}
}
