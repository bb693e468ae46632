package demo

import (
	"context"
	"crypto/rand"

	"chartline/internal/care"
	"chartline/internal/clinic/chart"
	"chartline/internal/clinic/logins"
)

// renewPortalUser gives the example's patient a log-in and a new password, by a
// set-password link, as people get theirs.
func (s Services) renewPortalUser(ctx context.Context, actor care.Actor, check CheckLink) (user, password string, err error) {
	scope := care.Scope{Tenant: Tenant, Instance: Live}
	id := PatientID(scope, examplePatient)
	_, err = s.Logins.Create(ctx, actor, logins.NewLogin{Scope: scope, Role: care.RolePatient, Person: care.PersonRef{ID: id}}, nil)
	if !isThere(err) {
		return "", "", err
	}
	if _, err := s.Logins.SetEnabled(ctx, actor, scope, id, true); err != nil {
		return "", "", err
	}
	made, err := s.Logins.SetPasswordLink(ctx, actor, scope, id)
	if err != nil {
		return "", "", err
	}
	link, l, err := check(ctx, made.Token, care.LinkSetPassword)
	if err != nil {
		return "", "", err
	}
	password = rand.Text()
	return l.Email, password, s.Logins.SetPassword(ctx, actor.Origin, link, l, password)
}

// intake is what the portal's patient has answered.
const intake = `[
	{"question_type": "single_option", "text": "Do you smoke?", "answer": {"text": "No, not any more",
		"subquestion": {"question_type": "date", "text": "Since when?", "answer": {"text": "2019-05-01"}}}},
	{"question_type": "multiple_option", "text": "Which of these do you have?", "answer": [{"text": "High blood pressure"}, {"text": "Trouble sleeping",
		"subquestion": {"question_type": "description", "text": "What keeps you awake?", "answer": {"text": "Headaches, towards the morning.\nLess since the new pills."}}}]},
	{"question_type": "table", "text": "What do you take?", "answer": [["Medicine", "Dose", "When"], ["Lisinopril", "10 mg", "mornings"], ["Magnesium", "300 mg", "evenings"]]},
	{"question_type": "text", "text": "Anything else that we should know?", "answer": []}]`

// sendPortalForm lets the portal's patient have answered a form.
func (s Services) sendPortalForm(ctx context.Context, actor care.Actor) error {
	scope := care.Scope{Tenant: Tenant, Instance: Live}
	patient := care.PersonRef{Number: examplePatient}
	sent, err := s.Chart.Forms(ctx, actor, scope, &patient, nil, 1)
	if err != nil || len(sent) > 0 {
		return err
	}
	_, err = s.Chart.SubmitForm(ctx, actor, chart.NewForm{Scope: scope, Patient: patient, Name: "Before your first visit", Responses: []byte(intake), Field: "form_responses"})
	return err
}
