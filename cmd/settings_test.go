package cmd

import (
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// readSettings reads the settings of a command, serve or token, by the rules.
func readSettings(t testing.TB, env environment, command string, args []string, rules ...func(*Settings) error) (Settings, error) {
	t.Helper()
	var (
		p    = &program{getenv: func(name string) string { return env[name] }}
		root = &cobra.Command{Use: "crms", SilenceErrors: true, SilenceUsage: true}
		s    Settings
	)
	root.AddCommand(&cobra.Command{Use: command, RunE: func(cmd *cobra.Command, _ []string) (err error) {
		s, err = p.settings(cmd, rules...)
		return err
	}})
	finish(root)
	root.SetOut(io.Discard)
	root.SetArgs(append([]string{command}, args...))
	err := root.Execute()
	return s, err
}

func serveSettings(t *testing.T, env environment, args ...string) Settings {
	t.Helper()
	s, err := readSettings(t, env, "serve", args)
	require.NoError(t, err)
	return s
}

func TestSettingsDefaults(t *testing.T) {
	assert.Equal(t, Settings{
		Data:           "./crms-data",
		Addr:           ":5002",
		OpsAddr:        "127.0.0.1:5082",
		JWKSRefresh:    5 * time.Minute,
		Zone:           time.UTC,
		LogFormat:      "text",
		LogLevel:       slog.LevelInfo,
		MaxConnections: 4096,
		ShutdownGrace:  30 * time.Second, BackupEvery: 6 * time.Hour, BackupKeep: 28,
		given: map[string]bool{},
	}, serveSettings(t, nil))
}

func TestCommandIgnoresSettingsOfOthers(t *testing.T) {
	s, err := readSettings(t, environment{"CRMS_ADDR": "nonsense", "CRMS_DATA": "/d"}, "token", nil)
	require.NoError(t, err)
	assert.Equal(t, "/d", s.Data)
	assert.Empty(t, s.Addr)

	_, err = readSettings(t, nil, "token", []string{"--addr", ":1"})
	assert.ErrorContains(t, err, "unknown flag: --addr")
}

// settingCase holds texts that a setting takes with the value that each
// becomes, and texts that it refuses.
type settingCase struct {
	got     func(Settings) any
	taken   map[string]any
	refused []string
}

func settingCases() map[string]settingCase {
	return map[string]settingCase{
		"data": {func(s Settings) any { return s.Data }, map[string]any{"/var/lib/crms": "/var/lib/crms"}, nil},
		"addr": {func(s Settings) any { return s.Addr },
			map[string]any{"127.0.0.1:0": "127.0.0.1:0", "[::1]:65535": "[::1]:65535"},
			[]string{"5002", ":", ":65536", ":-1", ":http", "::1:80"}},
		"ops-addr": {func(s Settings) any { return s.OpsAddr },
			map[string]any{"127.0.0.1:0": "127.0.0.1:0", "off": "off"}, []string{"5082", ":http", "Off", "no"}},
		"tls-cert-file":       {func(s Settings) any { return s.TLSCertFile }, map[string]any{"tls.crt": "tls.crt"}, nil},
		"tls-key-file":        {func(s Settings) any { return s.TLSKeyFile }, map[string]any{"tls.key": "tls.key"}, nil},
		"dev":                 {func(s Settings) any { return s.Dev }, map[string]any{"true": true, "1": true, "false": false}, []string{"yes", "on"}},
		"no-console":          {func(s Settings) any { return s.NoConsole }, map[string]any{"true": true, "false": false}, []string{"yes"}},
		"jwt-public-key-file": {func(s Settings) any { return s.JWTPublicKeyFile }, map[string]any{"k.pem": "k.pem"}, nil},
		"jwks-url": {func(s Settings) any { return s.JWKSURL },
			map[string]any{"https://aths.example/jwks": "https://aths.example/jwks"},
			[]string{"aths.example/jwks", "ftp://aths.example", "https://", "http://:80", "https://a b/", "%"}},
		"jwks-refresh": {func(s Settings) any { return s.JWKSRefresh },
			map[string]any{"1s": time.Second, "1h30m": 90 * time.Minute},
			[]string{"999ms", "0", "-5m", "5", "often"}},
		"jwt-issuer":   {func(s Settings) any { return s.JWTIssuer }, map[string]any{"aths": "aths"}, nil},
		"jwt-audience": {func(s Settings) any { return s.JWTAudience }, map[string]any{"crms": "crms"}, nil},
		"zone": {func(s Settings) any { return s.Zone.String() },
			map[string]any{"Asia/Kolkata": "Asia/Kolkata", "UTC": "UTC"},
			[]string{"Local", "Mars/Olympus", "../etc/passwd", "IST+5"}},
		"cors-origins": {func(s Settings) any { return s.CORSOrigins },
			map[string]any{
				"*":                        []string{"*"},
				"https://Shop.example":     []string{"https://shop.example"},
				"http://a:3000, https://b": []string{"http://a:3000", "https://b"},
			},
			[]string{"shop.example", "https://shop.example/", "https://shop.example/app", "https://a,", "https://u@a", "https://a?b", "null", "https://*.shop.example"}},
		"trusted-proxies": {func(s Settings) any { return fmt.Sprint(s.TrustedProxies) },
			map[string]any{
				"127.0.0.1":           "[127.0.0.1/32]",
				"10.1.2.3/8, ::1":     "[10.0.0.0/8 ::1/128]",
				"2001:db8::/32":       "[2001:db8::/32]",
				"::ffff:192.0.2.1":    "[192.0.2.1/32]",
				"::ffff:10.1.2.3/104": "[10.0.0.0/8]",
			},
			[]string{"proxy.example", "10.0.0.0/33", "10.0.0.1:80", "10.0.0.1,", "*", "10.0.0.0/-1"}},
		"max-connections": {func(s Settings) any { return s.MaxConnections }, map[string]any{"1": 1, "20000": 20000}, []string{"0", "-1", "many"}},
		"backup-dir":      {func(s Settings) any { return s.BackupDir }, map[string]any{"/mnt/b": "/mnt/b"}, nil},
		"backup-every": {func(s Settings) any { return s.BackupEvery },
			map[string]any{"1m": time.Minute, "24h": 24 * time.Hour}, []string{"59s", "6", "daily"}},
		"backup-keep":      {func(s Settings) any { return s.BackupKeep }, map[string]any{"1": 1, "100": 100}, []string{"0", "-1", "all"}},
		"backup-recipient": {func(s Settings) any { return s.BackupRecipient }, map[string]any{"age1x": "age1x"}, nil},
		"aths-url":         {func(s Settings) any { return s.ATHSURL }, map[string]any{"https://aths.example": "https://aths.example"}, nil},
		"aths-token-file":  {func(s Settings) any { return s.ATHSTokenFile }, map[string]any{"t.txt": "t.txt"}, nil},
		"log-format":       {func(s Settings) any { return s.LogFormat }, map[string]any{"json": "json"}, []string{"JSON", "xml"}},
		"log-level":        {func(s Settings) any { return s.LogLevel }, map[string]any{"debug": slog.LevelDebug, "WARN": slog.LevelWarn}, []string{"loud", "1"}},
		"shutdown-grace":   {func(s Settings) any { return s.ShutdownGrace }, map[string]any{"0s": time.Duration(0)}, []string{"-1s", "soon"}},
	}
}

func TestEverySettingIsReadAndChecked(t *testing.T) {
	cases := settingCases()
	for _, row := range new(Settings).table() {
		if row.value.secret {
			continue // see secret_test.go
		}
		c, ok := cases[row.flag]
		require.True(t, ok, "--%s needs cases", row.flag)
		for text, want := range c.taken {
			t.Run(fmt.Sprintf("%s takes %q", row.flag, text), func(t *testing.T) {
				assert.Equal(t, want, c.got(serveSettings(t, nil, "--"+row.flag+"="+text)))
				assert.Equal(t, want, c.got(serveSettings(t, environment{row.env(): text})))
			})
		}
		if row.fallback != "" {
			c.refused = append(c.refused, "") // what has a default cannot be unset
		}
		for _, text := range c.refused {
			t.Run(fmt.Sprintf("%s refuses %q", row.flag, text), func(t *testing.T) {
				_, err := readSettings(t, nil, "serve", []string{"--" + row.flag + "=" + text})
				require.ErrorContains(t, err, fmt.Sprintf("--%s (env %s) must ", row.flag, row.env()))
				if !row.value.discreet {
					assert.ErrorContains(t, err, fmt.Sprintf("not %q", text))
				}
			})
		}
	}
}

func TestFlagWinsOverEnvironment(t *testing.T) {
	env := environment{"CRMS_ADDR": ":1", "CRMS_JWT_ISSUER": "from env", "CRMS_DEV": "true"}
	s := serveSettings(t, env)
	assert.Equal(t, ":1", s.Addr)
	assert.True(t, s.Dev)

	s = serveSettings(t, env, "--addr", ":2", "--jwt-issuer=", "--dev=false")
	assert.Equal(t, ":2", s.Addr)
	assert.Empty(t, s.JWTIssuer, "an empty flag unsets")
	assert.False(t, s.Dev)
}

func TestSettingGivenAsItsDefaultIsGiven(t *testing.T) {
	assert.False(t, serveSettings(t, nil).given["addr"])
	assert.True(t, serveSettings(t, nil, "--addr", ":5002").given["addr"])
	assert.True(t, serveSettings(t, environment{"CRMS_ADDR": ":5002"}).given["addr"])
}

func TestDataMayStandBeforeTheCommand(t *testing.T) {
	data := t.TempDir()
	_, err := ensureDevSecret(data)
	require.NoError(t, err)
	got := run(nil, "--data", data, "token", "--role", "admin", "--email", "a@b.example")
	assert.Equal(t, exitOK, got.code, got.stderr)
}

func TestAllProblemsAreReportedAtOnce(t *testing.T) {
	env := environment{"CRMS_ZONE": "Mars", "CRMS_JWT_SECRET": "short", "CRMS_JWKS_URL": "https://user:hunter2@"}
	_, err := readSettings(t, env, "serve", []string{"--addr", "here"}, (*Settings).ChooseKeys)
	require.Error(t, err)
	assert.Equal(t, []string{
		`--addr (env CRMS_ADDR) must be host:port such as :5002 or 127.0.0.1:5002, not "here"`,
		`--jwt-secret-file (env CRMS_JWT_SECRET) must hold at least 32 bytes, not 5`,
		`--jwks-url (env CRMS_JWKS_URL) must be an http or https URL`,
		`--zone (env CRMS_ZONE) must be an IANA time zone such as UTC or Asia/Kolkata, not "Mars"`,
		`only one kind of key can verify tokens: leave all but one of --jwt-secret-file (env CRMS_JWT_SECRET), --jwks-url (env CRMS_JWKS_URL) unset`,
	}, strings.Split(err.Error(), "\n"))
	var exit *exitError
	require.ErrorAs(t, err, &exit)
	assert.Equal(t, exitUsage, exit.code)
}

func TestHelpNamesVariableAndDefault(t *testing.T) {
	root := &cobra.Command{Use: "crms"}
	serve := &cobra.Command{Use: "serve", Run: func(*cobra.Command, []string) {}}
	root.AddCommand(serve)
	finish(root)
	help := serve.UsageString()
	for _, row := range new(Settings).table() {
		want := regexp.QuoteMeta(row.usage + " (env " + row.env() + ")")
		if row.fallback != "" {
			want += regexp.QuoteMeta(" (default " + row.fallback + ")")
		}
		assert.Regexp(t, "--"+row.flag+".*"+want+"\n", help+"\n")
	}
}

func TestSettingsNameCommandsThatExist(t *testing.T) {
	var known []string
	for _, cmd := range commandsUnder(new(program).newRootCommand()) {
		known = append(known, cmd.Name())
	}
	for _, row := range new(Settings).table() {
		for _, name := range row.commands {
			assert.True(t, slices.Contains(known, name), "%s is a setting of %s", row, name)
		}
	}
}

func TestVariablesAreUnique(t *testing.T) {
	seen := map[string]string{}
	for _, row := range new(Settings).table() {
		assert.Empty(t, seen[row.env()], "%s is read by --%s too", row.env(), row.flag)
		seen[row.env()] = row.flag
	}
	assert.Equal(t, "jwt-secret-file", seen["CRMS_JWT_SECRET"])
	assert.Equal(t, "jwt-public-key-file", seen["CRMS_JWT_PUBLIC_KEY_FILE"])
}
