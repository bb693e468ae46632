//go:build !race

package graph_test

import "time"

// cheap is what a refused query may cost (S23).
const cheap = 5 * time.Millisecond
