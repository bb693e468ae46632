//go:build race

package graph_test

import "time"

// cheap is more under the race detector, which is in everybody's way.
const cheap = 100 * time.Millisecond
