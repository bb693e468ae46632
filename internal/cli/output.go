package cli

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"chartline/internal/care"
	"chartline/internal/config"
)

// show prints doc as JSON where that was asked for, else what people writes.
func (a *app) show(doc any, people func(io.Writer)) error {
	if a.json {
		return printJSON(a.out, doc)
	}
	var text strings.Builder
	people(&text)
	_, err := io.WriteString(a.out, text.String())
	return err
}

func printJSON(w io.Writer, doc any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(doc)
}

// printLine prints doc as one line, for readers that wait for it.
func printLine(w io.Writer, doc any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(doc)
}

// page is the JSON document of every list.
type page[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next,omitempty"` // for --after; absent at the end
}

// showPage prints a list: columns are a header and how a cell is made.
func showPage[T any](a *app, items []T, next string, columns ...column[T]) error {
	if items == nil {
		items = []T{}
	}
	return a.show(page[T]{Items: items, Next: next}, func(w io.Writer) {
		writeTable(w, items, columns)
		if next != "" {
			fmt.Fprintf(w, "more: --after %s\n", printable(next))
		}
	})
}

type column[T any] struct {
	head string
	cell func(T) string
}

func writeTable[T any](w io.Writer, items []T, columns []column[T]) {
	if len(items) == 0 {
		fmt.Fprintln(w, "none")
		return
	}
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	line := func(cell func(column[T]) string) {
		cells := make([]string, len(columns))
		for i, c := range columns {
			cells[i] = printable(cell(c))
		}
		fmt.Fprintln(tw, strings.TrimRight(strings.Join(cells, "\t"), "\t"))
	}
	line(func(c column[T]) string { return c.head })
	for _, item := range items {
		line(func(c column[T]) string { return c.cell(item) })
	}
	_ = tw.Flush() // to memory
}

// field is one line of a thing shown by itself.
type field struct{ name, value string }

func writeFields(w io.Writer, fields ...field) {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, f := range fields {
		if f.value != "" {
			fmt.Fprintf(tw, "%s\t%s\n", f.name, printable(f.value))
		}
	}
	_ = tw.Flush() // to memory
}

// printable keeps what is stored from steering the terminal: what does not show
// is escaped.
func printable(s string) string {
	clean := func(r rune) bool {
		return r != unicode.ReplacementChar && (unicode.IsGraphic(r) && !unicode.Is(unicode.Bidi_Control, r))
	}
	if strings.IndexFunc(s, func(r rune) bool { return !clean(r) }) < 0 {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if clean(r) {
			b.WriteRune(r)
			continue
		}
		q := strconv.QuoteRuneToASCII(r)
		b.WriteString(q[1 : len(q)-1])
	}
	return b.String()
}

func when(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

func whenPtr(t *time.Time) string {
	if t == nil {
		return ""
	}
	return when(*t)
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// failure is the JSON document of an error.
type failure struct {
	Error    string            `json:"error"`
	Kind     string            `json:"kind,omitempty"`
	Fields   map[string]string `json:"fields,omitempty"`
	Problems []config.Problem  `json:"problems,omitempty"`
}

func (a *app) printError(err error) {
	if !a.json {
		fmt.Fprintf(a.err, "chartline: %s\n", explain(err))
		return
	}
	f := failure{Error: explain(err)}
	if e, ok := errors.AsType[*care.Error](err); ok {
		f.Kind, f.Fields = e.Kind.String(), e.Fields
	}
	if p, ok := errors.AsType[*config.Problems](err); ok {
		f.Problems = p.All
	}
	if err := printJSON(a.err, f); err != nil {
		fmt.Fprintf(a.err, "chartline: %s\n", f.Error)
	}
}

// explain says to an operator what went wrong. Unlike a surface it shows causes.
func explain(err error) string {
	e, ok := errors.AsType[*care.Error](err)
	if !ok {
		return err.Error()
	}
	noun := strings.ReplaceAll(e.Noun, "_", " ")
	switch {
	case e.Kind == care.KindNotFound:
		return "no such " + cmp.Or(noun, "thing")
	case len(e.Fields) > 0:
		var parts []string
		for _, f := range slices.Sorted(maps.Keys(e.Fields)) {
			parts = append(parts, f+" "+e.Fields[f])
		}
		if noun != "" {
			noun += ": "
		}
		return noun + strings.Join(parts, "; ")
	case e.Cause != nil:
		return e.Error()
	case e.Message != "":
		return e.Message
	}
	return e.Error()
}

// docs makes the documents of things.
func docs[T, D any](all []T, doc func(T) D) []D {
	out := make([]D, len(all))
	for i, one := range all {
		out[i] = doc(one)
	}
	return out
}
