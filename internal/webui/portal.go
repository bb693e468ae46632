package webui

import (
	"net/http"
	"strconv"

	"chartline/internal/care"
	"chartline/internal/clinic/logins"
)

// portalView is what a person sees of themselves.
type portalView struct {
	view
	Name    string
	Profile []fact
	Logout  string
}

// fact is one line of a profile.
type fact struct{ Name, Value string }

// portal shows a person their own page.
func (s *Surface) portal(w http.ResponseWriter, r *http.Request, v visitor) error {
	p, err := s.logins.Page(r.Context(), v.actor)
	if err != nil {
		return err
	}
	out := portalView{view: s.view("Your page"), Logout: logoutPath}
	out.Name, out.Profile = profile(p)
	return s.pages.write(w, http.StatusOK, "portal.html", out)
}

func profile(p logins.Page) (string, []fact) {
	var name string
	var all []fact
	switch {
	case p.Patient != nil:
		v := p.Patient
		name = v.FullName()
		all = []fact{
			{"Patient number", strconv.FormatInt(v.Number, 10)}, {"Record number", v.MRN}, {"Date of birth", v.BirthDate}, {"Gender", genderWord(v.Gender)},
			{"E-mail", v.Email}, {"Phone", phone(v.CountryCode, v.Phone)}, {"Time zone", v.TimeZone},
		}
	case p.Provider != nil:
		v := p.Provider
		name = care.FullName(v.FullName(), v.Title)
		all = []fact{
			{"Provider number", strconv.FormatInt(v.Number, 10)}, {"E-mail", v.Email}, {"Phone", phone(v.CountryCode, v.Phone)}, {"Time zone", v.TimeZone},
		}
	default:
		name = p.Login.Email
	}
	all = append(all, fact{"Logs in as", p.Login.Email}, fact{"Role", string(p.Login.Role)})
	return name, known(all)
}

// known leaves out what nobody has said.
func known(all []fact) []fact {
	var out []fact
	for _, f := range all {
		if f.Value != "" {
			out = append(out, f)
		}
	}
	return out
}

func phone(code, digits string) string {
	if digits == "" {
		return ""
	}
	return care.FullName(code, digits)
}

func genderWord(g string) string {
	if g == "prefer_not_to_say" {
		return "prefer not to say"
	}
	return g
}
