package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// source says where a value came from, in words for a person.
type source string

const sourceDefault source = "default"

// layer is one source's values by setting name.
type layer struct {
	values map[string]string
	source func(name string) source
}

// layers reads every source, weakest first.
func (s Sources) layers(bad *Problems) []layer {
	var all []layer
	if name, from := s.file(); name != "" {
		all = append(all, fileLayer(name, from, bad))
	}
	env := layer{values: map[string]string{}, source: func(name string) source {
		return source("environment " + Setting{Name: name}.Env())
	}}
	for _, set := range Settings() {
		if v, ok := s.env(set.Env()); ok {
			env.values[set.Name] = v
		}
	}
	flags := layer{values: maps.Clone(s.Flags), source: func(name string) source {
		return source("flag --" + name)
	}}
	all = append(all, env, flags)
	for i := range all {
		all[i] = all[i].expandData()
	}
	return all
}

func (s Sources) env(name string) (string, bool) {
	if s.Env == nil {
		return "", false
	}
	v, ok := s.Env(name)
	return v, ok && v != ""
}

// file returns the configuration file's name and where that came from.
func (s Sources) file() (string, source) {
	if name, ok := s.Flags[fileSetting]; ok {
		return name, "flag --" + fileSetting
	}
	name, _ := s.env(fileEnv)
	return name, "environment " + fileEnv
}

// expandData lets data stand for database and media within its own source, so
// that it wins over those of weaker sources and yields to those beside it.
func (l layer) expandData() layer {
	data, ok := l.values["data"]
	if !ok || strings.TrimSpace(data) == "" {
		return l
	}
	out := layer{values: maps.Clone(l.values), source: l.source}
	implied := map[string]string{
		"database": "sqlite:" + filepath.Join(data, "chartline.db"),
		"media":    "dir:" + filepath.Join(data, "media"),
	}
	for name, v := range implied {
		if _, given := out.values[name]; !given {
			out.values[name] = v
		}
	}
	out.source = func(name string) source {
		if _, own := l.values[name]; !own && implied[name] != "" {
			name = "data"
		}
		return l.source(name)
	}
	return out
}

// maxFile bounds the configuration file.
const maxFile = 1 << 20

// fileLayer reads one flat JSON object; numbers and booleans count as written.
func fileLayer(name string, from source, bad *Problems) layer {
	l := layer{values: map[string]string{}, source: func(string) source { return source("file " + name) }}
	text, err := readFile(name)
	if err != nil {
		bad.add(fileSetting, from, "cannot be read: "+cause(err))
		return l
	}
	members := map[string]json.RawMessage{}
	if err := json.Unmarshal(text, &members); err != nil {
		bad.add(fileSetting, from, "must be one JSON object: "+jsonCause(err))
		return l
	}
	known := map[string]bool{}
	for _, set := range Settings() {
		known[set.Name] = true
	}
	for _, key := range slices.Sorted(maps.Keys(members)) {
		switch v, ok := scalar(members[key]); {
		case key == "audit-key":
			bad.add(key, l.source(key), "is a secret: give it by "+auditKeyEnv+" or audit-key-file")
		case key == "master-key":
			bad.add(key, l.source(key), "is a secret: give it by "+masterKeyEnv+" or master-key-file")
		case !known[key]:
			bad.add(strconv.Quote(key), l.source(key), "is not a setting")
		case !ok:
			bad.add(key, l.source(key), "must be a text, a number or a boolean")
		default:
			l.values[key] = v
		}
	}
	return l
}

func readFile(name string) ([]byte, error) {
	f, err := os.Open(filepath.Clean(name))
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(text) > maxFile {
		err = errors.New("is larger than 1 MiB")
	}
	return text, errors.Join(err, f.Close())
}

func scalar(raw json.RawMessage) (string, bool) {
	var s string
	if json.Unmarshal(raw, &s) == nil && raw[0] == '"' {
		return s, true
	}
	switch raw[0] {
	case '{', '[', 'n':
		return "", false
	}
	return string(raw), true
}

// jsonCause says what is wrong and where, and repeats nothing of the text.
func jsonCause(err error) string {
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Sprintf("not JSON at byte %d", e.Offset)
	}
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return "it is a " + e.Value
	}
	return "not JSON"
}
