package cmd

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Settings is what users can set. A command finds those that it takes filled
// in and the others zero.
type Settings struct {
	Data    string // folder
	Addr    string // host:port
	OpsAddr string // host:port, or off
	Dev     bool

	NoConsole bool // its pages are not served

	TLSCertFile string // empty: no TLS
	TLSKeyFile  string

	JWTSecret        Secret
	JWTPublicKeyFile string
	JWKSURL          string
	JWKSRefresh      time.Duration
	JWTIssuer        string // empty: not checked
	JWTAudience      string // empty: not checked
	KeySource        KeySource

	Zone          *time.Location
	CORSOrigins   []string // scheme://host[:port] in lower case, or *
	LogFormat     string   // text or json
	LogLevel      slog.Level
	ShutdownGrace time.Duration

	TrustedProxies []netip.Prefix
	MaxConnections int

	ATHSURL       string // empty: ATHS is told nothing
	ATHSTokenFile string

	BackupDir       string // empty: no scheduled backups
	BackupEvery     time.Duration
	BackupKeep      int
	BackupRecipient string // age public key; empty: not encrypted

	Warnings []string // what works but should be mended, for the command to tell

	given map[string]bool // the flags of the settings that the user set, if only to their default
}

// setting is a row of the table.
type setting struct {
	flag     string
	value    value
	fallback string   // the default; empty leaves the setting unset
	commands []string // that take it; none means every command
	usage    string
}

// table lists every setting. Flags, environment variables, help, the README's
// table and the reading of all of them follow from its rows.
func (s *Settings) table() []setting {
	var (
		every         []string
		serve         = []string{"serve"}
		serveAndToken = []string{"serve", "token"}
	)
	return []setting{
		{"data", text(&s.Data, "DIR"), "./crms-data", every, "folder that holds the customers and their search index"},
		{"addr", address(&s.Addr), ":5002", serve, "address to listen on"},
		{"ops-addr", addressOrOff(&s.OpsAddr), "127.0.0.1:5082", serve, "address of metrics, profiles and health for operators; off for none"},
		{"tls-cert-file", text(&s.TLSCertFile, "FILE"), "", serve, "PEM file with the certificate and its chain; without it the server speaks plain HTTP"},
		{"tls-key-file", text(&s.TLSKeyFile, "FILE"), "", serve, "PEM file with the certificate's key"},
		{"dev", toggle(&s.Dev), "", serve, "run without any configuration: own secret, sample customers, open CORS, on localhost"},
		{"no-console", toggle(&s.NoConsole), "", serve, "serve the API without its pages for browsers, the console at / and its description at /docs"},

		{"jwt-secret-file", secret(&s.JWTSecret, minSecret), "", serveAndToken, "file with the secret shared with ATHS, at least 32 bytes (HS256); the variable holds the secret itself"},
		{"jwt-public-key-file", text(&s.JWTPublicKeyFile, "FILE"), "", serve, "PEM file with the public key of ATHS (RS256, ES256 or EdDSA)"},
		{"jwks-url", webURL(&s.JWKSURL), "", serve, "address of the key set of ATHS"},
		{"jwks-refresh", duration(&s.JWKSRefresh, time.Second), "5m", serve, "how often the key set is fetched again"},
		{"jwt-issuer", text(&s.JWTIssuer, "NAME"), "", serveAndToken, "issuer that tokens must name"},
		{"jwt-audience", text(&s.JWTAudience, "NAME"), "", serveAndToken, "audience that tokens must name"},

		{"zone", zone(&s.Zone), "UTC", serve, "IANA time zone of days, weeks and months, such as Asia/Kolkata"},
		{"cors-origins", origins(&s.CORSOrigins), "", serve, "origins whose pages may call the API, separated by commas; * for any"},
		{"trusted-proxies", networks(&s.TrustedProxies), "", serve, "addresses or networks (10.0.0.0/8) of proxies, separated by commas, that say truly in X-Forwarded-For for whom they ask"},
		{"max-connections", number(&s.MaxConnections, 1), "4096", serve, "how many connections may be open; a full server closes those that have waited longest for a request"},
		{"aths-url", webURL(&s.ATHSURL), "", serve, "address of ATHS, which is told of status changes and deletions"},
		{"aths-token-file", text(&s.ATHSTokenFile, "FILE"), "", serve, "file with the token to show to ATHS, read anew for each call; without it one is minted from the shared secret"},
		{"backup-dir", text(&s.BackupDir, "DIR"), "", serve, "folder for scheduled backups; without it there are none"},
		{"backup-every", duration(&s.BackupEvery, time.Minute), "6h", serve, "how often a backup is made"},
		{"backup-keep", number(&s.BackupKeep, 1), "28", serve, "how many of the newest backups are kept"},
		{"backup-recipient", text(&s.BackupRecipient, "KEY"), "", serve, "age public key that backups are encrypted to"},
		{"log-format", oneOf(&s.LogFormat, "FORMAT", "text", "json"), "text", serve, "how the log is written: text or json"},
		{"log-level", level(&s.LogLevel), "info", serve, "lowest level that is logged: debug, info, warn or error"},
		{"shutdown-grace", duration(&s.ShutdownGrace, 0), "30s", serve, "how long running requests may take to finish when the server is told to stop"},
	}
}

