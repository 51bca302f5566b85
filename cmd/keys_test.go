package cmd

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestKeySourceIsTheOneThatIsGiven(t *testing.T) {
	for name, c := range map[string]struct {
		env  environment
		args []string
		want KeySource
	}{
		"secret":               {environment{"CRMS_JWT_SECRET": someSecret}, nil, SharedSecret},
		"secret file":          {nil, []string{"--jwt-secret-file", writeFile(t, someSecret)}, SharedSecret},
		"public key":           {nil, []string{"--jwt-public-key-file", "aths.pem"}, PublicKeyFile},
		"key set":              {environment{"CRMS_JWKS_URL": "https://aths.example/jwks"}, nil, KeySet},
		"dev without a key":    {nil, []string{"--dev"}, DevSecret},
		"dev with a secret":    {environment{"CRMS_JWT_SECRET": someSecret}, []string{"--dev"}, SharedSecret},
		"dev with a key set":   {environment{"CRMS_JWKS_URL": "https://aths.example/jwks", "CRMS_DEV": "1"}, nil, KeySet},
		"another one is unset": {environment{"CRMS_JWT_SECRET": someSecret}, []string{"--jwt-secret-file=", "--jwt-public-key-file=k"}, PublicKeyFile},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := readSettings(t, c.env, "serve", c.args, (*Settings).ChooseKeys)
			require.NoError(t, err)
			assert.Equal(t, c.want, s.KeySource)
		})
	}
}

func TestNoKeyIsRefusedOutsideDev(t *testing.T) {
	for name, args := range map[string][]string{
		"nothing is set":        nil,
		"dev is false":          {"--dev=false"},
		"the key set is unset":  {"--jwks-url="},
		"only its age is given": {"--jwks-refresh=1m"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := readSettings(t, nil, "serve", args, (*Settings).ChooseKeys)
			assert.EqualError(t, err, "no key to verify tokens with: set one of --jwt-secret-file (env CRMS_JWT_SECRET), "+
				"--jwt-public-key-file (env CRMS_JWT_PUBLIC_KEY_FILE), --jwks-url (env CRMS_JWKS_URL), or start with --dev to try crms out")
		})
	}
}

func TestSeveralKindsOfKeysAreRefused(t *testing.T) {
	env := environment{"CRMS_JWT_SECRET": someSecret, "CRMS_JWT_PUBLIC_KEY_FILE": "aths.pem"}
	for name, args := range map[string][]string{"in production": nil, "with dev": {"--dev"}} {
		t.Run(name, func(t *testing.T) {
			_, err := readSettings(t, env, "serve", args, (*Settings).ChooseKeys)
			assert.EqualError(t, err, "only one kind of key can verify tokens: leave all but one of "+
				"--jwt-secret-file (env CRMS_JWT_SECRET), --jwt-public-key-file (env CRMS_JWT_PUBLIC_KEY_FILE) unset")
		})
	}
}
