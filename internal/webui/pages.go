package webui

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"strconv"

	"chartline/internal/api/httpio"
)

//go:embed pages
var pageFiles embed.FS

// pages are the templates, read once.
type pages struct {
	byName map[string]*template.Template
	style  []byte
	err    error // of reading them: told with the first page
}

func newPages() *pages {
	p := &pages{byName: map[string]*template.Template{}}
	for _, name := range []string{"login.html", "password.html", "portal.html", "form.html", "problem.html"} {
		t, err := template.ParseFS(pageFiles, "pages/layout.html", "pages/"+name)
		if err != nil {
			p.err = err
			return p
		}
		p.byName[name] = t
	}
	p.style, p.err = pageFiles.ReadFile("pages/style.css")
	return p
}

// view is what every page shows.
type view struct {
	Title  string
	Site   string // whose page it is: the practice's name; empty where that is not known
	Style  string
	Logout string // for who is in
	Narrow bool   // one small form, or a few words
	Faulty bool   // what was sent is refused
}

// outsideView is of a page that nobody needs to be in for.
func (s *Surface) outsideView(title, site string) view {
	return view{Title: title, Site: site, Style: stylePath, Narrow: true}
}

// insideView is of a page for who is in. When the session would have ended
// unused, the browser leaves the page by itself: nobody finds it on a screen.
func (s *Surface) insideView(w http.ResponseWriter, v visitor, title, site string) view {
	w.Header().Set("Refresh", strconv.Itoa(int(s.people.Idle().Seconds()))+";url="+loginPath(v.session.Scope)+"?away")
	return view{Title: title, Site: site, Style: stylePath, Logout: logoutPath}
}

// policyOfPages lets a page load its style sheet and send its forms here, and
// nothing else: no script at all, in no frame.
const policyOfPages = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// write answers with a page.
func (p *pages) write(w http.ResponseWriter, status int, name string, v any) error {
	if p.err != nil {
		return p.err
	}
	var b bytes.Buffer
	if err := p.byName[name].ExecuteTemplate(&b, "layout", v); err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Security-Policy", policyOfPages)
	h.Set("Cache-Control", "no-store")
	send(w, status, "text/html; charset=utf-8", b.Bytes())
	return nil
}

// send answers with bytes and with the headers of all that a browser is given.
func send(w http.ResponseWriter, status int, contentType string, body []byte) {
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	w.WriteHeader(status)
	_, _ = w.Write(body) // a browser that has gone is no failure of ours
}

func (s *Surface) style(w http.ResponseWriter, _ *http.Request, _ httpio.Caller) error {
	w.Header().Set("Cache-Control", "public, max-age=300")
	send(w, http.StatusOK, "text/css; charset=utf-8", s.pages.style)
	return s.pages.err
}
