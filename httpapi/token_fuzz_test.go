package httpapi

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"crms/httpapi/auth"
	"crms/httpapi/metrics"
	"crms/store/crm"
)

// gate is the API with one kind of key, and who signs for it.
type gate struct {
	http.Handler
	method jwt.SigningMethod
	key    any
}

// gates are two: one whose key is a secret, and one whose key everybody may
// know, over the same store.
func gates(f *testing.F) (shared, public gate, publicPEM []byte) {
	f.Helper()
	w := newWorld(f)
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(f, err)
	der, err := x509.MarshalPKIXPublicKey(private.Public())
	require.NoError(f, err)
	publicPEM = pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	verifier, err := auth.NewVerifier(context.Background(), auth.Config{PublicKey: publicPEM, Now: w.now, Log: slog.New(slog.DiscardHandler)})
	require.NoError(f, err)
	f.Cleanup(verifier.Close)
	other := New(Config{
		Store: w.store, Index: w.index, Auth: verifier, IDs: crm.NewIDs(), Now: w.now, Log: w.API.log, Access: w.access,
		Requests: metrics.New(metrics.Build{}).Requests, TrustedProxies: localProxy,
	})
	return gate{w, jwt.SigningMethodHS256, []byte(secret)}, gate{other, jwt.SigningMethodES256, private}, publicPEM
}

// The ways in which a caller may have come by the signature of a token.
const (
	asTheIssuer     = iota
	withAPublicKey  // as if it were the secret
	withAnotherKey  // of the caller's own
	withNone        // at all
	withWhatIsGiven // by the fuzzer
	numSignatures
)

// sign signs the text in the way that a caller has chosen.
func (g gate) sign(t testing.TB, way uint8, text, given string, publicPEM []byte) string {
	t.Helper()
	method, key := g.method, g.key
	switch way % numSignatures {
	case withAPublicKey:
		method, key = jwt.SigningMethodHS256, publicPEM
	case withAnotherKey:
		method, key = jwt.SigningMethodHS256, []byte("the caller's own secret, long enough")
	case withNone:
		return ""
	case withWhatIsGiven:
		return given
	}
	signature, err := method.Sign(text, key)
	require.NoError(t, err)
	return base64.RawURLEncoding.EncodeToString(signature)
}

