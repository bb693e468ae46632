// Package config is what an operator can set: the settings, their defaults, and
// where their values come from: defaults < a JSON file < environment < flags.
//
// A setting has one name in three forms: --drain-timeout, CHARTLINE_DRAIN_TIMEOUT
// and "drain-timeout" in the file. Load reads all of them and reports every
// problem at once, each with the setting and its source, and never with the
// value of a secret. It opens nothing but the files it reads; cli opens the rest.
// Start reading at setting.go.
package config
