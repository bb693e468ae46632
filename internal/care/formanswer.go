package care

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Bounds of a form: how deep questions below answers nest, how many questions,
// answers, rows and cells there are in all, and how long a text is.
const (
	MaxFormDepth  = 16
	MaxFormParts  = 20_000
	MaxFormText   = 20_000
	maxFormFaults = 100
)

// ReasonFile is what is wrong with a citation that is none: the same for one
// that no file has and for one that may not be cited.
const ReasonFile = "must be the uuid of an uploaded file"

// Question is a question of a form with its answers.
type Question struct {
	Type    QuestionType
	Text    string
	Answers []Answer
	// Path is where it stands: "form_responses[2]".
	Path string
}

// Empty reports whether nothing was answered.
func (q Question) Empty() bool {
	return !slices.ContainsFunc(q.Answers, func(a Answer) bool { return strings.TrimSpace(a.Text) != "" || a.File != "" || a.Row })
}

// Answer is one answer: a text, a file, or a row of a table.
type Answer struct {
	Text string
	File string // UUID, as it was written
	Row  bool
	// Cells are a row's, as texts.
	Cells []string
	Sub   *Question // asked because of this answer
	Path  string
}

// ReadForm reads a form's questions, an array that stands at the named field,
// and names every faulty part of it (the first hundred). Errors: Invalid.
func ReadForm(responses []byte, field string) ([]Question, error) {
	r := formReader{parts: MaxFormParts}
	var items []json.RawMessage
	switch err := json.Unmarshal(responses, &items); {
	case err != nil || items == nil:
		r.fail(field, "must be an array of responses")
	case len(items) == 0:
		r.fail(field, "must have at least one response")
	}
	var questions []Question
	for i, item := range items {
		questions = append(questions, r.question(item, indexed(field, i), QuestionTypes(), 0))
	}
	if r.parts < 0 {
		return nil, Invalid(field, fmt.Sprintf("must have at most %d questions, answers and cells in all", MaxFormParts))
	}
	return questions, r.bad.Err()
}

// Citations returns every answer that cites a file. Questions below answers
// never do.
func Citations(questions []Question) []Answer {
	var found []Answer
	for _, q := range questions {
		for _, a := range q.Answers {
			if a.File != "" {
				found = append(found, a)
			}
		}
	}
	return found
}

func indexed(name string, i int) string { return fmt.Sprintf("%s[%d]", name, i) }

// formReader reads a form part by part until there are too many.
type formReader struct {
	bad    Problems
	faults int
	parts  int
}

func (r *formReader) fail(at, reason string) {
	if r.faults++; r.faults <= maxFormFaults {
		r.bad.Add(at, reason)
	}
}

// part counts one more and reports whether there may be so many.
func (r *formReader) part() bool {
	r.parts--
	return r.parts >= 0
}

// question reads a question at depth, which is 0 for those of the form itself.
func (r *formReader) question(raw json.RawMessage, at string, types []QuestionType, depth int) Question {
	q := Question{Path: at}
	if !r.part() {
		return q
	}
	if depth > MaxFormDepth {
		r.fail(at, fmt.Sprintf("must not nest deeper than %d", MaxFormDepth))
		return q
	}
	w, ok := jsonObject(raw)
	if !ok {
		r.fail(at, "must be an object")
		return q
	}
	kind, ok := jsonText(w["question_type"])
	q.Type = QuestionType(kind)
	switch {
	case isNull(w["question_type"]):
		r.fail(at+".question_type", "is required")
	case !ok || !slices.Contains(types, q.Type):
		r.fail(at+".question_type", "must be one of "+join(types))
		q.Type = ""
	}
	q.Text = r.text(w["text"], at+".text")
	if strings.TrimSpace(q.Text) == "" {
		r.fail(at+".text", "is required")
	}
	switch {
	case isNull(w["answer"]):
		r.fail(at+".answer", "is required: an array, empty where nothing was answered")
	case q.Type == QuestionTable:
		q.Answers = r.table(w["answer"], at+".answer")
	case q.Type != "":
		q.Answers = r.answers(w["answer"], at+".answer", q.Type, depth)
	}
	return q
}

