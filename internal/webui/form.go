package webui

import (
	"fmt"
	"net/http"
	"strings"

	"chartline/internal/api/httpio"
	"chartline/internal/care"
)

// formView is one answered form.
type formView struct {
	view
	When      timeView
	Questions []questionView
	Back      string
}

// questionView is a question with its answers, at any depth.
type questionView struct {
	Text    string
	Rows    [][]string // of a table
	Answers []answerView
	None    bool // nothing was answered
}

type answerView struct {
	Text string
	File *fileView
	Sub  *questionView
}

type fileView struct{ Name, About, Path string }

// form shows a person one of their own forms. Somebody else's is not there.
func (s *Surface) form(w http.ResponseWriter, r *http.Request, v visitor) error {
	f, err := s.chart.AnsweredForm(r.Context(), v.actor, v.session.Scope, r.PathValue("form"))
	if err != nil {
		return err
	}
	questions, err := care.ReadForm(f.Form.Responses, "form_responses")
	if err != nil {
		return &care.Error{Kind: care.KindInternal, Noun: "form", Cause: err} // it was read when it came
	}
	in, err := s.people.Entrance(r.Context(), v.session.Scope)
	if err != nil {
		return err
	}
	out := formView{view: s.insideView(w, v, f.Form.Name, in.Title), When: shownTime(f.Form.CreatedAt, s.zone(in.TimeZone)), Back: portalPath}
	files := filesOf(f.Files)
	for _, q := range questions {
		out.Questions = append(out.Questions, lowerQuestion(q, files))
	}
	return s.pages.write(w, http.StatusOK, "form.html", out)
}

func filesOf(all []care.File) map[string]fileView {
	files := map[string]fileView{}
	for _, f := range all {
		files[f.ID] = fileView{Name: f.Name, About: fmt.Sprintf("%s, %s", strings.ToUpper(strings.TrimPrefix(f.Extension(), ".")), size(f.Size)), Path: filePath(f.ID)}
	}
	return files
}

func lowerQuestion(q care.Question, files map[string]fileView) questionView {
	out := questionView{Text: q.Text, None: len(q.Answers) == 0}
	for _, a := range q.Answers {
		if a.Row || q.Type == care.QuestionTable {
			out.Rows = append(out.Rows, a.Cells)
			continue
		}
		shown := answerView{Text: a.Text}
		if id, ok := care.ParseUUID(a.File); ok {
			f := files[id]
			shown.File = &f
		}
		if a.Sub != nil {
			sub := lowerQuestion(*a.Sub, files)
			shown.Sub = &sub
		}
		out.Answers = append(out.Answers, shown)
	}
	return out
}

// file delivers a file that one of the person's forms cites. Somebody else's is
// not there.
func (s *Surface) file(w http.ResponseWriter, r *http.Request, v visitor) error {
	content, err := s.chart.OpenFile(r.Context(), v.actor, v.session.Scope, r.PathValue("file"))
	if err != nil {
		return err
	}
	defer content.Object.Close()
	f := content.File
	return httpio.Deliver(w, r, content.Object, httpio.Delivery{Filename: f.DeliveredName(), ContentType: f.ContentType, SHA256: f.SHA256, Stall: s.stall})
}
