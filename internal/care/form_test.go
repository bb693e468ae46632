package care

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// faultsOf returns the fields that an error names.
func faultsOf(err error) map[string]string {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return nil
	}
	return e.Fields
}

// TestAnswersAreJudgedByTheirQuestionsType is section 5's table: what each type
// takes, and what is said of what it does not.
func TestAnswersAreJudgedByTheirQuestionsType(t *testing.T) {
	t.Parallel()
	file := `{"uuid": "5f0c9b1e-3a3d-4c11-9a57-0d8f6b1c2d3e"}`
	for _, c := range []struct {
		kind, answer string
		at, reason   string // of the fault; empty for none
	}{
		{"single_option", `{"text": "yes"}`, "", ""},
		{"single_option", `[{"text": "yes"}]`, "", ""},
		{"single_option", `[]`, "", ""},
		{"single_option", `[{"text": "yes"}, {"text": "no"}]`, "r[0].answer", "one answer at most"},
		{"dropdown", `[{"text": "a"}, {"text": "b"}]`, "r[0].answer", "one answer at most"},
		{"multiple_option", `[{"text": "a"}, {"text": "b"}]`, "", ""},
		{"multiple_option", `{"text": "a"}`, "", ""},
		{"dropdown_with_multiselect", `[{"text": "a"}, {"text": "b"}]`, "", ""},
		{"description", `{"text": "line\nline"}`, "", ""},
		{"text", `{"text": ""}`, "", ""},
		{"text", `{"text": 5}`, "r[0].answer.text", "must be a string"},
		{"text", `{}`, "r[0].answer.text", "is required"},
		{"text", `{"text": null}`, "r[0].answer.text", "is required"},
		{"text", `"yes"`, "r[0].answer", "must be an array or an object"},
		{"text", `5`, "r[0].answer", "must be an array or an object"},
		{"text", `null`, "r[0].answer", "is required"},
		{"text", `["yes"]`, "r[0].answer[0]", "must be an object"},
		{"text", `[[{"text": "yes"}]]`, "r[0].answer[0]", "must be an object"},
		{"text", `[null]`, "r[0].answer[0]", "must be an object"},
		{"text", `{"text": "` + strings.Repeat("é", MaxFormText) + `"}`, "", ""},
		{"text", `{"text": "` + strings.Repeat("é", MaxFormText+1) + `"}`, "r[0].answer.text", "at most 20000 characters"},
		{"numbers_only", `{"text": "12.50"}`, "", ""},
		{"numbers_only", `{"text": "-0.1"}`, "", ""},
		{"numbers_only", `{"text": " 7 "}`, "", ""},
		{"numbers_only", `{"text": ""}`, "", ""},
		{"numbers_only", `{"text": "1,5"}`, "r[0].answer.text", "must be a decimal number"},
		{"numbers_only", `{"text": "1e5"}`, "r[0].answer.text", "must be a decimal number"},
		{"numbers_only", `{"text": "NaN"}`, "r[0].answer.text", "must be a decimal number"},
		{"numbers_only", `{"text": "٣"}`, "r[0].answer.text", "must be a decimal number"},
		{"numbers_only", `{"text": "."}`, "r[0].answer.text", "must be a decimal number"},
		{"date", `{"text": "2024-02-29"}`, "", ""},
		{"date", `{"text": "2023-02-29"}`, "r[0].answer.text", "must be YYYY-MM-DD"},
		{"date", `{"text": "03/18/2026"}`, "r[0].answer.text", "must be YYYY-MM-DD"},
		{"date", `{"text": "2026-3-18"}`, "r[0].answer.text", "must be YYYY-MM-DD"},
		{"table", `[["a", 1, true, null, {"text": "b"}], []]`, "", ""},
		{"table", `[]`, "", ""},
		{"table", `{"text": "a"}`, "r[0].answer", "must be an array of rows"},
		{"table", `["a"]`, "r[0].answer[0]", "must be an array of cells"},
		{"table", `[null]`, "r[0].answer[0]", "must be an array of cells"},
		{"table", `[["a"], [["b"]]]`, "r[0].answer[1][0]", "must be a text, a number"},
		{"table", `[[{"value": 1}]]`, "r[0].answer[0][0].text", "is required"},
		{"table", `[[{"text": 1}]]`, "r[0].answer[0][0].text", "must be a string"},
		{"file", file, "", ""},
		{"file", `[` + file + `, ` + file + `]`, "", ""},
		{"file", `[]`, "", ""},
		{"file", `{"text": "x.pdf"}`, "r[0].answer.uuid", ReasonFile},
		{"file", `{"uuid": 5}`, "r[0].answer.uuid", ReasonFile},
		{"checkbox", `{"text": "a"}`, "r[0].question_type", "must be one of single_option, multiple_option"},
		{"Text", `{"text": "a"}`, "r[0].question_type", "must be one of"},
	} {
		form := fmt.Sprintf(`[{"question_type": %q, "text": "Well?", "answer": %s}]`, c.kind, c.answer)
		_, err := ReadForm([]byte(form), "r")
		faults := faultsOf(err)
		if c.at == "" && err != nil || c.at != "" && (len(faults) != 1 || !strings.Contains(faults[c.at], c.reason)) {
			t.Errorf("%s with %.80s: %v", c.kind, c.answer, err)
		}
	}
}

