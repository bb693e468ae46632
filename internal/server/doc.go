// Package server puts the surfaces on a listener: which path belongs to which
// surface, what is logged and counted of every request, health, work that
// recurs, and an orderly stop.
//
// It knows interfaces only; cli names the engines and builds what a Server
// needs. Start reading at server.go and dispatch.go.
package server