// env is the environment variable beside the flag: CRMS_LOG_LEVEL for
// log-level. That of a secret holds the secret, so it does not end in _FILE.
func (r setting) env() string {
	name := r.flag
	if r.value.secret {
		name = strings.TrimSuffix(name, "-file")
	}
	return "CRMS_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
}

func (r setting) String() string { return fmt.Sprintf("--%s (env %s)", r.flag, r.env()) }

// settingNamed is the row of a flag that the table holds.
func settingNamed(flag string) setting {
	rows := new(Settings).table()
	return rows[slices.IndexFunc(rows, func(r setting) bool { return r.flag == flag })]
}

// addSettingFlags gives the command a flag for each setting that it takes. The
// settings of every command are flags of the root, which all others inherit.
func addSettingFlags(cmd *cobra.Command) {
	for _, row := range new(Settings).table() {
		var flags *pflag.FlagSet
		switch {
		case row.commands == nil && !cmd.HasParent():
			flags = cmd.PersistentFlags()
		case slices.Contains(row.commands, cmd.Name()):
			flags = cmd.Flags()
		default:
			continue
		}
		flag := flags.VarPF(&typed{kind: row.value.kind, text: row.fallback}, row.flag, "", row.usage+" (env "+row.env()+")")
		if row.value.kind == toggleKind {
			flag.NoOptDefVal = "true"
		}
	}
}

// typed is a flag's value as it was typed. It is checked with all the other
// settings, not one by one as cobra would.
type typed struct{ kind, text string }

func (t *typed) String() string        { return t.text }
func (t *typed) Set(text string) error { t.text = text; return nil }
func (t *typed) Type() string          { return t.kind }

// settings reads the settings that the command takes: a flag before its
// environment variable before the default. The error names everything that is
// wrong, with the flag and the variable of each. The rules are for what
// several settings must fulfil together.
func (p *program) settings(cmd *cobra.Command, rules ...func(*Settings) error) (Settings, error) {
	s := Settings{given: map[string]bool{}}
	var problems []error
	for _, row := range s.table() {
		flag := cmd.Flags().Lookup(row.flag)
		if flag == nil {
			continue
		}
		if err := s.read(row, flag, p.getenv(row.env())); err != nil {
			problems = append(problems, fmt.Errorf("%s %w", row, err))
		}
	}
	for _, rule := range rules {
		if err := rule(&s); err != nil {
			problems = append(problems, err)
		}
	}
	if len(problems) > 0 {
		return Settings{}, &exitError{exitUsage, errors.Join(problems...)}
	}
	return s, nil
}

// read takes one setting from its flag, its variable or its default.
func (s *Settings) read(row setting, flag *pflag.Flag, env string) error {
	text := row.fallback
	switch {
	case flag.Changed:
		text = flag.Value.String()
	case env != "":
		text = env
	}
	if text == "" && row.fallback == "" {
		return nil
	}
	if flag.Changed || env != "" {
		s.given[row.flag] = true
	}
	if row.value.secret && flag.Changed {
		content, err := s.readSecretFile(row, text)
		if err != nil {
			return err
		}
		text = content
	}
	err := row.value.set(text)
	if err != nil && !row.value.discreet {
		err = fmt.Errorf("%w, not %q", err, text)
	}
	return err
}
