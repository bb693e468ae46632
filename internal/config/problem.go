package config

import (
	"fmt"
	"strings"
)

// Problem is one thing that is wrong with one setting.
type Problem struct {
	Setting string `json:"setting"`
	Source  string `json:"source"` // "flag --listen", "environment CHARTLINE_LISTEN", "file chartline.json", "default"
	Reason  string `json:"reason"`
}

// String names the setting, where it came from, and what is wrong.
func (p Problem) String() string {
	if p.Source == string(sourceDefault) {
		return p.Setting + ": " + p.Reason
	}
	return fmt.Sprintf("%s (%s): %s", p.Setting, p.Source, p.Reason)
}

// Problems is everything that is wrong, in the order of the settings.
type Problems struct{ All []Problem }

func (p *Problems) Error() string {
	if len(p.All) == 1 {
		return p.All[0].String()
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d settings are wrong:", len(p.All))
	for _, one := range p.All {
		b.WriteString("\n  " + one.String())
	}
	return b.String()
}

func (p *Problems) add(setting string, from source, reason string) {
	p.All = append(p.All, Problem{Setting: setting, Source: string(from), Reason: reason})
}

func (p *Problems) has(setting string) bool {
	for _, one := range p.All {
		if one.Setting == setting {
			return true
		}
	}
	return false
}

func (p *Problems) err() error {
	if len(p.All) == 0 {
		return nil
	}
	return p
}