// FuzzToken: nobody gets in but with a token that the issuer has signed, for an
// administrator, in time and in the algorithm of the configured key. All others
// get the same answer, whatever is wrong.
func FuzzToken(f *testing.F) {
	const header = `{"alg":"HS256","typ":"JWT"}`
	const claims = `{"userId":"ADMIN","email":"admin@example.com","role":"admin","exp":1795010000}`
	for way := range uint8(numSignatures) {
		for _, h := range []string{header, `{"alg":"ES256"}`, `{"alg":"none"}`, `{"alg":"nOnE","typ":"JWT"}`} {
			f.Add(way, h, claims, "AAAA", "Bearer")
		}
	}
	for _, h := range []string{
		`{"alg":"HS256","kid":"../../../../dev/null"}`, `{"alg":"HS256","kid":"' OR 1=1 --"}`, `{"alg":"HS256","jku":"http://127.0.0.1:1/"}`,
		`{"alg":"HS256","jwk":{"kty":"oct","k":"AAAA"}}`, `{"alg":"HS256","crit":["exp"]}`, `{"alg":"HS256","alg":"none"}`, `{"alg":["HS256"]}`,
		`{"alg":"HS256","b64":false}`, `{"ALG":"HS256"}`, ` {"alg":"HS256"}`, `[]`, ``, `{"alg":"RS256"}`, `{"alg":"HS512"}`,
	} {
		f.Add(uint8(asTheIssuer), h, claims, "", "bearer")
	}
	for _, c := range []string{
		`{"sub":"A","roles":["ADMIN"],"exp":1795010000.5}`, `{"sub":"A","role":"admin","exp":"1795010000"}`, `{"sub":"A","role":"admin","exp":-1}`,
		`{"sub":"A","role":"admin","exp":1e400}`, `{"sub":"A","role":"admin","exp":9223372036854775807}`, `{"sub":"A","role":"admin","exp":null}`,
		`{"sub":"A","role":"admin"}`, `{"sub":"A","role":"customer","role":"admin","exp":1795010000}`, `{"sub":"A","ROLE":"admin","exp":1795010000}`,
		`{"sub":"A","role":{"admin":true},"exp":1795010000}`, `{"sub":"A","role":"admin","exp":1795010000,"nbf":1795009999}`,
		`{"sub":"A\u0000","role":"admin","exp":1795010000}`, `{"sub":"` + strings.Repeat("A", 9<<10) + `","role":"admin","exp":1795010000}`,
		`{"sub":"A","role":"admin","exp":1795010000,"x":` + strings.Repeat("[", 500) + strings.Repeat("]", 500) + `}`,
	} {
		f.Add(uint8(asTheIssuer), header, c, "", "Bearer ")
	}
	shared, public, publicPEM := gates(f)
	for _, g := range []gate{shared, public} {
		text := tokenText(`{"alg":"`+g.method.Alg()+`"}`, claims)
		r, err := tokenRequest("Bearer", text+"."+g.sign(f, asTheIssuer, text, "", nil))
		require.NoError(f, err)
		require.Equal(f, http.StatusOK, answerOf(g, r).Code, "the issuer's tokens get in")
	}
	f.Fuzz(func(t *testing.T, way uint8, header, claims, given, scheme string) {
		text := tokenText(header, claims)
		for _, g := range []gate{shared, public} {
			token := text + "." + g.sign(t, way, text, given, publicPEM)
			r, err := tokenRequest(scheme, token)
			if err != nil {
				t.Skip("the scheme is no header")
			}
			if answered := answerOf(g, r); answered.Code == http.StatusOK {
				assert.EqualValues(t, asTheIssuer, way%numSignatures, "only the issuer can sign")
				assert.True(t, strings.EqualFold("Bearer", strings.TrimSpace(scheme)), "%q", scheme)
				assertGood(t, g.method.Alg(), header, claims)
			} else {
				assertRefused(t, answered)
			}
		}
	})
}

// tokenText is what the signature of a token is about.
func tokenText(header, claims string) string {
	encode := base64.RawURLEncoding.EncodeToString
	return encode([]byte(header)) + "." + encode([]byte(claims))
}

func tokenRequest(scheme, token string) (*http.Request, error) {
	return readRequest("GET "+anID+" HTTP/1.1\r\nHost: localhost\r\nAuthorization: "+scheme+" "+token+"\r\n", nil)
}

// assertGood reads the token of an administrator who got in, by a decoder that
// keeps everything as it is.
func assertGood(t *testing.T, algorithm, header, claims string) {
	t.Helper()
	var h, c map[string]any
	require.NoError(t, json.Unmarshal([]byte(header), &h))
	require.NoError(t, json.Unmarshal([]byte(claims), &c))
	assert.Equal(t, algorithm, h["alg"])
	assert.NotContains(t, h, "crit")
	names, _ := c["roles"].([]any)
	assert.True(t, slices.ContainsFunc(append(names, c["role"]), func(name any) bool {
		text, _ := name.(string)
		return strings.EqualFold(text, "admin")
	}), "the token is an administrator's: %s", claims)

	const leeway = 30
	now := float64(noon.Unix())
	expires, isNumber := c["exp"].(float64)
	assert.True(t, isNumber && expires > now-leeway && expires < float64(time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC).Unix()), claims)
	for _, name := range []string{"nbf", "iat"} {
		if at, given := c[name].(float64); given {
			assert.LessOrEqual(t, at, now+leeway, name)
		}
	}
}

// assertRefused wants an answer that says nothing of what is wrong with a token.
func assertRefused(t *testing.T, answered *httptest.ResponseRecorder) {
	t.Helper()
	switch answered.Code {
	case http.StatusForbidden:
		assert.Equal(t, envelope("Access denied. Administrator role required.", "null"), answered.Body.String())
	case http.StatusUnauthorized:
		assert.Contains(t, []string{envelope(errBadToken.message, "null"), envelope(errNoToken.message, "null")}, answered.Body.String())
		assert.NotEmpty(t, answered.Header().Get("WWW-Authenticate"))
	default:
		assert.Fail(t, "neither let in nor refused", "%d %s", answered.Code, answered.Body)
	}
}
