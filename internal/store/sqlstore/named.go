package sqlstore

import (
	"cmp"
	"slices"
	"strings"

	"chartline/internal/care"
)

// RecordingsNamed asks for the exact name and only then for what fits, so that
// every name that is not answered costs the same statements.
func (t *tx) RecordingsNamed(s care.Scope, name string) ([]care.Recording, error) {
	if care.CheckRecordingName(name) != nil {
		return nil, nil // no recording can have it
	}
	asked := care.FormOf(name)
	form := invertedForm(asked)
	found, err := all(t, scanRecording, sqlRecordingsNamed, s.Tenant, s.Instance, form, name, int64(namedLimit))
	if err != nil || len(found) > 0 || asked.Stem == "" {
		return found, err
	}
	// Those with as many folders or more.
	found, err = t.fitting(s, asked, form, strings.TrimSuffix(form, "/")+"0") // '0' follows '/'
	if err != nil {
		return nil, err
	}
	shorter, err := t.shorterForms(s, form)
	if err != nil {
		return nil, err
	}
	for _, f := range shorter {
		more, err := t.fitting(s, asked, f, f)
		if err != nil {
			return nil, err
		}
		found = append(found, more...)
	}
	slices.SortFunc(found, func(a, b care.Recording) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), strings.Compare(a.ID, b.ID))
	})
	return found[:min(len(found), namedLimit)], nil
}

// fitting returns the audible recordings with a form from first to last and no
// extension that contradicts what is asked for.
func (t *tx) fitting(s care.Scope, asked care.NameForm, first, last string) ([]care.Recording, error) {
	return all(t, scanRecording, sqlRecordingsFitting, s.Tenant, s.Instance, first, last, asked.Ext, int64(namedLimit))
}

// shorterForms returns the forms in the database that form begins with, itself
// left out. It jumps from one stored form to the next lower that can be one, so
// that its cost is the number found and not the number of folders asked for.
func (t *tx) shorterForms(s care.Scope, form string) ([]string, error) {
	stem := form[:strings.IndexByte(form, '/')+1]
	var found []string
	for at := parentForm(form, stem); at != ""; {
		below, err := all(t, (*row).text, sqlFormBelow, s.Tenant, s.Instance, at, stem)
		if err != nil || len(below) == 0 {
			return found, err
		}
		next := below[0]
		if strings.HasPrefix(form, next) {
			found = append(found, next)
			at = parentForm(next, stem)
			continue
		}
		for !strings.HasPrefix(next, at) {
			at = parentForm(at, stem)
		}
	}
	return found, nil
}

// parentForm takes the last folder off a form; empty where only the stem is left.
func parentForm(form, stem string) string {
	if len(form) <= len(stem) {
		return ""
	}
	return form[:strings.LastIndexByte(form[:len(form)-1], '/')+1]
}
