package archtest

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// layer says what the packages under a path may import of ours beside care.
type layer struct {
	under   string // a package, or with /... it and all below
	imports []string
	why     string
}

// layers is read from the top; the first that fits decides.
var layers = []layer{
	{"care", nil, "the domain depends on nothing"},
	{"policy", nil, "decisions are pure"},
	{"audit/...", []string{"audit"}, "the log's form is pure; only its files touch the disk"},
	{"blob", nil, "a seam holds no engine"},
	{"blob/blobtest", []string{"blob"}, "a suite knows its seam only"},
	{"blob/dir", []string{"blob"}, "an engine knows its seam only"},
	{"blob/seal", []string{"blob", "sealed", "trace"}, "encrypts over a seam; who keeps the keys is not its business"},
	{"sealed", nil, "a format is pure"},
	{"blob/adopted", []string{"blob"}, "a store over a store"},
	{"blob/s3", []string{"blob", "trace"}, "an engine knows its seam only"},
	{"blob/s3/s3test", []string{"blob", "blob/s3"}, "a server for the engine's tests"},
	{"vault", []string{"store", "sealed", "trace"}, "keys are kept beside the gate: they open bytes and answer nobody"},
	{"store", nil, "a seam holds no engine"},
	{"store/transfer", nil, "a form is pure"},
	{"store/storetest", []string{"store", "audit"}, "a suite knows its seam only"},
	{"store/sqlstore", []string{"store", "trace"}, "one SQL text for every engine"},
	{"store/sqlite", []string{"store", "store/sqlstore", "store/transfer"}, "an engine opens, the SQL is shared"},
	{"store/sqlite/sqlitetest", []string{"store/sqlite"}, "databases for the engine's tests"},
	{"store/postgres", []string{"store", "store/sqlstore", "store/transfer"}, "an engine opens, the SQL is shared"},
	{"store/postgres/pgtest", []string{"store/postgres"}, "a server for the engine's tests"},
	{"backup", []string{"store", "blob", "sealed"}, "copies what is stored; the command line decides, audits and opens"},
	{"gate", []string{"policy", "store", "audit", "trace"}, "the one door decides and audits"},
	{"jobs", []string{"store", "trace"}, "work of the database's own; handlers are brought"},
	{"auth", []string{"store"}, "credentials are checked before there is an actor to gate"},
	{"clinic/oversight", []string{"gate", "policy", "store", "audit", "audit/checkpoint"}, "the audit's own use cases"},
	{"clinic/...", []string{"gate", "policy", "store", "blob"}, "use cases hold a gate, never each other, HTTP or SQL"},
	{"api/httpio", []string{"auth"}, "what the surfaces share"},
	{"api/...", []string{"clinic/...", "auth", "api/httpio", "policy"}, "a surface calls use cases, never stores or siblings"},
	{"trace", nil, "steps are told from everywhere; where they go is not known there"},
	{"trace/tracetest", []string{"trace"}, "an exporter for tests"},
	{"trace/otlp", []string{"trace"}, "an exporter knows its seam only"},
	{"metrics", nil, "counts what it is told and shows it"},
	{"config", nil, "settings are values"},
	{"demo/...", []string{"clinic/...", "demo/audio"}, "demo data goes in through the use cases, like everybody's"},
	{"webui", []string{"clinic/...", "auth", "api/httpio", "policy"}, "pages are a surface like the others"},
	{"server", []string{"webui", "api/...", "clinic/...", "auth", "gate", "jobs", "config", "metrics", "blob", "trace"}, "interfaces, never an engine"},
	{"testkit", []string{"..."}, "builds the whole for tests"},
	{"contracttest", nil, "speaks to the whole from outside"},
	{"faulttest", nil, "breaks the whole from outside"},
	{"cli", []string{"..."}, "the only place that names an engine"},
	{"archtest", nil, "looks at files only"},
}

// forbidden are packages of the standard library that a layer must not touch.
var forbidden = map[string][]string{
	"care":       {"net/http", "database/sql", "os"},
	"policy":     {"net/http", "database/sql", "os"},
	"clinic/...": {"net/http", "database/sql"},
	"gate":       {"net/http", "database/sql"},
}

const module = "chartline"

// root is the module's directory, seen from this package.
const root = "../.."

type source struct {
	dir     string // below internal, or "../cmd/..."
	file    string
	imports []string
	test    bool
}

