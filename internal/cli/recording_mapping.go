package cli

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"chartline/internal/care"
	"chartline/internal/clinic/recordings"
)

// mapped is one line of a mapping: an object and whose it is.
type mapped struct {
	Name      string      `json:"name"`
	Session   string      `json:"session"`
	Call      string      `json:"call"`
	Encounter json.Number `json:"encounter"`
	As        string      `json:"as"`
	Consent   string      `json:"consent"`
}

// adoption is what the line asks for.
func (m mapped) adoption() (recordings.Adoption, error) {
	out := recordings.Adoption{Object: m.Name, Name: m.As, Consent: care.Consent(m.Consent)}
	if out.Name == "" {
		out.Name = m.Name
	}
	given := 0
	for _, owner := range []string{m.Session, m.Call, m.Encounter.String()} {
		if owner != "" {
			given++
		}
	}
	if given != 1 {
		return out, care.Invalid("owner", "must be one of session, call and encounter")
	}
	out.Owner = ownerFlags{Session: m.Session, Call: m.Call}.owner()
	if m.Encounter != "" {
		n, err := strconv.ParseInt(m.Encounter.String(), 10, 64)
		if err != nil || n < 1 {
			return out, care.Invalid("encounter", "must be a number")
		}
		out.Encounter, out.Owner = &n, care.Owner{Kind: care.OwnerSession}
	}
	return out, nil
}

// readMapping reads a mapping line by line: CSV where path ends so, else JSON.
// What is wrong with the mapping itself ends it.
func readMapping(path string, r io.Reader) (iter.Seq2[mapped, error], error) {
	if strings.EqualFold(filepath.Ext(path), ".csv") {
		return readCSV(r)
	}
	return readLines(r), nil
}

// maxLine bounds a line of a mapping.
const maxLine = 64 << 10

func readLines(r io.Reader) iter.Seq2[mapped, error] {
	return func(yield func(mapped, error) bool) {
		lines := bufio.NewScanner(r)
		lines.Buffer(nil, maxLine)
		n := 0
		for lines.Scan() {
			n++
			text := bytes.TrimSpace(lines.Bytes())
			if len(text) == 0 {
				continue
			}
			var m mapped
			d := json.NewDecoder(bytes.NewReader(text))
			d.DisallowUnknownFields()
			if err := d.Decode(&m); err != nil || m.Name == "" || d.More() {
				yield(m, fmt.Errorf("line %d of the mapping is not one JSON object with name, one of session, call and encounter, as and consent", n))
				return
			}
			if !yield(m, nil) {
				return
			}
		}
		if err := lines.Err(); err != nil {
			yield(mapped{}, fmt.Errorf("line %d of the mapping: %w", n+1, err))
		}
	}
}

func readCSV(r io.Reader) (iter.Seq2[mapped, error], error) {
	rows := csv.NewReader(r)
	rows.ReuseRecord = true
	header, err := rows.Read()
	if err != nil {
		return nil, errors.New("the mapping has no header")
	}
	columns := slices.Clone(header)
	known := []string{"name", "session", "call", "encounter", "as", "consent"}
	for i, c := range columns {
		columns[i] = strings.ToLower(strings.TrimSpace(strings.TrimPrefix(c, "\ufeff")))
		if !slices.Contains(known, columns[i]) || slices.Contains(columns[:i], columns[i]) {
			return nil, errors.New("the mapping's header must be of " + strings.Join(known, ", ") + ", each once")
		}
	}
	if !slices.Contains(columns, "name") {
		return nil, errors.New("the mapping has no column name")
	}
	return func(yield func(mapped, error) bool) {
		n := 1 // the header
		for {
			row, err := rows.Read()
			if err == io.EOF {
				return
			}
			n++
			m := mapped{}
			for i, cell := range row[:min(len(row), len(columns))] {
				m.set(columns[i], cell)
			}
			if err != nil || m.Name == "" {
				yield(m, fmt.Errorf("row %d of the mapping is not CSV, has no name or another number of cells than the header", n))
				return
			}
			if !yield(m, nil) {
				return
			}
		}
	}, nil
}

func (m *mapped) set(column, cell string) {
	if column != "name" && column != "as" {
		cell = strings.TrimSpace(cell)
	}
	switch column {
	case "name":
		m.Name = cell
	case "session":
		m.Session = cell
	case "call":
		m.Call = cell
	case "encounter":
		m.Encounter = json.Number(cell)
	case "as":
		m.As = cell
	case "consent":
		m.Consent = cell
	}
}
