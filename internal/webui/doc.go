// Package webui is what people see in a browser: single sign-on's arrival, the
// log-in form, the page that sets a password, and a person's own page under
// /portal. Pages are made by the server; they need no script and nothing of
// anybody else's.
//
// It owns pages, cookies and the browser's side of sessions, and no rules. The
// server mounts it. Start reading at routes.go.
package webui
