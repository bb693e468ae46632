//go:build !race

package contracttest

const costFactor = 1
