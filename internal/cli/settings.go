package cli

import (
	"strings"

	"github.com/alecthomas/kong"

	"chartline/internal/config"
)

// The flags hold settings as they were written: config reads and checks them,
// with the other sources, so that all problems are named at once. nil means not
// given.

// dataFlags say where the data is; every command that touches data has them.
type dataFlags struct {
	Config           *string `placeholder:"FILE" group:"settings" help:"JSON file of settings, keyed as the flags are (CHARTLINE_CONFIG)."`
	Data             *string `placeholder:"DIR" group:"settings" help:"${help_data}"`
	Database         *string `placeholder:"URL" group:"settings" help:"${help_database}"`
	Media            *string `placeholder:"URL" group:"settings" help:"${help_media}"`
	AuditCheckpoints *string `placeholder:"FILE" group:"settings" help:"${help_audit_checkpoints}"`
	AuditKeyFile     *string `placeholder:"FILE" group:"settings" help:"${help_audit_key_file}"`
	Seal             *string `placeholder:"on|off" group:"settings" help:"${help_seal}"`
	MasterKeyFile    *string `placeholder:"FILE" group:"settings" help:"${help_master_key_file}"`
	KMSCommand       *string `name:"kms-command" placeholder:"PROGRAM" group:"settings" help:"${help_kms_command}"`
	KMSTimeout       *string `name:"kms-timeout" placeholder:"TIME" group:"settings" help:"${help_kms_timeout}"`
}

// replicaFlags say where else a server reads.
type replicaFlags struct {
	DatabaseReplica  *string `placeholder:"URL" group:"settings" help:"${help_database_replica}"`
	ReplicaStaleness *string `placeholder:"TIME" group:"settings" help:"${help_replica_staleness}"`
}

// uploadFlags bound what is brought in.
type uploadFlags struct {
	FreeDiskFloor *string `placeholder:"SIZE" group:"settings" help:"${help_free_disk_floor}"`
	MaxUpload     *string `placeholder:"SIZE" group:"settings" help:"${help_max_upload}"`
}

// chartFlags are about what partners send to charts and ask of them.
type chartFlags struct {
	MaxAttachment        *string `placeholder:"SIZE" group:"settings" help:"${help_max_attachment}"`
	MaxAttachments       *string `placeholder:"N" group:"settings" help:"${help_max_attachments}"`
	GraphQLIntrospection *string `name:"graphql-introspection" placeholder:"on|off" group:"settings" help:"${help_graphql_introspection}"`
}

// serverFlags are those of a server.
type serverFlags struct {
	Listen        *string     `placeholder:"ADDR" group:"settings" help:"${help_listen}"`
	MetricsListen *string     `placeholder:"ADDR" group:"settings" help:"${help_metrics_listen}"`
	TLSCert       *string     `name:"tls-cert" placeholder:"FILE" group:"settings" help:"${help_tls_cert}"`
	TLSKey        *string     `name:"tls-key" placeholder:"FILE" group:"settings" help:"${help_tls_key}"`
	Upload        uploadFlags `embed:""`
	People        peopleFlags `embed:""`
	Chart         chartFlags  `embed:""`
	DrainTimeout  *string     `placeholder:"TIME" group:"settings" help:"${help_drain_timeout}"`
	HeaderTimeout *string     `placeholder:"TIME" group:"settings" help:"${help_header_timeout}"`
	IdleTimeout   *string     `placeholder:"TIME" group:"settings" help:"${help_idle_timeout}"`
	StallTimeout  *string     `placeholder:"TIME" group:"settings" help:"${help_stall_timeout}"`
	LogLevel      *string     `placeholder:"LEVEL" group:"settings" help:"${help_log_level}"`
}

// peopleFlags are about people who log in.
type peopleFlags struct {
	PublicURL      *string `name:"public-url" placeholder:"URL" group:"settings" help:"${help_public_url}"`
	SSORedirects   *string `name:"sso-redirects" placeholder:"URLS" group:"settings" help:"${help_sso_redirects}"`
	PasswordLength *string `placeholder:"N" group:"settings" help:"${help_password_length}"`
	SessionIdle    *string `placeholder:"TIME" group:"settings" help:"${help_session_idle}"`
	SessionLife    *string `placeholder:"TIME" group:"settings" help:"${help_session_life}"`
}

// settingsHelp gives the settings' own words to the flags.
func settingsHelp() kong.Vars {
	vars := kong.Vars{}
	for _, s := range config.Settings() {
		more := s.Env()
		if s.Default != "" {
			more = "default " + s.Default + "; " + more
		}
		vars["help_"+strings.ReplaceAll(s.Name, "-", "_")] = strings.TrimSuffix(s.Help, ".") + " (" + more + ")."
	}
	return vars
}

// givenSettings collects the settings that were given as flags.
func givenSettings(c *kong.Context) map[string]string {
	given := map[string]string{}
	for _, f := range c.Flags() {
		if v, ok := f.Target.Interface().(*string); ok && v != nil && f.Group != nil && f.Group.Key == "settings" {
			given[f.Name] = *v
		}
	}
	return given
}
