package chart_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"chartline/internal/care"
	"chartline/internal/clinic/chart"
	"chartline/internal/testkit"
)

// cites is a form with one question, answered by files.
func cites(ids ...string) string {
	answers := make([]string, len(ids))
	for i, id := range ids {
		answers[i] = fmt.Sprintf(`{"uuid": %q}`, id)
	}
	answer := answers[0]
	if len(ids) > 1 {
		answer = "[" + strings.Join(answers, ", ") + "]"
	}
	return `[{"question_type": "file", "text": "A scan", "answer": ` + answer + `}]`
}

func (c *clinic) submit(t testing.TB, actor care.Actor, p care.Patient, name, responses string) (care.Form, error) {
	t.Helper()
	return c.Chart.SubmitForm(t.Context(), actor, chart.NewForm{Scope: live, Patient: ref(p), Name: name, Responses: []byte(responses), Field: "r"})
}

func TestAFormIsReadBackWordForWord(t *testing.T) {
	t.Parallel()
	c := open(t, testkit.Options{})
	sent := "[ {\"question_type\":\"numbers_only\" ,\n\t\"text\":\"How much?\",\"answer\":{\"text\":\"1.50\",\"unit\":{\"x\":1e400}},\"extra\":\"\\u00e9 é <b>\"} ]"
	made, err := c.submit(t, c.partner, c.rosa, "  Pain  ", sent)
	must(t, err)
	got, err := c.Chart.Form(t.Context(), c.partner, live, made.ID)
	must(t, err)
	if string(got.Responses) != sent || got.Name != "Pain" || got.Patient != c.rosa.ID || got.Sender != "partner" || got.Definition != "" || len(got.Files) != 0 {
		t.Errorf("%+v\n%s", got, got.Responses)
	}
	_, err = c.Chart.Form(t.Context(), c.partner, care.Scope{Tenant: live.Tenant, Instance: "sandbox"}, made.ID)
	fails(t, err, care.KindNotFound)
}

func TestAFormThatIsFaultyLeavesNothing(t *testing.T) {
	t.Parallel()
	c := open(t, testkit.Options{})
	files, err := c.upload(t, c.partner, pdf("one"))
	must(t, err)
	good := cites(files[0].ID)
	_, err = c.submit(t, c.partner, c.rosa, "", `[{"question_type": "date", "text": "When?", "answer": {"text": "soon"}}]`)
	fails(t, err, care.KindInvalid, "name", "r[0].answer.text")
	_, err = c.submit(t, c.partner, c.rosa, "Scans", good[:len(good)-1]+`, {"question_type": "file", "text": "b", "answer": {"uuid": "x"}}]`)
	fails(t, err, care.KindInvalid, "r[1].answer.uuid")
	_, err = c.Chart.SubmitForm(t.Context(), c.partner, chart.NewForm{Scope: live, Patient: care.PersonRef{Number: 202699999999}, Name: "Scans", Responses: []byte(good), Field: "r"})
	fails(t, err, care.KindNotFound)
	if forms, err := c.Chart.Forms(t.Context(), c.partner, live, nil, nil, 10); err != nil || len(forms) > 0 {
		t.Errorf("%+v, %v", forms, err)
	}
	if f, err := c.Chart.File(t.Context(), c.partner, live, files[0].ID); err != nil || f.Patient != "" || f.CitedAt != nil {
		t.Errorf("the file was taken: %+v, %v", f, err)
	}
}

