package native

import (
	"strconv"

	"chartline/internal/care"
)

// defaultLimit is how many items a page has where the query does not say.
const defaultLimit = 100

// pageQuery is what every list takes.
type pageQuery struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"At most so many items"`
	Cursor string `query:"cursor" doc:"The nextCursor of the page before; other parameters stay as they were"`
}

func (q pageQuery) limit() int {
	if q.Limit == 0 {
		return defaultLimit
	}
	return q.Limit
}

// number reads the cursor of a list that is ordered by a number.
func (q pageQuery) number(c cursors) (int64, error) {
	place, err := c.decode(q.Cursor)
	if err != nil || place == "" {
		return 0, err
	}
	n, err := strconv.ParseInt(place, 10, 64)
	if err != nil {
		return 0, errCursor()
	}
	return n, nil
}

// list is a page of a list.
type list[T any] struct {
	Items      []T     `json:"items" nullable:"false"`
	NextCursor *string `json:"nextCursor" doc:"Asks for the next page; null on the last"`
}

// page makes a page of what was found when one more than limit was asked for.
func page[T, W any](found []T, limit int, c cursors, lower func(T) W, place func(T) string) list[W] {
	more := len(found) > limit
	if more {
		found = found[:limit]
	}
	out := list[W]{Items: make([]W, len(found))}
	for i, f := range found {
		out.Items[i] = lower(f)
	}
	if more {
		out.NextCursor = c.encode(place(found[limit-1]))
	}
	return out
}

func placeOf(n int64) string { return strconv.FormatInt(n, 10) }

// optionalPerson reads a query parameter that names a person.
func optionalPerson(id string) *care.PersonRef {
	if id == "" {
		return nil
	}
	ref := personRef(id)
	return &ref
}

// personRef reads a person's id in a path. What is none names nobody, and is
// asked for like one that is.
func personRef(id string) care.PersonRef {
	ref, _ := care.ParsePersonRef(id)
	return ref
}
