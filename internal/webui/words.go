package webui

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"chartline/internal/care"
	"chartline/internal/clinic/logins"
)

// timeView is an instant as people and as programs read it.
type timeView struct{ Text, Instant string }

const (
	dateFormat  = "2 January 2006"
	clockFormat = "3:04 PM"
	timeFormat  = "Monday " + dateFormat + ", " + clockFormat
	zoneFormat  = " MST"
)

func shownTime(t time.Time, zone *time.Location) timeView {
	return timeView{Text: t.In(zone).Format(timeFormat + zoneFormat), Instant: t.UTC().Format(time.RFC3339)}
}

// shownSpan is a time from one instant to another, of the same day in general.
func shownSpan(from, until time.Time, zone *time.Location) timeView {
	format := clockFormat
	if from.In(zone).YearDay() != until.In(zone).YearDay() {
		format = timeFormat
	}
	return timeView{Text: from.In(zone).Format(timeFormat) + " – " + until.In(zone).Format(format+zoneFormat), Instant: from.UTC().Format(time.RFC3339)}
}

// fact is one line of a profile.
type fact struct{ Name, Value string }

// profile is a person's name and what else is known of them.
func profile(p logins.Page) (string, []fact) {
	name, d := p.Login.Email, p.Details
	var all []fact
	switch {
	case p.Patient != nil:
		v := p.Patient
		name = v.FullName()
		all = []fact{
			{"Date of birth", date(v.BirthDate)}, {"Gender", gender(v.Gender)}, {"Record number", v.MRN}, {"Patient number", strconv.FormatInt(v.Number, 10)},
			{"E-mail", v.Email}, {"Other e-mail", d.EmailAlt}, {"Phone", phone(v.CountryCode, v.Phone)}, {"Other phone", phone(d.CountryCode2, d.Phone2)},
			{"Address", address(d)}, {"Language", language(d.Language)}, {"Height", care.FullName(d.Height, d.HeightUnit)}, {"Weight", care.FullName(d.Weight, d.WeightUnit)},
			{"Time zone", v.TimeZone},
		}
	case p.Provider != nil:
		v := p.Provider
		name = care.FullName(v.FullName(), v.Title)
		all = []fact{
			{"Provider number", strconv.FormatInt(v.Number, 10)}, {"Date of birth", date(d.BirthDate)}, {"Gender", gender(v.Gender)},
			{"E-mail", v.Email}, {"Other e-mail", d.EmailAlt}, {"Phone", phone(v.CountryCode, v.Phone)}, {"Other phone", phone(d.CountryCode2, d.Phone2)},
			{"Address", address(d)}, {"Language", language(d.Language)}, {"Time zone", v.TimeZone},
		}
	}
	return name, known(append(all, fact{"Logs in as", p.Login.Email}, fact{"Role", string(p.Login.Role)}))
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

func gender(g string) string { return strings.ReplaceAll(g, "_", " ") }

func date(d string) string {
	if t, ok := care.ParseDate(d); ok {
		return t.Format(dateFormat)
	}
	return d
}

func address(d care.Details) string {
	var lines []string
	for _, line := range []string{d.Address1, d.Address2, care.FullName(d.City, d.State, d.PostCode), d.Country} {
		if line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

func language(code string) string {
	words := map[string]string{"en": "English", "es": "Spanish", "ar": "Arabic", "it": "Italian", "pt-BR": "Portuguese (Brazil)", "fr-ca": "French (Canada)", "gu": "Gujarati"}
	if word, ok := words[code]; ok {
		return word
	}
	return code
}

// size is a file's size as people say it.
func size(bytes int64) string {
	switch {
	case bytes < 1000:
		return strconv.FormatInt(bytes, 10) + " bytes"
	case bytes < 1_000_000:
		return fmt.Sprintf("%d KB", (bytes+500)/1000)
	}
	return fmt.Sprintf("%.1f MB", float64(bytes)/1e6)
}