func TestAFileIsCitedByItsUploaderForOnePatientAndThenSeenByOthers(t *testing.T) {
	t.Parallel()
	c := open(t, testkit.Options{})
	files, err := c.upload(t, c.partner, pdf("one"), pdf("two"))
	must(t, err)
	one, two := files[0].ID, files[1].ID
	_, err = c.Chart.File(t.Context(), c.rival, live, one)
	fails(t, err, care.KindNotFound) // nobody else's yet
	_, err = c.submit(t, c.rival, c.rosa, "Scans", cites(one))
	fails(t, err, care.KindInvalid, "r[0].answer.uuid")

	// Twice in a form, in upper case too: it is one file.
	f, err := c.submit(t, c.partner, c.rosa, "Scans", cites(one, strings.ToUpper(one), two))
	must(t, err)
	if !slices.Equal(f.Files, []string{one, two}) {
		t.Errorf("it cites %v", f.Files)
	}
	file, err := c.Chart.File(t.Context(), c.rival, live, one)
	must(t, err)
	if file.Patient != c.rosa.ID || !file.CitedAt.Equal(c.Clock.Now()) {
		t.Errorf("%+v", file)
	}
	c.Clock.Move(time.Hour)
	_, err = c.submit(t, c.partner, c.rosa, "Scans again", cites(one))
	must(t, err)
	if again, err := c.Chart.File(t.Context(), c.partner, live, one); err != nil || !again.CitedAt.Equal(*file.CitedAt) {
		t.Errorf("cited at %v, then at %v, %v", file.CitedAt, again.CitedAt, err)
	}
	_, err = c.submit(t, c.partner, c.other, "Scans", cites(one)) // another's document
	fails(t, err, care.KindInvalid, "r[0].answer.uuid")
	// A patient sees their own, and no one else's.
	self := func(p care.Patient) care.Actor {
		return care.Actor{Kind: care.ActorPerson, ID: "person", Tenant: live.Tenant, Home: "live", Instances: []string{"live"}, Patient: p.ID}
	}
	_, err = c.Chart.File(t.Context(), self(c.rosa), live, one)
	must(t, err)
	_, err = c.Chart.File(t.Context(), self(c.other), live, one)
	fails(t, err, care.KindNotFound)
	_, err = c.Chart.Form(t.Context(), self(c.other), live, f.ID)
	fails(t, err, care.KindNotFound)
}

func TestADefinitionBindsFormsOfItsNameFromNowOn(t *testing.T) {
	t.Parallel()
	c := open(t, testkit.Options{})
	ctx := t.Context()
	smoke := func(answer string) string {
		return fmt.Sprintf(`[{"question_type": "single_option", "text": "Do you smoke?", "answer": {"text": %q}}]`, answer)
	}
	before, err := c.submit(t, c.partner, c.rosa, "Intake", smoke("sometimes"))
	must(t, err)
	d, err := c.Chart.CreateFormDefinition(ctx, c.partner, care.FormDefinition{Scope: live, Name: "Intake", Questions: []care.FormQuestion{
		{Text: "Do you smoke?", Type: care.QuestionSingle, Required: true, Options: []string{"yes", "no"}},
	}}, nil)
	must(t, err)
	_, err = c.submit(t, c.partner, c.rosa, "Intake", smoke("sometimes"))
	fails(t, err, care.KindInvalid, "r[0].answer.text")
	_, err = c.submit(t, c.partner, c.rosa, "Intake", `[{"question_type": "text", "text": "Else?", "answer": []}]`)
	fails(t, err, care.KindInvalid, "question 1 of the form")
	fits, err := c.submit(t, c.partner, c.rosa, "Intake", smoke("no"))
	must(t, err)
	_, err = c.submit(t, c.partner, c.rosa, "Intake follow-up", smoke("sometimes")) // another form
	must(t, err)
	if fits.Definition != d.ID || before.Definition != "" {
		t.Errorf("checked by %q and %q", fits.Definition, before.Definition)
	}

	_, err = c.Chart.CreateFormDefinition(ctx, c.partner, care.FormDefinition{Scope: live, Name: "Intake", Questions: d.Questions}, nil)
	fails(t, err, care.KindConflict, "name")
	empty := []care.FormQuestion{}
	_, err = c.Chart.ChangeFormDefinition(ctx, c.partner, live, d.ID, chart.FormDefinitionChange{Questions: &empty})
	fails(t, err, care.KindInvalid, "questions")
	more := []care.FormQuestion{{Text: "Do you smoke?", Type: care.QuestionSingle, Options: []string{"yes", "no", "sometimes"}}}
	c.Clock.Move(time.Minute)
	changed, err := c.Chart.ChangeFormDefinition(ctx, c.partner, live, d.ID, chart.FormDefinitionChange{Questions: &more})
	must(t, err)
	if changed.Name != "Intake" || !changed.UpdatedAt.After(changed.CreatedAt) {
		t.Errorf("%+v", changed)
	}
	_, err = c.submit(t, c.partner, c.rosa, "Intake", smoke("sometimes"))
	must(t, err)
	must(t, c.Chart.DeleteFormDefinition(ctx, c.partner, live, d.ID))
	_, err = c.submit(t, c.partner, c.rosa, "Intake", smoke("whenever"))
	must(t, err)
	if kept, err := c.Chart.Form(ctx, c.partner, live, fits.ID); err != nil || kept.Definition != d.ID {
		t.Errorf("a form forgets what it was checked by: %+v, %v", kept, err)
	}
	_, err = c.Chart.FormDefinition(ctx, c.partner, live, d.ID)
	fails(t, err, care.KindNotFound)
}
