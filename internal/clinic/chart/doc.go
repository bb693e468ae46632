// Package chart holds the use cases of what is in a patient's chart beside
// visits and calls: files, forms, laboratory reports, device readings, notes and
// analyses; and the roster, patients by the page with what devices measured.
//
// The telehealth, GraphQL and native surfaces call it. A file's bytes are in a
// blob.Store, all else behind the gate. Start reading at form.go and upload.go.
package chart
