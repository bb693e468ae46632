package logins

import (
	"net/url"
	"path"
	"slices"
	"strings"

	"chartline/internal/care"
)

// Portal is where the portal's pages are, PasswordPath the one that a
// set-password link leads to.
const (
	Portal       = "/portal"
	PasswordPath = Portal + "/set-password"
)

const maxTarget = 2000

// CheckTarget returns where single sign-on leads to: one of the portal's own
// paths, with a query or fragment or without, or one of the absolute URLs that
// are configured, to the letter. Empty is the portal itself. Errors: Invalid.
func (s *Service) CheckTarget(target string) (string, error) {
	switch {
	case target == "":
		return Portal, nil
	case ownPath(target) || slices.Contains(s.targets, target):
		return target, nil
	}
	return "", care.Invalid("redirectParam", "must be a path of the portal or a configured URL")
}

// ownPath reports whether a browser can take target for nothing but a path of
// the portal. It knows no escapes and no dots in paths: none are needed.
func ownPath(target string) bool {
	if len(target) > maxTarget || strings.ContainsFunc(target, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '\\' }) {
		return false
	}
	u, err := url.Parse(target)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "" || u.RawPath != "" {
		return false
	}
	written, _, _ := strings.Cut(target, "?")
	written, _, _ = strings.Cut(written, "#")
	if written != u.Path || strings.Contains(written, "%") || path.Clean(written) != strings.TrimSuffix(written, "/") {
		return false
	}
	return written == Portal || strings.HasPrefix(written, Portal+"/")
}
