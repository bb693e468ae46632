package native

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"chartline/internal/api/httpio"
)

const bearerScheme = "bearer"

// Document returns the OpenAPI 3.1 document, indented.
func (s *Surface) Document() ([]byte, error) {
	api := &huma.OpenAPI{
		OpenAPI: "3.1.0",
		Info: &huma.Info{
			Title: "Chartline", Version: cmp.Or(s.Version, "v1"),
			Description: "The native surface of Chartline, the open, self-hosted server for recorded care: people, visits, calls and recordings in, and out again.",
			License:     &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"},
		},
		Servers:  []*huma.Server{{URL: "/"}},
		Security: []map[string][]string{{bearerScheme: {}}},
		Components: &huma.Components{
			Schemas:         newSchemas(),
			SecuritySchemes: map[string]*huma.SecurityScheme{bearerScheme: {Type: "http", Scheme: "bearer", Description: "A token of an API client: POST /auth/token."}},
		},
	}
	for _, op := range s.operations() {
		described := describe(op, api.Components.Schemas)
		if tag := described.Tags[0]; !slices.ContainsFunc(api.Tags, func(t *huma.Tag) bool { return t.Name == tag }) {
			api.Tags = append(api.Tags, &huma.Tag{Name: tag})
		}
		api.AddOperation(described)
	}
	includeEmbedded(api.Components.Schemas)
	allowNull(api.Components.Schemas)
	raw, err := json.Marshal(api)
	if err != nil {
		return nil, fmt.Errorf("the OpenAPI document: %w", err)
	}
	var out bytes.Buffer
	if err := json.Indent(&out, raw, "", "  "); err != nil {
		return nil, fmt.Errorf("the OpenAPI document: %w", err)
	}
	out.WriteByte('\n')
	return out.Bytes(), nil
}

const schemaPrefix = "#/components/schemas/"

func newSchemas() huma.Registry { return huma.NewMapRegistry(schemaPrefix, huma.DefaultSchemaNamer) }

// includeEmbedded adds the fields of embedded structs, as encoding/json does:
// those whose type is not exported are passed over otherwise.
func includeEmbedded(schemas huma.Registry) {
	for _, name := range slices.Collect(maps.Keys(schemas.Map())) {
		s := schemas.SchemaFromRef(schemaPrefix + name)
		for _, f := range reflect.VisibleFields(schemas.TypeFromRef(schemaPrefix + name)) {
			if !f.Anonymous || f.IsExported() {
				continue
			}
			inner := huma.SchemaFromType(schemas, f.Type)
			maps.Copy(s.Properties, inner.Properties)
			s.Required = append(inner.Required, s.Required...)
		}
	}
}

// allowNull puts null among the words of what may be null, as JSON Schema wants.
func allowNull(schemas huma.Registry) {
	for _, s := range schemas.Map() {
		for _, p := range s.Properties {
			if p.Nullable && len(p.Enum) > 0 {
				p.Enum = append(p.Enum, nil)
			}
		}
	}
}

// describe returns the document's part about op.
func describe(op operation, schemas huma.Registry) *huma.Operation {
	b := newBinding(op.handler.in, schemas)
	first, _, _ := strings.Cut(strings.TrimPrefix(op.pattern, "/"), "/")
	d := &huma.Operation{
		OperationID: op.id, Method: op.method, Path: prefix + op.pattern, Summary: op.summary, Tags: []string{first},
		Responses: map[string]*huma.Response{},
	}
	for _, p := range b.params {
		d.Parameters = append(d.Parameters, &huma.Param{Name: p.name, In: p.in, Description: p.schema.Description, Required: p.required, Schema: p.schema})
	}
	if op.action == "" {
		d.Security = []map[string][]string{}
	} else {
		d.Description = "Action `" + string(op.action) + "`."
		d.Parameters = append(d.Parameters, headerParam("Instance", "The instance to act in, where it is not the client's home.", 63))
	}
	if op.method == http.MethodPost {
		d.Parameters = append(d.Parameters, headerParam("Idempotency-Key", "Makes the request happen once: the same key and request again get the first answer, the same key with another request 422.", 255))
	}
	if b.body != nil {
		d.RequestBody = &huma.RequestBody{Required: !b.bodyMayBeAbsent(), Content: map[string]*huma.MediaType{"application/json": {Schema: b.body}}}
	}
	success := &huma.Response{Description: http.StatusText(op.handler.status)}
	if t := op.handler.out; t != nil && t != reflect.TypeFor[none]() {
		success.Content = map[string]*huma.MediaType{"application/json": {Schema: schemas.Schema(t, true, "")}}
	}
	d.Responses[strconv.Itoa(op.handler.status)] = success
	for _, status := range failures(op, b) {
		addFailure(d, schemas, status)
	}
	if op.handler.describe != nil {
		op.handler.describe(d, schemas)
	}
	return d
}

func headerParam(name, doc string, maxLength int) *huma.Param {
	one := 1
	return &huma.Param{Name: name, In: "header", Description: doc, Schema: &huma.Schema{Type: huma.TypeString, MinLength: &one, MaxLength: &maxLength}}
}

// failures are the statuses that an operation of this kind can end in.
func failures(op operation, b *binding) []int {
	if op.action == "" {
		return []int{http.StatusBadRequest, http.StatusInternalServerError}
	}
	out := []int{http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusInternalServerError, http.StatusServiceUnavailable}
	if op.method != http.MethodGet {
		out = append(out, http.StatusConflict)
	}
	if op.method == http.MethodPost {
		out = append(out, http.StatusUnprocessableEntity)
	}
	if b.body != nil {
		out = append(out, http.StatusRequestTimeout, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	}
	return out
}

func addFailure(d *huma.Operation, schemas huma.Registry, status int) {
	d.Responses[strconv.Itoa(status)] = &huma.Response{
		Description: http.StatusText(status),
		Content:     map[string]*huma.MediaType{"application/problem+json": {Schema: schemas.Schema(reflect.TypeFor[problem](), true, "")}},
	}
}

// document serves the document. It is the same for everybody and holds no data.
func (s *Surface) document(w http.ResponseWriter, _ *http.Request, _ httpio.Caller, _ struct{}) error {
	s.rendering.Do(func() { s.rendered, s.renderErr = s.Document() })
	if s.renderErr != nil {
		return s.renderErr
	}
	w.Header().Set("Cache-Control", "public, max-age=300")
	httpio.WriteJSONBytes(w, http.StatusOK, s.rendered)
	return nil
}

func describeDocument(d *huma.Operation, _ huma.Registry) {
	d.Responses["200"].Content = map[string]*huma.MediaType{"application/json": {Schema: &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}}}
}
