// Package stats turns noisy measurements into figures worth printing: medians
// and quartiles of adjacent pairs, and latency histograms.
//
// It owns arithmetic only; it knows nothing of servers. The benchmark cases
// call it. Start reading at Ratios.
package stats
