package contracttest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// placeholders are the kinds of value that a conversation need not spell out.
var placeholders = map[string]string{
	"any":      `(?s).*`,
	"text":     `(?s).+`,
	"int":      `-?\d+`,
	"uuid":     `[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}`,
	"session":  `[0-9a-f]{24}`,
	"date":     `\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z`,
	"errorid":  `[a-z2-7]{12}`,
	"token":    `chl_[A-Za-z0-9_-]{43}`,
	"request":  `[a-z2-7]{10}-[0-9a-z]+`,
	"cookie":   `chw_[A-Za-z0-9_-]{43}`,
	"sso":      `chs_[A-Za-z0-9_-]{43}`,
	"link":     `chp_[A-Za-z0-9_-]{43}`,
	"cursor":   `[A-Za-z0-9_-]{20,400}`,
	"boundary": `[0-9A-Za-z'()+_,./:=?-]{1,70}`,
	"sha256":   `[0-9a-f]{64}`,
	"version":  `[0-9a-z.+-]+`,
}

var (
	placeholder = regexp.MustCompile(`<([a-z0-9]+)(?::([a-zA-Z][a-zA-Z0-9]*))?>`)
	variable    = regexp.MustCompile(`\{\{([a-zA-Z0-9.]+)\}\}`)
)

// vars are the values that conversations name.
type vars map[string]string

// fill puts values where names stand.
func (v vars) fill(text string) (string, error) {
	var missing error
	out := variable.ReplaceAllStringFunc(text, func(m string) string {
		value, ok := v[m[2:len(m)-2]]
		if !ok && missing == nil {
			missing = fmt.Errorf("nothing is called %s", m)
		}
		return value
	})
	return out, missing
}

// matchText compares a text with one that may hold placeholders, and keeps what
// they name.
func (v vars) matchText(want, got string) error {
	pattern, names := strings.Builder{}, []string{}
	pattern.WriteString("^")
	rest := want
	for {
		at := placeholder.FindStringSubmatchIndex(rest)
		if at == nil {
			break
		}
		kind, known := placeholders[rest[at[2]:at[3]]]
		if !known {
			return fmt.Errorf("there is no placeholder %s", rest[at[0]:at[1]])
		}
		name := ""
		if at[4] >= 0 {
			name = rest[at[4]:at[5]]
		}
		names = append(names, name)
		pattern.WriteString(regexp.QuoteMeta(rest[:at[0]]) + fmt.Sprintf("(?P<g%d>%s)", len(names), kind))
		rest = rest[at[1]:]
	}
	pattern.WriteString(regexp.QuoteMeta(rest) + "$")
	re, err := regexp.Compile(pattern.String())
	if err != nil {
		return err
	}
	m := re.FindStringSubmatch(got)
	if m == nil {
		return fmt.Errorf("is %q, not %q", got, want)
	}
	for i, name := range names {
		if name != "" {
			v[name] = m[re.SubexpIndex(fmt.Sprintf("g%d", i+1))]
		}
	}
	return nil
}

// matchJSON compares a body with one that may hold placeholders. Every field
// must be there and no other.
func (v vars) matchJSON(want, got []byte) error {
	w, err := parseJSON(want)
	if err != nil {
		return fmt.Errorf("the expected body: %w", err)
	}
	g, err := parseJSON(got)
	if err != nil {
		return fmt.Errorf("the answered body: %w", err)
	}
	var faults []string
	v.matchNode("body", w, g, &faults)
	if len(faults) > 0 {
		return fmt.Errorf("%s", strings.Join(faults, "\n  "))
	}
	return nil
}

func (v vars) matchNode(path string, want, got node, faults *[]string) {
	say := func(format string, args ...any) { *faults = append(*faults, path+" "+fmt.Sprintf(format, args...)) }
	if text, ok := want.text(); ok && placeholder.MatchString(text) {
		shown, isText := got.text()
		number := strings.HasPrefix(text, "<int")
		if !isText {
			shown = got.scalar
		}
		if shown == "" && !isText || number == isText && !strings.HasPrefix(text, "<any") {
			say("is %s, not %s", got.oneLine(), text)
		} else if err := v.matchText(text, shown); err != nil {
			say("%v", err)
		}
		return
	}
	switch {
	case want.kind != got.kind:
		say("is %s, not %s", got.oneLine(), want.oneLine())
	case want.kind == '{':
		w, g := want.fields(), got.fields()
		for _, name := range slices.Sorted(maps.Keys(w)) {
			if _, ok := g[name]; !ok {
				say("lacks %s", name)
				continue
			}
			v.matchNode(path+"."+name, w[name], g[name], faults)
		}
		for _, name := range slices.Sorted(maps.Keys(g)) {
			if _, ok := w[name]; !ok {
				say("has %s, which is not expected", name)
			}
		}
	case want.kind == '[':
		if len(want.items) != len(got.items) {
			say("has %d items, not %d", len(got.items), len(want.items))
			return
		}
		for i := range want.items {
			v.matchNode(fmt.Sprintf("%s[%d]", path, i), want.items[i], got.items[i], faults)
		}
	case want.scalar != got.scalar:
		say("is %s, not %s", got.scalar, want.scalar)
	}
}

