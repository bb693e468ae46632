package contracttest

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// document is what the native surface says of itself, as far as the names of
// what it answers go.
type document struct {
	Paths map[string]map[string]struct {
		Responses map[string]struct {
			Content map[string]struct{ Schema promise }
		}
	}
	Components struct{ Schemas map[string]promise }
}

// promise is a schema.
type promise struct {
	Ref                  string `json:"$ref"`
	Properties           map[string]promise
	Required             []string
	AdditionalProperties any
	Items                *promise
}

var nativeDocument = sync.OnceValues(func() (document, error) {
	var d document
	text, err := os.ReadFile(filepath.Join(root, "docs/api/openapi.json"))
	if err != nil {
		return d, err
	}
	return d, json.Unmarshal(text, &d)
})

// checkPromised compares a native answer with the document: what it names must
// be there, and nothing that it does not name.
func checkPromised(r route, a reply) error {
	d, err := nativeDocument()
	if err != nil {
		return err
	}
	media, _, _ := strings.Cut(a.header.Get("Content-Type"), ";")
	content, known := d.Paths[r.pattern][strings.ToLower(r.method)].Responses[strconv.Itoa(a.status)].Content[media]
	if !known {
		return fmt.Errorf("the document does not promise %d with %s", a.status, media)
	}
	body, err := parseJSON(a.body)
	if err != nil {
		return err
	}
	return d.fits("body", content.Schema, body)
}

func (d document) fits(at string, p promise, n node) error {
	if name, ok := strings.CutPrefix(p.Ref, "#/components/schemas/"); ok {
		p = d.Components.Schemas[name]
	}
	switch n.kind {
	case '[':
		for i, item := range n.items {
			if p.Items == nil {
				break
			}
			if err := d.fits(fmt.Sprintf("%s[%d]", at, i), *p.Items, item); err != nil {
				return err
			}
		}
	case '{':
		for _, name := range p.Required {
			if !slices.Contains(n.names, name) {
				return fmt.Errorf("%s lacks %s, which the document promises", at, name)
			}
		}
		for i, name := range n.names {
			field, promised := p.Properties[name]
			if !promised && p.AdditionalProperties == false {
				return fmt.Errorf("%s has %s, which the document does not name", at, name)
			}
			if err := d.fits(at+"."+name, field, n.items[i]); err != nil {
				return err
			}
		}
	}
	return nil
}