func sources(t *testing.T) []source {
	t.Helper()
	var all []source
	for _, top := range []string{"internal", "cmd"} {
		err := filepath.WalkDir(filepath.Join(root, top), func(p string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Ext(p) != ".go" {
				return err
			}
			parsed, err := parser.ParseFile(token.NewFileSet(), p, nil, parser.ImportsOnly)
			if err != nil {
				return err
			}
			rel, err := filepath.Rel(filepath.Join(root, "internal"), filepath.Dir(p))
			if err != nil {
				return err
			}
			s := source{dir: filepath.ToSlash(rel), file: p, test: strings.HasSuffix(p, "_test.go")}
			for _, i := range parsed.Imports {
				name, err := strconv.Unquote(i.Path.Value)
				if err != nil {
					return err
				}
				s.imports = append(s.imports, name)
			}
			all = append(all, s)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(all) < 50 {
		t.Fatalf("found only %d files: is the root right?", len(all))
	}
	return all
}

func fits(pattern, dir string) bool {
	if pattern == "..." {
		return true
	}
	base, tree := strings.CutSuffix(pattern, "/...")
	return dir == base || tree && strings.HasPrefix(dir, base+"/")
}

func TestEveryPackageImportsOnlyWhatItsLayerMay(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		if err := checkImports(s); err != nil {
			t.Error(err)
		}
	}
}

func checkImports(s source) error {
	if strings.HasPrefix(s.dir, "../cmd/") {
		s.dir = "cli"
	}
	i := slices.IndexFunc(layers, func(l layer) bool { return fits(l.under, s.dir) })
	if i < 0 {
		return fmt.Errorf("%s: internal/%s is in no layer: add it to the table, with a reason", s.file, s.dir)
	}
	l := layers[i]
	for _, name := range s.imports {
		ours, isOurs := strings.CutPrefix(name, module+"/internal/")
		allowed := ours == "care" || ours == s.dir || slices.ContainsFunc(l.imports, func(p string) bool { return fits(p, ours) })
		if isOurs && !allowed {
			return fmt.Errorf("%s imports internal/%s, which %s may not: %s", s.file, ours, l.under, l.why)
		}
		for under, names := range forbidden {
			if fits(under, s.dir) && slices.Contains(names, name) {
				return fmt.Errorf("%s imports %s, which %s may not", s.file, name, under)
			}
		}
	}
	return nil
}

func TestAForbiddenImportIsFound(t *testing.T) {
	t.Parallel()
	for _, s := range []source{
		{dir: "clinic/visits", file: "x.go", imports: []string{"chartline/internal/clinic/voice"}},
		{dir: "clinic/visits", file: "x.go", imports: []string{"net/http"}},
		{dir: "api/calls", file: "x.go", imports: []string{"chartline/internal/store"}},
		{dir: "api/calls", file: "x.go", imports: []string{"chartline/internal/api/telehealth"}},
		{dir: "care", file: "x.go", imports: []string{"chartline/internal/policy"}},
		{dir: "server", file: "x.go", imports: []string{"chartline/internal/store/sqlite"}},
		{dir: "elsewhere", file: "x.go"},
	} {
		if checkImports(s) == nil {
			t.Errorf("internal/%s importing %v passes", s.dir, s.imports)
		}
	}
}

func TestEveryLayerStandsForSomePackage(t *testing.T) {
	t.Parallel()
	all := sources(t)
	for _, l := range layers {
		if l.under == "store/postgres" {
			continue // its migrations are there, its Go comes with the engine
		}
		if !slices.ContainsFunc(all, func(s source) bool { return fits(l.under, s.dir) }) {
			t.Errorf("no package is in layer %s: was it renamed?", l.under)
		}
	}
}

func TestEveryPackageSaysWhatItOwns(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, s := range sources(t) {
		if seen[s.dir] || strings.HasPrefix(s.dir, "../cmd/") {
			continue
		}
		seen[s.dir] = true
		text, err := os.ReadFile(filepath.Join(root, "internal", s.dir, "doc.go"))
		if err != nil {
			t.Errorf("internal/%s has no doc.go", s.dir)
			continue
		}
		if !strings.HasPrefix(string(text), "// Package "+path.Base(s.dir)+" ") {
			t.Errorf("internal/%s/doc.go does not begin with its package comment", s.dir)
		}
	}
}
