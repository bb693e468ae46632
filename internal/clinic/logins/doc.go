// Package logins holds the use cases around people who log in: log-ins and the
// links that set their passwords, single sign-on for partners' users, web
// sessions, and a person's own page.
//
// Who somebody is, auth has checked before; what they may do, policy decides.
// The telehealth surface, the portal, the native surface and the command line
// call it. Start reading at enter.go, then manage.go.
package logins
