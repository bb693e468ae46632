// Package audio holds the demo's recordings: short invented conversations,
// spoken by a speech synthesiser, small enough to live in the binary.
//
// It owns the files and what is known of each (Clips). It does not own whose
// visit or call a recording belongs to: internal/demo decides that.
// scripts/demo-audio.sh makes the recordings from the texts beside them.
package audio
