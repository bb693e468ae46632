// Package checkpoint keeps on disk what anchors the audit log outside of the
// database: the key file, and the file of signed checkpoints. Their form and
// meaning are package audit's; when checkpoints are made is clinic/oversight's.
//
// Start reading at file.go.
package checkpoint
