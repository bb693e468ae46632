package care

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"
)

// QuestionType is how a question of a form is answered.
type QuestionType string

// The question types (telehealth.md section 5).
const (
	QuestionSingle      QuestionType = "single_option"
	QuestionMultiple    QuestionType = "multiple_option"
	QuestionDropdown    QuestionType = "dropdown"
	QuestionMultiselect QuestionType = "dropdown_with_multiselect"
	QuestionDescription QuestionType = "description"
	QuestionTable       QuestionType = "table"
	QuestionText        QuestionType = "text"
	QuestionNumbers     QuestionType = "numbers_only"
	QuestionDate        QuestionType = "date"
	QuestionFile        QuestionType = "file"
)

// QuestionTypes returns every question type.
func QuestionTypes() []QuestionType {
	return []QuestionType{
		QuestionSingle, QuestionMultiple, QuestionDropdown, QuestionMultiselect, QuestionDescription,
		QuestionTable, QuestionText, QuestionNumbers, QuestionDate, QuestionFile,
	}
}

// SubquestionTypes returns those that a question below an answer may have.
func SubquestionTypes() []QuestionType {
	return []QuestionType{QuestionSingle, QuestionDescription, QuestionDate}
}

// hasOptions reports whether answers are chosen from a list.
func (t QuestionType) hasOptions() bool {
	return t == QuestionSingle || t == QuestionMultiple || t == QuestionDropdown || t == QuestionMultiselect
}

// hasMany reports whether a question may have several answers.
func (t QuestionType) hasMany() bool {
	return t == QuestionMultiple || t == QuestionMultiselect || t == QuestionFile
}

// Form is a questionnaire as a patient answered it.
type Form struct {
	Scope
	ID      string // UUID
	Patient string // UUID
	Name    string // of the questionnaire
	// Definition is the UUID of the definition that the form was checked by;
	// empty where none was configured.
	Definition string
	// Responses is a JSON array, word for word as it was sent; ReadForm reads it.
	Responses []byte
	Files     []string // UUIDs of the files that it cites, each once
	Sender    string   // the ID of the actor who sent it
	CreatedAt time.Time
}

// LogValue shows the id only.
func (f Form) LogValue() slog.Value { return slog.StringValue(f.ID) }

// CheckFormName cleans the name of a questionnaire.
func CheckFormName(name string) (string, error) {
	name, ok := CleanText(name, MaxText, false)
	if !ok || name == "" {
		return name, Invalid("name", "must be 1 to 200 characters without control characters")
	}
	return name, nil
}

// FormDefinition says what a form of its name must be. It is configured by the
// practice; a form without one is free.
type FormDefinition struct {
	Scope
	ID        string // UUID
	Name      string // unique in the instance
	Questions []FormQuestion
	CreatedAt time.Time
	UpdatedAt time.Time
}

// FormQuestion is a question of a definition, known by its text.
type FormQuestion struct {
	Text     string       `json:"text"`
	Type     QuestionType `json:"type"`
	Required bool         `json:"required"`
	// Options are the answers that are allowed; none means any.
	Options []string `json:"options,omitempty"`
}

// MaxFormQuestions bounds a definition, and the options of each question.
const MaxFormQuestions = 500

// Check names every faulty field.
func (d *FormDefinition) Check() error {
	var bad Problems
	var err error
	d.Name, err = CheckFormName(d.Name)
	bad.Include(err)
	bad.Check(len(d.Questions) > 0 && len(d.Questions) <= MaxFormQuestions, "questions", "must be 1 to 500")
	if len(d.Questions) <= MaxFormQuestions {
		seen := map[string]bool{}
		for i := range d.Questions {
			q := &d.Questions[i]
			q.check(&bad, indexed("questions", i))
			bad.Check(!seen[q.Text], indexed("questions", i)+".text", "must be asked once")
			seen[q.Text] = true
		}
	}
	return bad.Err()
}

func (q *FormQuestion) check(bad *Problems, at string) {
	var ok bool
	q.Text, ok = CleanText(q.Text, MaxLongText, true)
	bad.Check(ok && q.Text != "", at+".text", "must be 1 to 4000 characters without control characters")
	bad.Check(slices.Contains(QuestionTypes(), q.Type), at+".type", "must be a question type")
	bad.Check(len(q.Options) <= MaxFormQuestions, at+".options", "must be at most 500")
	bad.Check(len(q.Options) == 0 || q.Type.hasOptions(), at+".options", "are for questions with options only")
	if len(q.Options) > MaxFormQuestions {
		return
	}
	for i := range q.Options {
		q.Options[i], ok = CleanText(q.Options[i], MaxLongText, true)
		bad.Check(ok && q.Options[i] != "", indexed(at+".options", i), "must be 1 to 4000 characters without control characters")
	}
}

// CheckForm names what in a form's questions does not fit the definition: a
// question that is required and has no answer, another type, an answer that is
// not an option. Questions that the definition does not ask are let be.
func (d FormDefinition) CheckForm(asked []Question) error {
	var bad Problems
	for i, want := range d.Questions {
		at := fmt.Sprintf("question %d of the form", i+1)
		found := slices.IndexFunc(asked, func(q Question) bool { return strings.TrimSpace(q.Text) == want.Text })
		if found < 0 || asked[found].Empty() {
			bad.Check(!want.Required, at, "is required and has no answer")
		}
		if found < 0 {
			continue
		}
		q := asked[found]
		if q.Type != want.Type {
			bad.Add(q.Path+".question_type", "must be "+string(want.Type)+", as the form asks")
			continue
		}
		for _, a := range q.Answers {
			text := strings.TrimSpace(a.Text)
			bad.Check(text == "" || len(want.Options) == 0 || slices.Contains(want.Options, text), a.Path+".text", "must be one of the form's options")
		}
	}
	return bad.Err()
}
