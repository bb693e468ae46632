package graph

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"sync"

	graphql "github.com/graph-gophers/graphql-go"
	gqlerrors "github.com/graph-gophers/graphql-go/errors"
	"github.com/graph-gophers/graphql-go/log"

	"chartline/internal/care"
	"chartline/internal/clinic/chart"
)

//go:embed schema.graphql
var schemaText string

// Schema returns the schema as clients see it.
func Schema() string { return schemaText }

// Bounds of one request. The published query, with every field there is, asks for
// some 60 fields, and a page with all that belongs to it is five loads. What a
// request costs grows with its values, at one or two microseconds each: patients
// by fields, and readings by fields.
const (
	maxQuery      = 10_000 // bytes
	maxDepth      = 6      // of fields in fields
	maxSelections = 150
	maxOverlaps   = 10_000                // pairs of fields that are compared
	maxErrors     = 20                    // that are told
	maxFirst      = 100                   // patients of a page
	maxPatients   = 200                   // of all pages of a request
	maxLoads      = 10                    // pages, and sets of data of a page
	maxReadings   = chart.MaxPageReadings // that are read, and that are told

	// Asking for the schema nests deeper and selects more.
	maxDepthIntrospection = 16
)

// Options are what an Executor needs.
type Options struct {
	Chart *chart.Service
	// Introspection lets clients ask for the schema, and be told what they may
	// have meant.
	Introspection bool
}

// Executor answers queries.
type Executor struct {
	schema        *graphql.Schema
	introspection bool
}

// New returns an executor. It panics where schema and resolvers do not fit,
// which a test would have found.
func New(o Options) *Executor {
	depth := maxDepth
	if o.Introspection {
		depth = maxDepthIntrospection
	}
	return &Executor{
		introspection: o.Introspection,
		schema: graphql.MustParseSchema(schemaText, &query{chart: o.Chart},
			graphql.UseStringDescriptions(), graphql.UseFieldResolvers(), graphql.DisableFieldSelections(),
			graphql.MaxQueryLength(maxQuery), graphql.MaxDepth(depth), graphql.MaxSelections(maxSelections),
			graphql.OverlapValidationLimit(maxOverlaps), graphql.MaxParallelism(4),
			graphql.RestrictIntrospection(func(context.Context) bool { return o.Introspection }),
			graphql.Logger(log.LoggerFunc(func(context.Context, any) {})), graphql.PanicHandler(panics{})),
	}
}

// Answer returns the response to a query as JSON. What is wrong with the query,
// and what the caller may not see, is told in the response; only a fault of ours
// is an error.
func (e *Executor) Answer(ctx context.Context, actor care.Actor, scope care.Scope, query, operation string, variables map[string]any) ([]byte, error) {
	r := &request{actor: actor, scope: scope}
	response := e.schema.Exec(context.WithValue(ctx, requestKey{}, r), quoteLongNumbers(query), operation, variables)
	if r.fault != nil {
		return nil, r.fault
	}
	if r.dear { // all or nothing: who asks for too much gets no part of it
		response.Data = nil
	}
	if len(response.Errors) > maxErrors {
		response.Errors = response.Errors[:maxErrors]
	}
	if len(response.Errors) > 0 && string(response.Data) == "{}" {
		response.Data = nil // nothing of it was worked on
	}
	for _, err := range response.Errors {
		e.tidy(err)
	}
	return encode(response)
}

// encode writes a response whose data are JSON already, and can be long.
func encode(response *graphql.Response) ([]byte, error) {
	out := make([]byte, 0, len(response.Data)+512)
	out = append(out, '{')
	if len(response.Errors) > 0 {
		errs, err := json.Marshal(response.Errors)
		if err != nil {
			return nil, err
		}
		out = append(append(out, `"errors":`...), errs...)
		if len(response.Data) > 0 {
			out = append(out, ',')
		}
	}
	if len(response.Data) > 0 {
		out = append(append(out, `"data":`...), response.Data...)
	}
	return append(out, '}'), nil
}

// token finds what in a query may hold digits: strings, comments, names, numbers.
var token = regexp.MustCompile(`"""(?s:(?:\\"""|.)*?)"""|"(?:\\.|[^"\\\n])*"|#[^\n]*|[A-Za-z_][A-Za-z0-9_]*|-?[0-9][0-9.eE+-]*`)

