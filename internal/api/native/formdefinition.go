package native

import (
	"context"
	"time"

	"chartline/internal/care"
	"chartline/internal/clinic/chart"
)

type formDefinition struct {
	ID        string         `json:"id" format:"uuid"`
	Name      string         `json:"name" doc:"The forms that it is about"`
	Questions []formQuestion `json:"questions" nullable:"false"`
	CreatedAt time.Time      `json:"createdAt"`
	UpdatedAt time.Time      `json:"updatedAt"`
}

func (d formDefinition) location() string { return "/form-definitions/" + d.ID }

type formQuestion struct {
	Text     string   `json:"text" doc:"The question, by which it is known"`
	Type     string   `json:"type" enum:"single_option,multiple_option,dropdown,dropdown_with_multiselect,description,table,text,numbers_only,date,file"`
	Required bool     `json:"required" doc:"Whether it must be answered"`
	Options  []string `json:"options" nullable:"false" doc:"The answers that are allowed; none means any"`
}

// newFormQuestion is a question as it is sent: what it need not say.
type newFormQuestion struct {
	Text     string   `json:"text" doc:"The question, by which it is known"`
	Type     string   `json:"type" enum:"single_option,multiple_option,dropdown,dropdown_with_multiselect,description,table,text,numbers_only,date,file"`
	Required bool     `json:"required,omitempty" doc:"Whether it must be answered"`
	Options  []string `json:"options,omitempty" nullable:"false" doc:"The answers that are allowed; none means any"`
}

func lowerFormDefinition(d care.FormDefinition) formDefinition {
	out := formDefinition{ID: d.ID, Name: d.Name, Questions: make([]formQuestion, len(d.Questions)), CreatedAt: d.CreatedAt.UTC(), UpdatedAt: d.UpdatedAt.UTC()}
	for i, q := range d.Questions {
		out.Questions[i] = formQuestion{Text: q.Text, Type: string(q.Type), Required: q.Required, Options: append([]string{}, q.Options...)}
	}
	return out
}

func liftQuestions(questions []newFormQuestion) []care.FormQuestion {
	out := make([]care.FormQuestion, len(questions))
	for i, q := range questions {
		out[i] = care.FormQuestion{Text: q.Text, Type: care.QuestionType(q.Type), Required: q.Required, Options: q.Options}
	}
	return out
}

type listFormDefinitions struct{ pageQuery }

func (s *Surface) listFormDefinitions(ctx context.Context, c call, in listFormDefinitions) (list[formDefinition], error) {
	after, err := c.cursors.decode(in.Cursor)
	if err != nil {
		return list[formDefinition]{}, err
	}
	found, err := s.Chart.FormDefinitions(ctx, c.Actor, c.Scope, after, in.limit()+1)
	if err != nil {
		return list[formDefinition]{}, err
	}
	return page(found, in.limit(), c.cursors, lowerFormDefinition, func(d care.FormDefinition) string { return d.Name }), nil
}

type createFormDefinition struct {
	Body newFormDefinition
}

type newFormDefinition struct {
	Name      string            `json:"name"`
	Questions []newFormQuestion `json:"questions" maxItems:"500"`
}

func (s *Surface) createFormDefinition(ctx context.Context, c call, in createFormDefinition) (formDefinition, error) {
	d, err := s.Chart.CreateFormDefinition(ctx, c.Actor, care.FormDefinition{
		Scope: c.Scope, Name: in.Body.Name, Questions: liftQuestions(in.Body.Questions),
	}, c.once)
	return lowerFormDefinition(d), err
}

type formDefinitionPath struct {
	Definition string `path:"definition" doc:"The definition's id"`
}

func (s *Surface) getFormDefinition(ctx context.Context, c call, in formDefinitionPath) (formDefinition, error) {
	d, err := s.Chart.FormDefinition(ctx, c.Actor, c.Scope, in.Definition)
	return lowerFormDefinition(d), err
}

type changeFormDefinition struct {
	formDefinitionPath
	Body formDefinitionChange
}

type formDefinitionChange struct {
	Name      *string           `json:"name,omitempty"`
	Questions []newFormQuestion `json:"questions,omitempty" maxItems:"500" doc:"All of them"`
}

func (s *Surface) changeFormDefinition(ctx context.Context, c call, in changeFormDefinition) (formDefinition, error) {
	change := chart.FormDefinitionChange{Name: in.Body.Name}
	if in.Body.Questions != nil {
		questions := liftQuestions(in.Body.Questions)
		change.Questions = &questions
	}
	d, err := s.Chart.ChangeFormDefinition(ctx, c.Actor, c.Scope, in.Definition, change)
	return lowerFormDefinition(d), err
}

func (s *Surface) deleteFormDefinition(ctx context.Context, c call, in formDefinitionPath) (none, error) {
	return none{}, s.Chart.DeleteFormDefinition(ctx, c.Actor, c.Scope, in.Definition)
}
