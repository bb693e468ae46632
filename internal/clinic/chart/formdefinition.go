package chart

import (
	"context"

	"github.com/google/uuid"

	"chartline/internal/care"
	"chartline/internal/gate"
	"chartline/internal/policy"
	"chartline/internal/store"
)

// CreateFormDefinition says what forms of a name must be from now on. Errors:
// Invalid, Conflict (name), Forbidden.
func (s *Service) CreateFormDefinition(ctx context.Context, actor care.Actor, d care.FormDefinition, once *care.Once) (care.FormDefinition, error) {
	if err := d.Check(); err != nil {
		return d, err
	}
	now := s.gate.Now()
	d.ID, d.CreatedAt, d.UpdatedAt = uuid.NewString(), now, now
	q := gate.Request{Actor: actor, Action: policy.FormDefinitionWrite, Scope: d.Scope, Once: once}
	done, err := gate.Write(ctx, s.gate, q, gate.Nothing("form_definition"), func(tx store.Tx) (gate.Made[care.FormDefinition], error) {
		return made("form_definition", d.ID, "", d), tx.CreateFormDefinition(d)
	})
	return done.Value, err
}

// FormDefinitionChange is what can be changed of a definition; what is nil
// stays.
type FormDefinitionChange struct {
	Name      *string
	Questions *[]care.FormQuestion
}

// ChangeFormDefinition changes what forms must be from now on; forms that are
// there stay. Errors: Invalid, NotFound, Conflict (name), Forbidden.
func (s *Service) ChangeFormDefinition(ctx context.Context, actor care.Actor, scope care.Scope, id string, c FormDefinitionChange) (care.FormDefinition, error) {
	var d care.FormDefinition
	q := gate.Request{Actor: actor, Action: policy.FormDefinitionWrite, Scope: scope}
	return gate.Write(ctx, s.gate, q, locateDefinition(actor, scope, id, &d), func(tx store.Tx) (care.FormDefinition, error) {
		care.Replace(&d.Name, c.Name)
		care.Replace(&d.Questions, c.Questions)
		if err := d.Check(); err != nil {
			return d, err
		}
		d.UpdatedAt = s.gate.Now()
		return d, tx.UpdateFormDefinition(d)
	})
}

// DeleteFormDefinition makes forms of its name free again. Errors: NotFound,
// Forbidden.
func (s *Service) DeleteFormDefinition(ctx context.Context, actor care.Actor, scope care.Scope, id string) error {
	var d care.FormDefinition
	q := gate.Request{Actor: actor, Action: policy.FormDefinitionWrite, Scope: scope}
	_, err := gate.Write(ctx, s.gate, q, locateDefinition(actor, scope, id, &d), func(tx store.Tx) (struct{}, error) {
		return struct{}{}, tx.DeleteFormDefinition(scope, d.ID)
	})
	return err
}

// FormDefinition returns a definition. Errors: NotFound, Forbidden.
func (s *Service) FormDefinition(ctx context.Context, actor care.Actor, scope care.Scope, id string) (care.FormDefinition, error) {
	var d care.FormDefinition
	q := gate.Request{Actor: actor, Action: policy.FormDefinitionRead, Scope: scope}
	return gate.Read(ctx, s.gate, q, locateDefinition(actor, scope, id, &d), func(store.Tx) (care.FormDefinition, error) { return d, nil })
}

// FormDefinitions lists definitions by name, at most limit of those after the
// given one. Errors: Forbidden.
func (s *Service) FormDefinitions(ctx context.Context, actor care.Actor, scope care.Scope, after string, limit int) ([]care.FormDefinition, error) {
	q := gate.Request{Actor: actor, Action: policy.FormDefinitionRead, Scope: scope}
	return gate.Read(ctx, s.gate, q, gate.Nothing("form_definition"), func(tx store.Tx) ([]care.FormDefinition, error) {
		return tx.FormDefinitions(scope, after, limit)
	})
}

func locateDefinition(actor care.Actor, scope care.Scope, id string, d *care.FormDefinition) func(store.Tx) (care.Target, error) {
	find := func(tx store.Tx, id string) (care.FormDefinition, error) { return tx.FormDefinition(scope, id) }
	return locateThing(actor, scope, "form_definition", id, find, func(care.FormDefinition) string { return "" }, d)
}