// quoteLongNumbers makes strings of the whole numbers in a query that have more
// than 32 bits. Only an ID can be one, and a person's number is; the library takes
// such an ID as a string alone.
func quoteLongNumbers(query string) string {
	if len(query) > maxQuery {
		return query // it is refused
	}
	return token.ReplaceAllStringFunc(query, func(s string) string {
		if _, err := strconv.ParseInt(s, 10, 64); err != nil {
			return s
		}
		if _, err := strconv.ParseInt(s, 10, 32); err == nil {
			return s
		}
		return strconv.Quote(s)
	})
}

// suggestion is what the library adds to an error about an unknown name: names
// that there are.
var suggestion = regexp.MustCompile(` ?Did you mean.*$`)

// ofWrongType is what the library says of a value that its type cannot hold.
var ofWrongType = regexp.MustCompile(`(?s)^could not unmarshal .*: `)

// tidy takes out of an error what tells the schema to those who may not ask for
// it, and the library's words about itself, and bounds its length.
func (e *Executor) tidy(err *gqlerrors.QueryError) {
	switch {
	case ofWrongType.MatchString(err.Message):
		err.Message = "Invalid request: a value has a wrong type, or is out of its type's range"
		err.Extensions = map[string]any{"code": "BAD_USER_INPUT"}
	case err.Message == "graphql-ws protocol header is missing":
		err.Message = "no subscriptions are offered by the schema"
	}
	if !e.introspection {
		err.Message = suggestion.ReplaceAllString(err.Message, "")
	}
	if len(err.Message) > 500 {
		err.Message = err.Message[:500]
	}
}

// request is one request under way.
type request struct {
	actor care.Actor
	scope care.Scope

	mu    sync.Mutex
	spent cost
	dear  bool  // more was asked for than a request may cost
	fault error // the first one of ours
}

type requestKey struct{}

func requestOf(ctx context.Context) *request { return ctx.Value(requestKey{}).(*request) }

// cost is what a request takes: patients of pages, loads, readings that are read
// once for a page and told once for each name that a query gives them.
type cost struct{ patients, loads, read, told int }

// spend counts what a request costs. Once that is too much, nothing more of the
// request is worked on, and nothing of it is answered.
func (r *request) spend(c cost) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := &r.spent
	s.patients, s.loads, s.read, s.told = s.patients+c.patients, s.loads+c.loads, s.read+c.read, s.told+c.told
	var reason string
	switch {
	case s.patients > maxPatients:
		reason = fmt.Sprintf("a request may ask for at most %d patients in all", maxPatients)
	case s.loads > maxLoads:
		reason = fmt.Sprintf("a request may ask for at most %d pages and sets of data", maxLoads)
	case s.read > maxReadings || s.told > maxReadings:
		reason = fmt.Sprintf("a request may ask for at most %d readings in all", maxReadings)
	default:
		return nil
	}
	r.dear = true
	return &refusal{code: "TOO_EXPENSIVE", message: reason}
}

// refusal is an error that a response tells.
type refusal struct{ code, message string }

func (e *refusal) Error() string              { return e.message }
func (e *refusal) Extensions() map[string]any { return map[string]any{"code": e.code} }

// lower turns an error into what the response tells. A fault of ours ends the
// whole request.
func (r *request) lower(err error) error {
	if own := (*refusal)(nil); err == nil || errors.As(err, &own) {
		return err
	}
	e, ok := errors.AsType[*care.Error](err)
	if !ok {
		e = &care.Error{Kind: care.KindInternal, Cause: err}
	}
	switch e.Kind {
	case care.KindForbidden:
		return &refusal{code: "FORBIDDEN", message: "Access denied"}
	case care.KindNotFound:
		return &refusal{code: "NOT_FOUND", message: "No record found"}
	case care.KindInvalid:
		return &refusal{code: "BAD_USER_INPUT", message: faults(e)}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fault == nil {
		r.fault = err
	}
	return &refusal{code: "INTERNAL", message: "Request failed"}
}

// panics makes a panic in a resolver a fault of ours.
type panics struct{}

func (panics) MakePanicError(ctx context.Context, value any) *gqlerrors.QueryError {
	err := requestOf(ctx).lower(fmt.Errorf("panic: %v", value))
	return &gqlerrors.QueryError{Message: err.Error()}
}
