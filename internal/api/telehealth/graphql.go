package telehealth

import (
	"context"
	"encoding/json"
	"net/http"

	"chartline/internal/api/httpio"
	"chartline/internal/care"
)

// GraphQL answers section 11's queries.
type GraphQL interface {
	// Answer returns the response to a query, errors and all, as JSON.
	Answer(ctx context.Context, actor care.Actor, scope care.Scope, query, operation string, variables map[string]any) ([]byte, error)
}

const graphQLPath = prefix + "/graphql"

// wireQuery is a GraphQL request.
type wireQuery struct {
	Query         string         `json:"query"`
	OperationName string         `json:"operationName"`
	Variables     map[string]any `json:"variables"`
}

func (in *wireQuery) rows() []row {
	return []row{
		exactText("query", &in.Query, maxBody).must(), exactText("operationName", &in.OperationName, care.MaxText),
		field{name: "variables", set: func(raw json.RawMessage, at string, bad *care.Problems) {
			bad.Check(raw[0] == '{' && json.Unmarshal(raw, &in.Variables) == nil, at, "must be an object")
		}},
	}
}

// graphQL is section 11. What is wrong with a query is told in the GraphQL way,
// with 200; a body that holds none is 400.
func (s *Surface) graphQL(w http.ResponseWriter, r *http.Request, c httpio.Caller) error {
	var in wireQuery
	if err := decode(w, r, body{rows: in.rows()}); err != nil {
		return err
	}
	out, err := s.Graph.Answer(r.Context(), c.Actor, c.Scope, in.Query, in.OperationName, in.Variables)
	if err != nil {
		return err
	}
	httpio.WriteJSONBytes(w, http.StatusOK, out)
	return nil
}