func TestEveryFaultyPartOfAFormIsNamed(t *testing.T) {
	t.Parallel()
	_, err := ReadForm([]byte(`[
		{"text": "a", "answer": {"text": "x"}},
		{"question_type": "date", "answer": {"text": "soon"}},
		5,
		{"question_type": "text", "text": "   "},
		{"question_type": 7, "text": 8, "answer": []},
		{"question_type": "multiple_option", "text": "b", "answer": [{"text": "x", "subquestion": {"question_type": "table", "text": "c", "answer": []}}, {"text": 1}]}
	]`), "form_responses")
	want := []string{
		"form_responses[0].question_type", "form_responses[1].answer.text", "form_responses[1].text", "form_responses[2]", "form_responses[3].answer",
		"form_responses[3].text", "form_responses[4].question_type", "form_responses[4].text", "form_responses[5].answer[0].subquestion.question_type",
		"form_responses[5].answer[1].text",
	}
	var got []string
	for at := range faultsOf(err) {
		got = append(got, at)
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nnot\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for text, reason := range map[string]string{`{}`: "must be an array", `null`: "must be an array", `[]`: "at least one", `[`: "must be an array", ``: "must be an array"} {
		if _, err := ReadForm([]byte(text), "r"); !strings.Contains(faultsOf(err)["r"], reason) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// nested is a question with so many questions below it, each below the other's
// answer, the innermost of which is a date.
func nested(depth int, date string) string {
	if depth == 0 {
		return fmt.Sprintf(`{"question_type": "date", "text": "When?", "answer": {"text": %q}}`, date)
	}
	kind := []string{"single_option", "description"}[depth%2]
	return fmt.Sprintf(`{"question_type": %q, "text": "And %d?", "answer": [{"text": "yes", "subquestion": %s}]}`, kind, depth, nested(depth-1, date))
}

func TestQuestionsNestToTheBoundAndAreJudgedAllTheWay(t *testing.T) {
	t.Parallel()
	for depth := range MaxFormDepth + 1 {
		if _, err := ReadForm([]byte("["+nested(depth, "2026-03-18")+"]"), "r"); err != nil {
			t.Errorf("%d deep: %v", depth, err)
		}
		_, err := ReadForm([]byte("["+nested(depth, "tomorrow")+"]"), "r")
		at := "r[0]" + strings.Repeat(".answer[0].subquestion", depth) + ".answer.text"
		if faults := faultsOf(err); len(faults) != 1 || faults[at] != "must be YYYY-MM-DD" {
			t.Errorf("%d deep, the innermost faulty: %v", depth, err)
		}
	}
	_, err := ReadForm([]byte("["+nested(MaxFormDepth+1, "2026-03-18")+"]"), "r")
	if faults := faultsOf(err); len(faults) != 1 || !strings.Contains(fmt.Sprint(faults), "must not nest deeper than 16") {
		t.Errorf("one too deep: %v", err)
	}
}

func TestAFormIsBoundedAndSoAreItsFaults(t *testing.T) {
	t.Parallel()
	many := func(n int, one string) []byte {
		return []byte("[" + strings.TrimSuffix(strings.Repeat(one+",", n), ",") + "]")
	}
	if _, err := ReadForm(many(MaxFormParts/2, `{"question_type": "text", "text": "a", "answer": {"text": "b"}}`), "r"); err != nil {
		t.Errorf("at the bound: %v", err)
	}
	for what, form := range map[string][]byte{
		"questions": many(MaxFormParts/2+1, `{"question_type": "text", "text": "a", "answer": {"text": "b"}}`),
		"cells":     []byte(`[{"question_type": "table", "text": "a", "answer": [` + string(many(MaxFormParts, "1")) + `]}]`),
		"rows":      []byte(`[{"question_type": "table", "text": "a", "answer": ` + string(many(MaxFormParts, "[]")) + `}]`),
		"answers":   []byte(`[{"question_type": "multiple_option", "text": "a", "answer": ` + string(many(MaxFormParts, `{"text": "b"}`)) + `}]`),
	} {
		if _, err := ReadForm(form, "r"); !strings.Contains(faultsOf(err)["r"], "must have at most 20000") {
			t.Errorf("too many %s: %v", what, err)
		}
	}
	_, err := ReadForm(many(5000, "1"), "r")
	if n := len(faultsOf(err)); n != maxFormFaults {
		t.Errorf("%d faults are named", n)
	}
}

func TestADefinitionIsCheckedAndChecksForms(t *testing.T) {
	t.Parallel()
	d := FormDefinition{Name: " Intake ", Questions: []FormQuestion{
		{Text: " Do you smoke? ", Type: QuestionSingle, Required: true, Options: []string{"yes ", "no"}},
		{Text: "Since when?", Type: QuestionDate},
		{Text: "A picture", Type: QuestionFile, Required: true},
		{Text: "Medicines", Type: QuestionTable, Required: true},
	}}
	if err := d.Check(); err != nil || d.Name != "Intake" || d.Questions[0].Text != "Do you smoke?" || d.Questions[0].Options[0] != "yes" {
		t.Fatalf("%+v, %v", d, err)
	}
	picture := `{"question_type": "file", "text": "A picture", "answer": {"uuid": "x"}}`
	medicines := `{"question_type": "table", "text": "Medicines", "answer": [["a", 1]]}`
	for _, c := range []struct {
		form   string
		faults map[string]string
	}{
		{`[{"question_type": "single_option", "text": " Do you smoke?", "answer": {"text": " yes "}}, ` + picture + `, ` + medicines + `,
			{"question_type": "text", "text": "Something else", "answer": {"text": "more"}}]`, nil},
		{`[{"question_type": "single_option", "text": "Do you smoke?", "answer": {"text": "sometimes"}}, ` + picture + `, ` + medicines + `]`,
			map[string]string{"r[0].answer.text": "must be one of the form's options"}},
		{`[{"question_type": "text", "text": "Do you smoke?", "answer": {"text": "yes"}}, ` + picture + `, ` + medicines + `]`,
			map[string]string{"r[0].question_type": "must be single_option, as the form asks"}},
		{`[{"question_type": "single_option", "text": "Do you smoke?", "answer": {"text": " "}},
			{"question_type": "date", "text": "Since when?", "answer": []},
			{"question_type": "table", "text": "Medicines", "answer": [[]]}]`,
			map[string]string{"question 1 of the form": "is required and has no answer", "question 3 of the form": "is required and has no answer",
				"question 4 of the form": "is required and has no answer"}},
	} {
		asked, err := ReadForm([]byte(c.form), "r")
		if err != nil {
			t.Fatalf("%s: %v", c.form, err)
		}
		if got := faultsOf(d.CheckForm(asked)); fmt.Sprint(got) != fmt.Sprint(c.faults) {
			t.Errorf("%s\nhas the faults %v, not %v", c.form, got, c.faults)
		}
	}
	bad := FormDefinition{Name: "\x00", Questions: []FormQuestion{
		{Text: "", Type: "question"}, {Text: "a", Type: QuestionText, Options: []string{"x"}}, {Text: "a", Type: QuestionDropdown, Options: []string{""}},
	}}
	faults := faultsOf(bad.Check())
	for _, at := range []string{"name", "questions[0].text", "questions[0].type", "questions[1].options", "questions[2].text", "questions[2].options[0]"} {
		if faults[at] == "" {
			t.Errorf("%s is not named in %v", at, faults)
		}
	}
	if err := (&FormDefinition{Name: "a"}).Check(); faultsOf(err)["questions"] == "" {
		t.Errorf("no questions: %v", err)
	}
}

// FuzzFormAnswers reads any form: it is taken, or every fault is named by a place
// below the field; what is taken is within the bounds.
func FuzzFormAnswers(f *testing.F) {
	for _, seed := range []string{
		`[]`, `[{}]`, `[{"question_type": "text", "text": "a", "answer": {"text": "b"}}]`, "[" + nested(3, "2026-03-18") + "]", "[" + nested(17, "x") + "]",
		`[{"question_type": "table", "text": "a", "answer": [[1, "b", null, {"text": "c"}]]}]`, `[{"question_type": "file", "text": "a", "answer": [{"uuid": "x"}]}]`,
		`[{"question_type": "date", "text": "\ud800", "answer": [{"text": "2026-13-01", "subquestion": null}]}]`, `{"a": 1}`, `[[[[]]]]`, "[1e999]",
		`[{"question_type": "numbers_only", "text": "a", "answer": {"text": "+.5"}}]`, `[{"question_type": "text", "question_type": "file"}]`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, form string) {
		questions, err := ReadForm([]byte(form), "r")
		if err != nil {
			for at, reason := range faultsOf(err) {
				if !strings.HasPrefix(at, "r") || reason == "" {
					t.Errorf("%q has the fault %q %q", form, at, reason)
				}
			}
			if len(faultsOf(err)) == 0 {
				t.Errorf("%q: %v", form, err)
			}
			return
		}
		if !json.Valid([]byte(form)) {
			t.Fatalf("%q is taken and is not JSON", form)
		}
		for _, q := range questions {
			depth, parts := sizeOf(&q)
			if depth > MaxFormDepth || parts > MaxFormParts || q.Type == "" || strings.TrimSpace(q.Text) == "" {
				t.Errorf("%q is taken: %d deep, %d parts, %+v", form, depth, parts, q)
			}
		}
		d := FormDefinition{Questions: []FormQuestion{{Text: "a", Type: QuestionText, Required: true}}}
		_ = d.CheckForm(questions)
	})
}

func sizeOf(q *Question) (depth, parts int) {
	for _, a := range q.Answers {
		parts += 1 + len(a.Cells)
		if a.Sub != nil {
			d, p := sizeOf(a.Sub)
			depth, parts = max(depth, d+1), parts+p
		}
	}
	return depth, parts + 1
}
