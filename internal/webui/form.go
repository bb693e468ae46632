package webui

import (
	"net/http"

	"chartline/internal/care"
)

// formView is one answered form.
type formView struct {
	view
	Questions []questionView
	Portal    string
}

// questionView is a question with its answers, at any depth.
type questionView struct {
	Text    string
	Answers []answerView
}

type answerView struct {
	Text  string
	Cells []string
	Sub   *questionView
}

// form shows a person one of their own forms. Somebody else's is not there.
func (s *Surface) form(w http.ResponseWriter, r *http.Request, v visitor) error {
	f, err := s.chart.Form(r.Context(), v.actor, v.session.Scope, r.PathValue("form"))
	if err != nil {
		return err
	}
	questions, err := care.ReadForm(f.Responses, "form_responses")
	if err != nil {
		return &care.Error{Kind: care.KindInternal, Noun: "form", Cause: err} // it was read when it came
	}
	out := formView{view: s.view(f.Name), Portal: portalPath}
	for _, q := range questions {
		out.Questions = append(out.Questions, lowerQuestion(q))
	}
	return s.pages.write(w, http.StatusOK, "form.html", out)
}

func lowerQuestion(q care.Question) questionView {
	out := questionView{Text: q.Text}
	for _, a := range q.Answers {
		shown := answerView{Text: a.Text, Cells: a.Cells}
		if a.File != "" {
			shown.Text = "a file"
		}
		if a.Sub != nil {
			sub := lowerQuestion(*a.Sub)
			shown.Sub = &sub
		}
		out.Answers = append(out.Answers, shown)
	}
	return out
}
