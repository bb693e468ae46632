package care

import "strconv"

// PersonRef names a patient or a provider by either of their two ids: the UUID
// or, where ID is empty, the number.
type PersonRef struct {
	ID     string
	Number int64
}

// ParsePersonRef reads a UUID or a person number. What is neither names nobody.
func ParsePersonRef(s string) (PersonRef, bool) {
	if id, ok := ParseUUID(s); ok {
		return PersonRef{ID: id}, true
	}
	if len(s) != 12 || s[0] == '+' {
		return PersonRef{}, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return PersonRef{Number: n}, err == nil && ValidPersonNumber(n)
}