// node is a JSON value in the order in which it was written.
type node struct {
	kind   byte // '{', '[', or 's' for everything else
	names  []string
	items  []node
	scalar string // as JSON
}

func parseJSON(text []byte) (node, error) {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	n, err := readNode(dec)
	if err != nil {
		return n, fmt.Errorf("%w in %.200q", err, text)
	}
	if _, err := dec.Token(); err != io.EOF {
		return n, fmt.Errorf("more than one value in %.200q", text)
	}
	return n, nil
}

func readNode(dec *json.Decoder) (node, error) {
	t, err := dec.Token()
	if err != nil {
		return node{}, err
	}
	d, ok := t.(json.Delim)
	if !ok {
		var b bytes.Buffer
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		err := enc.Encode(t)
		return node{kind: 's', scalar: strings.TrimSuffix(b.String(), "\n")}, err
	}
	n := node{kind: byte(d)}
	for dec.More() {
		if d == '{' {
			name, err := dec.Token()
			if err != nil {
				return n, err
			}
			n.names = append(n.names, name.(string))
		}
		item, err := readNode(dec)
		if err != nil {
			return n, err
		}
		n.items = append(n.items, item)
	}
	_, err = dec.Token()
	return n, err
}

func (n node) text() (string, bool) {
	if n.kind != 's' || !strings.HasPrefix(n.scalar, `"`) {
		return "", false
	}
	var s string
	err := json.Unmarshal([]byte(n.scalar), &s)
	return s, err == nil
}

func (n node) fields() map[string]node {
	m := make(map[string]node, len(n.names))
	for i, name := range n.names {
		m[name] = n.items[i]
	}
	return m
}

func (n node) oneLine() string {
	if n.kind == 's' {
		return n.scalar
	}
	parts := make([]string, len(n.items))
	for i, item := range n.items {
		if parts[i] = item.oneLine(); n.kind == '{' {
			parts[i] = fmt.Sprintf("%q: %s", n.names[i], parts[i])
		}
	}
	return string(n.kind) + strings.Join(parts, ", ") + string(n.kind+2)
}

// render writes a value for people: on one line where it fits.
func (n node) render(indent string) string {
	const width = 118
	if line := n.oneLine(); n.kind == 's' || len(n.items) == 0 || len(indent)+len(line) <= width {
		return line
	}
	var b strings.Builder
	b.WriteByte(n.kind)
	for i, item := range n.items {
		b.WriteString("\n" + indent + "  ")
		if n.kind == '{' {
			fmt.Fprintf(&b, "%q: ", n.names[i])
		}
		b.WriteString(item.render(indent + "  "))
		if i < len(n.items)-1 {
			b.WriteByte(',')
		}
	}
	b.WriteString("\n" + indent + string(n.kind+2))
	return b.String()
}

// golden returns an answered body as a conversation would hold it: with the
// placeholders of the one that stood there, and names for values that have one.
func (v vars) golden(before, answered []byte) string {
	got, err := parseJSON(answered)
	if err != nil {
		return string(answered)
	}
	want, err := parseJSON(before)
	if err != nil {
		want = node{}
	}
	return v.abstract("", got, want).render("") + "\n"
}

var endsInErrorID = regexp.MustCompile(`^(Request failed\. |Service temporarily unavailable |.*\. \()[a-z2-7]{12}(\)?)$`)

var uuidPattern = regexp.MustCompile("^" + placeholders["uuid"] + "$")

func (v vars) abstract(name string, got, want node) node {
	if text, ok := want.text(); ok && placeholder.MatchString(text) {
		var faults []string
		if maps.Clone(v).matchNode("", want, got, &faults); len(faults) == 0 {
			return want
		}
	}
	if text, ok := got.text(); ok {
		return node{kind: 's', scalar: v.named(name, text, got.scalar)}
	}
	out := node{kind: got.kind, names: got.names, scalar: got.scalar}
	wanted := want.fields()
	for i, item := range got.items {
		child, childName := node{}, name
		switch {
		case got.kind == '{':
			childName = got.names[i]
			child = wanted[childName]
		case want.kind == '[' && i < len(want.items):
			child = want.items[i]
		}
		out.items = append(out.items, v.abstract(childName, item, child))
	}
	return out
}

// named returns text as a name or a placeholder where it has one, else scalar.
func (v vars) named(field, text, scalar string) string {
	for _, name := range slices.Sorted(maps.Keys(v)) {
		if len(text) > 8 && v[name] == text {
			return fmt.Sprintf("%q", "{{"+name+"}}")
		}
	}
	if m := endsInErrorID.FindStringSubmatch(text); m != nil {
		return fmt.Sprintf("%q", m[1]+"<errorid>"+m[2])
	}
	switch {
	case uuidPattern.MatchString(text) && !strings.Contains(text, "-4000-8000-"): // those of seeds are spelled out
		return `"<uuid>"`
	case field == "errorId":
		return `"<errorid>"`
	case field == "requestId":
		return `"<request>"`
	case field == "asked":
		return `"<text>"`
	case field == "nextCursor":
		return `"<cursor:next>"`
	case field == "token", field == "access_token":
		return `"<token>"`
	}
	return scalar
}
