package contracttest

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"chartline/internal/care"
	"chartline/internal/policy"
	"chartline/internal/webui"
)

// portalRoutes are the pages for people. None of them asks for a bearer token.
func portalRoutes() []route {
	var all []route
	for _, r := range webui.New(webui.Options{}).Routes() {
		all = append(all, route{"portal", r.Method, r.Pattern, ""})
	}
	return all
}

// portalActions are what the pages do with stored data, and the status of having
// done it.
var portalActions = map[string]struct {
	action care.Action
	done   int
}{
	"GET /sso/login":                         {policy.LoginEnter, http.StatusFound},
	"GET /portal":                            {policy.PortalRead, http.StatusOK},
	"GET /portal/{$}":                        {policy.PortalRead, http.StatusOK},
	"GET /portal/forms/{form}":               {policy.FormRead, http.StatusOK},
	"GET /portal/files/{file}":               {policy.FileContent, http.StatusOK},
	"POST /portal/login/{tenant}/{instance}": {policy.LoginEnter, http.StatusSeeOther},
	"POST /portal/logout":                    {policy.LoginLeave, http.StatusSeeOther},
	"GET /portal/set-password":               {policy.LoginSecret, 0},
	"POST /portal/set-password":              {policy.LoginSecret, http.StatusSeeOther},
}

// checkPortalAudit proves that a page made the entry that it should: one where
// somebody came in, went or was refused, none where nothing was looked at.
func (w *world) checkPortalAudit(say func(string, ...any), s sent, r route, a reply, entries []care.AuditEntry) {
	w.t.Helper()
	known := portalActions[r.String()]
	if known.action == "" || s.method == http.MethodHead || len(entries) > 1 {
		if len(entries) > 0 {
			say("there are audit entries")
		}
		return
	}
	done := a.status == known.done
	if known.action == policy.FileContent { // granted before a part of it is looked for
		done = done || slices.Contains([]int{http.StatusPartialContent, http.StatusPreconditionFailed, http.StatusRequestedRangeNotSatisfiable}, a.status)
	}
	if len(entries) == 0 {
		if done || a.status == http.StatusTooManyRequests {
			say("there is no audit entry")
		}
		return
	} else if e := entries[0]; e.Action != known.action || e.Via != r.String() || e.Request != a.header.Get("X-Request-Id") || !e.At.Equal(s.at) || !slices.Contains([]string{"login", "form", "file"}, e.Noun) ||
		done != (e.Outcome == care.OutcomeAllowed) || done && e.Actor != care.ActorPerson || e.Reason == "" && e.Outcome != care.OutcomeNotFound {
		say("the entry is not of this request")
	}
}

// personSecret is what lets a person in: a link of either sort, or a session.
var personSecret = regexp.MustCompile(`ch[psw]_[A-Za-z0-9_-]{43}`)

// learnSecrets notes what lets a person in, so that it is looked for where it
// must not be.
func (w *world) learnSecrets(a reply) {
	for _, text := range append(a.header.Values("Set-Cookie"), string(a.body)) {
		w.secrets = append(w.secrets, personSecret.FindAllString(text, -1)...)
	}
}

// pageShape is how a page about a failure looks.
var pageShape = regexp.MustCompile(`(?s)^<!doctype html>.*<main>\n<h1>[^<]+</h1>\n.*</main>\n</body>\n</html>\n$`)

// checkPageShape is checkErrorShape for pages.
func checkPageShape(a reply) error {
	if got := a.header.Get("Content-Type"); got != "text/html; charset=utf-8" {
		return fmt.Errorf("the content type is %q", got)
	}
	if !pageShape.Match(a.body) || strings.Contains(string(a.body), "<script") {
		return fmt.Errorf("the body is no page")
	}
	return nil
}

// isPage reports whether a path is answered by pages.
func isPage(target string) bool {
	path, _, _ := strings.Cut(strings.ToLower(target), "?")
	return path == "/portal" || strings.HasPrefix(path, "/portal/") || path == "/sso/login"
}
