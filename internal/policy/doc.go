// Package policy decides, purely: may this actor do this action on this target,
// and why (not). It reads nothing and writes nothing; the gate brings the facts.
//
// What no rule names is refused. The rules are one table in rules.go; the
// decision is in policy.go.
package policy
