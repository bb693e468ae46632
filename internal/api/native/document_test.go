package native_test

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/go-cmp/cmp"

	"chartline/internal/api/native"
	"chartline/internal/testkit"
)

const goldenDocument = "../../../docs/api/openapi.json"

func document(t testing.TB) []byte {
	t.Helper()
	doc, err := (&native.Surface{}).Document()
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// update rewrites the committed document: go test ./internal/api/native -update
var update = flag.Bool("update", false, "rewrite docs/api/openapi.json")

func TestTheCommittedDocumentIsCurrent(t *testing.T) {
	t.Parallel()
	doc := document(t)
	if *update {
		if err := os.WriteFile(goldenDocument, doc, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(string(testkit.Open(t, "docs/api/openapi.json")), string(doc)); diff != "" {
		t.Errorf("run go test ./internal/api/native -update:\n%s", diff)
	}
}

func loadDocument(t testing.TB) *openapi3.T {
	t.Helper()
	loaded, err := openapi3.NewLoader().LoadFromData(document(t))
	if err != nil {
		t.Fatal(err)
	}
	return loaded
}

func TestTheDocumentIsOpenAPI31(t *testing.T) {
	t.Parallel()
	d := loadDocument(t)
	if err := d.Validate(t.Context()); err != nil {
		t.Error(err)
	}
	if !strings.HasPrefix(d.OpenAPI, "3.1.") {
		t.Errorf("openapi is %q", d.OpenAPI)
	}
}

func TestEveryRouteIsInTheDocumentAndNoOther(t *testing.T) {
	t.Parallel()
	d, routes := loadDocument(t), (&native.Surface{}).Routes()
	ids := map[string]bool{}
	for _, r := range routes {
		item := d.Paths.Find(r.Pattern)
		if item == nil || item.GetOperation(r.Method) == nil {
			t.Errorf("%s %s is not in the document", r.Method, r.Pattern)
			continue
		}
		op := item.GetOperation(r.Method)
		if op.OperationID == "" || ids[op.OperationID] || op.Summary == "" {
			t.Errorf("%s %s: operation id %q is not unique, or it says nothing of itself", r.Method, r.Pattern, op.OperationID)
		}
		ids[op.OperationID] = true
		for _, status := range []int{401, 403, 500, 503} {
			if r.Action != "" && op.Responses.Status(status) == nil {
				t.Errorf("%s %s: %d is not in the document", r.Method, r.Pattern, status)
			}
		}
		if public := op.Security != nil && len(*op.Security) == 0; public != (r.Action == "") {
			t.Errorf("%s %s: public in the document: %t", r.Method, r.Pattern, public)
		}
	}
	described := 0
	for _, item := range d.Paths.Map() {
		described += len(item.Operations())
	}
	if described != len(routes) {
		t.Errorf("the document has %d operations, the table %d routes", described, len(routes))
	}
}

func TestEveryRouteHasARowInTheDocs(t *testing.T) {
	t.Parallel()
	page := string(testkit.Open(t, "docs/api/native.md"))
	for _, r := range (&native.Surface{}).Routes() {
		row := "| `" + r.Method + " " + strings.TrimPrefix(r.Pattern, "/api/v1") + "` |"
		if !strings.Contains(page, row) {
			t.Errorf("docs/api/native.md has no row %s", row)
		}
	}
}
