package jobs

import (
	"math/rand/v2"
	"time"
)

// The pauses between attempts.
const (
	firstPause   = 2 * time.Second
	longestPause = 4 * time.Hour
)

// pause is how long to wait after so many failed attempts: twice as long each
// time, less up to a half of it so that what failed together is not tried
// together.
func pause(failed int, random func() float64) time.Duration {
	p := longestPause
	if shift := failed - 1; shift < 16 {
		p = min(firstPause<<shift, longestPause)
	}
	return p - time.Duration(random()*float64(p)/2)
}

func random() float64 { return rand.Float64() } // #nosec G404 -- spreads, and hides nothing