// answers reads an array of answers, or one object that stands for itself.
func (r *formReader) answers(raw json.RawMessage, at string, kind QuestionType, depth int) []Answer {
	if isObject(raw) {
		return []Answer{r.answer(raw, at, kind, depth)}
	}
	var items []json.RawMessage
	if json.Unmarshal(raw, &items) != nil {
		r.fail(at, "must be an array or an object")
		return nil
	}
	if len(items) > 1 && !kind.hasMany() {
		r.fail(at, "must have one answer at most")
	}
	var found []Answer
	for i, item := range items {
		found = append(found, r.answer(item, indexed(at, i), kind, depth))
	}
	return found
}

var formDecimal = regexp.MustCompile(`^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)$`)

func (r *formReader) answer(raw json.RawMessage, at string, kind QuestionType, depth int) Answer {
	a := Answer{Path: at}
	if !r.part() {
		return a
	}
	w, ok := jsonObject(raw)
	if !ok {
		r.fail(at, "must be an object")
		return a
	}
	if kind == QuestionFile {
		if a.File, ok = jsonText(w["uuid"]); !ok || a.File == "" {
			r.fail(at+".uuid", ReasonFile)
		}
	} else if isNull(w["text"]) {
		r.fail(at+".text", "is required")
	} else {
		a.Text = r.text(w["text"], at+".text")
		r.typed(a.Text, at+".text", kind)
	}
	if !isNull(w["subquestion"]) {
		sub := r.question(w["subquestion"], at+".subquestion", SubquestionTypes(), depth+1)
		a.Sub = &sub
	}
	return a
}

// typed checks a text by its question's type; none is none.
func (r *formReader) typed(text, at string, kind QuestionType) {
	text = strings.TrimSpace(text)
	if text == "" {
		return
	}
	switch kind {
	case QuestionNumbers:
		if !formDecimal.MatchString(text) {
			r.fail(at, "must be a decimal number")
		}
	case QuestionDate:
		if _, ok := ParseDate(text); !ok {
			r.fail(at, "must be YYYY-MM-DD")
		}
	}
}

// table reads rows of cells; a cell is a scalar, or an object with a text.
func (r *formReader) table(raw json.RawMessage, at string) []Answer {
	var rows []json.RawMessage
	if json.Unmarshal(raw, &rows) != nil {
		r.fail(at, "must be an array of rows")
		return nil
	}
	var found []Answer
	for i, row := range rows {
		place := indexed(at, i)
		var cells []json.RawMessage
		if !r.part() {
			return nil
		}
		if json.Unmarshal(row, &cells) != nil || cells == nil {
			r.fail(place, "must be an array of cells")
			continue
		}
		texts := make([]string, len(cells))
		for j, cell := range cells {
			if !r.part() {
				return nil
			}
			texts[j] = r.cell(cell, indexed(place, j))
		}
		found = append(found, Answer{Row: len(cells) > 0, Cells: texts, Path: place})
	}
	return found
}

func (r *formReader) cell(raw json.RawMessage, at string) string {
	switch raw[0] {
	case '[':
		r.fail(at, "must be a text, a number, true, false, null, or an object with a text")
		return ""
	case '"':
		return r.text(raw, at)
	case '{':
		w, ok := jsonObject(raw)
		if !ok || isNull(w["text"]) {
			r.fail(at+".text", "is required")
			return ""
		}
		return r.text(w["text"], at+".text")
	case 'n':
		return ""
	}
	return string(raw)
}

// text reads a text that is fit to keep; it is kept as it is.
func (r *formReader) text(raw json.RawMessage, at string) string {
	if isNull(raw) {
		return ""
	}
	text, ok := jsonText(raw)
	switch {
	case !ok:
		r.fail(at, "must be a string")
	case utf8.RuneCountInString(text) > MaxFormText:
		r.fail(at, fmt.Sprintf("must be at most %d characters", MaxFormText))
	}
	return text
}

func isNull(raw json.RawMessage) bool   { return len(raw) == 0 || string(raw) == "null" }
func isObject(raw json.RawMessage) bool { return len(raw) > 0 && raw[0] == '{' }

// jsonObject returns an object's fields, whose names count exactly as written.
func jsonObject(raw json.RawMessage) (map[string]json.RawMessage, bool) {
	var fields map[string]json.RawMessage
	return fields, isObject(raw) && json.Unmarshal(raw, &fields) == nil
}

func jsonText(raw json.RawMessage) (string, bool) {
	var s string
	return s, len(raw) > 0 && raw[0] == '"' && json.Unmarshal(raw, &s) == nil
}

func join(types []QuestionType) string {
	words := make([]string, len(types))
	for i, t := range types {
		words[i] = string(t)
	}
	return strings.Join(words, ", ")
}
