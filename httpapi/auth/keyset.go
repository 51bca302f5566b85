package auth

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/MicahParks/jwkset"
	"github.com/MicahParks/keyfunc/v3"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/golang-jwt/jwt/v5"
)

// keySet is the usable keys of a JWKS.
type keySet struct {
	size     int
	find     jwt.Keyfunc
	problems []error // why the other keys are not used
}

// remoteMethods are the signing methods of the keys that a JWKS may hold.
func remoteMethods() []jwt.SigningMethod {
	return []jwt.SigningMethod{jwt.SigningMethodRS256, jwt.SigningMethodES256, jwt.SigningMethodEdDSA}
}

// parseKeySet reads a JWKS. Keys that cannot be used are left out, since a set
// may well hold keys for other purposes; only when the set itself cannot be
// read is that an error.
func parseKeySet(text []byte) (*keySet, error) {
	var document struct {
		Keys []jsontext.Value `json:"keys"`
	}
	if err := json.Unmarshal(text, &document); err != nil {
		return nil, fmt.Errorf("not a JWKS: %w", err)
	}
	if document.Keys == nil {
		return nil, errors.New(`not a JWKS: member "keys" is missing`)
	}
	var usable []jwkset.JWK
	var problems []error
	for i, raw := range document.Keys {
		key, err := parseJWK(raw)
		if err != nil {
			problems = append(problems, fmt.Errorf("key %d: %w", i, err))
			continue
		}
		usable = append(usable, key)
	}
	find, err := finderOf(usable)
	return &keySet{len(usable), find, problems}, err
}

// parseJWK reads one key that is good for verifying tokens.
func parseJWK(raw jsontext.Value) (jwkset.JWK, error) {
	// Without Private, the library reads no private parts and no symmetric key.
	key, err := jwkset.NewJWKFromRawJSON([]byte(raw), jwkset.JWKMarshalOptions{}, jwkset.JWKValidateOptions{})
	if err != nil {
		return jwkset.JWK{}, err
	}
	method, err := methodOf(key.Key())
	if err != nil {
		return jwkset.JWK{}, err
	}
	about := key.Marshal()
	if alg := about.ALG.String(); alg != "" && alg != method.Alg() {
		return jwkset.JWK{}, fmt.Errorf("algorithm %q is not supported, only %s is with this type of key", alg, method.Alg())
	}
	if about.USE != "" && about.USE != jwkset.UseSig {
		return jwkset.JWK{}, fmt.Errorf("not for signatures but for %q", about.USE)
	}
	if len(about.KEYOPS) > 0 && !slices.Contains(about.KEYOPS, jwkset.KeyOpsVerify) {
		return jwkset.JWK{}, errors.New("not for verifying signatures")
	}
	return key, nil
}

// finderOf finds the key that a token names, or all keys for a token that names
// none. The signing methods check that a key is of their type.
func finderOf(keys []jwkset.JWK) (jwt.Keyfunc, error) {
	if len(keys) == 0 {
		return findNoKey, nil
	}
	storage := jwkset.NewMemoryStorage()
	if err := storage.KeyReplaceAll(context.Background(), keys); err != nil {
		return nil, err
	}
	named, err := keyfunc.New(keyfunc.Options{Storage: storage})
	if err != nil {
		return nil, err
	}
	return func(t *jwt.Token) (any, error) {
		key, err := named.Keyfunc(t)
		if errors.Is(err, jwkset.ErrKeyNotFound) {
			return nil, errUnknownKey
		}
		return key, err
	}, nil
}

func findNoKey(*jwt.Token) (any, error) { return nil, ErrNoKey }
