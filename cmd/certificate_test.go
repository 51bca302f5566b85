package cmd

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// pair is a certificate and its key in files.
type pair struct{ cert, key string }

func newPair(t *testing.T, serial int64) pair {
	t.Helper()
	dir := t.TempDir()
	p := pair{filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key")}
	cert, key := issue(t, serial)
	replace(t, p.cert, cert)
	replace(t, p.key, key)
	return p
}

// issue makes a certificate for 127.0.0.1, its own authority, and its key.
func issue(t *testing.T, serial int64) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Duration(serial) * 24 * time.Hour),
	}
	signed, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	require.NoError(t, err)
	encoded, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(t, err)
	text := func(kind string, der []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	return text("CERTIFICATE", signed), text("PRIVATE KEY", encoded)
}

// replace puts a new file in the place of the old one, as certbot and its kin do.
func replace(t *testing.T, path, content string) {
	t.Helper()
	require.NoError(t, os.WriteFile(path+".new", []byte(content), 0o600))
	require.NoError(t, os.Rename(path+".new", path))
}

// serial shakes hands anew and returns the number of the server's certificate.
func (v *service) serial(t *testing.T) int64 {
	t.Helper()
	conn, err := tls.Dial("tcp", v.listener.Addr().String(), &tls.Config{InsecureSkipVerify: true})
	require.NoError(t, err)
	defer conn.Close()
	return conn.ConnectionState().PeerCertificates[0].SerialNumber.Int64()
}

// later lets the time pass after which the files are looked at again.
func (v *service) later() { v.clock.set(v.clock.now().Add(certificateCheck)) }

func startTLS(t *testing.T, p pair) *service {
	return startService(t, noon, "--tls-cert-file", p.cert, "--tls-key-file", p.key)
}

func TestTLS(t *testing.T) {
	p := newPair(t, 1)
	v := startTLS(t, p)
	trusted := x509.NewCertPool()
	content, err := os.ReadFile(p.cert)
	require.NoError(t, err)
	require.True(t, trusted.AppendCertsFromPEM(content))
	get := func(c *tls.Config) (*http.Response, error) {
		transport := &http.Transport{TLSClientConfig: c, ForceAttemptHTTP2: true}
		defer transport.CloseIdleConnections()
		client := &http.Client{Transport: transport}
		response, err := client.Get("https://" + v.listener.Addr().String() + "/healthz")
		if err == nil {
			defer response.Body.Close()
		}
		return response, err
	}

	t.Run("who trusts the certificate is served over HTTP/2", func(t *testing.T) {
		response, err := get(&tls.Config{RootCAs: trusted})
		require.NoError(t, err)
		assert.Equal(t, http.StatusOK, response.StatusCode)
		assert.Equal(t, 2, response.ProtoMajor)
		assert.Equal(t, uint16(tls.VersionTLS13), response.TLS.Version)
	})
	t.Run("TLS 1.2 is new enough", func(t *testing.T) {
		_, err := get(&tls.Config{RootCAs: trusted, MaxVersion: tls.VersionTLS12})
		assert.NoError(t, err)
	})
	t.Run("TLS 1.1 is too old", func(t *testing.T) {
		_, err := get(&tls.Config{RootCAs: trusted, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11})
		assert.ErrorContains(t, err, "protocol version")
	})
	t.Run("plain HTTP is told so", func(t *testing.T) {
		response, err := http.Get("http://" + v.listener.Addr().String() + "/healthz")
		require.NoError(t, err)
		defer response.Body.Close()
		assert.Equal(t, http.StatusBadRequest, response.StatusCode)
	})
	t.Run("its expiry is among the metrics", func(t *testing.T) {
		assert.Equal(t, float64(v.certificate.expiry().Unix()), v.scrape(t)["crms_tls_certificate_expiry_timestamp_seconds"])
	})
}

func TestCertificateFollowsItsFiles(t *testing.T) {
	p := newPair(t, 1)
	v := startTLS(t, p)
	problems := func() int {
		return strings.Count(v.log.String(), "level=ERROR")
	}
	require.Equal(t, int64(1), v.serial(t))

	cert, key := issue(t, 2)
	replace(t, p.cert, cert)
	require.Equal(t, int64(1), v.serial(t), "it is not looked at for every handshake")
	v.later()
	require.Equal(t, int64(1), v.serial(t), "the key is the old one still")
	require.Equal(t, 1, problems())
	v.later()
	require.Equal(t, int64(1), v.serial(t))
	require.Equal(t, 1, problems(), "that is told once")
	replace(t, p.key, key)
	v.later()
	require.Equal(t, int64(2), v.serial(t), "the new pair is complete")
	require.Contains(t, v.log.String(), "the TLS certificate was replaced")

	replace(t, p.cert, "no certificate")
	v.later()
	require.Equal(t, int64(2), v.serial(t))
	require.Equal(t, 2, problems())

	require.NoError(t, os.Remove(p.cert))
	for range 2 {
		v.later()
		require.Equal(t, int64(2), v.serial(t))
		require.Equal(t, 3, problems())
	}

	cert, key = issue(t, 3)
	replace(t, p.cert, cert)
	replace(t, p.key, key)
	v.later()
	require.Equal(t, int64(3), v.serial(t))
}

func TestServeRefusesCertificatesThatItCannotUse(t *testing.T) {
	good, other := newPair(t, 1), newPair(t, 2)
	for _, c := range []struct {
		outcome string
		args    []string
		code    int
		says    string
	}{
		{"a certificate without key", []string{"--tls-cert-file", good.cert}, exitUsage,
			"--tls-cert-file (env CRMS_TLS_CERT_FILE) and --tls-key-file (env CRMS_TLS_KEY_FILE) need each other"},
		{"a key without certificate", []string{"--tls-key-file", good.key}, exitUsage, "need each other"},
		{"a file that is not there", []string{"--tls-cert-file", good.cert + "x", "--tls-key-file", good.key}, exitFailed, "no such file"},
		{"the key of another certificate", []string{"--tls-cert-file", good.cert, "--tls-key-file", other.key}, exitFailed, "private key does not match"},
	} {
		t.Run(c.outcome+" is refused", func(t *testing.T) {
			args := append([]string{"serve", "--data", t.TempDir(), "--addr", "127.0.0.1:0", "--ops-addr", "off"}, c.args...)
			got := run(environment{"CRMS_JWT_SECRET": someSecret}, args...)
			assert.Equal(t, c.code, got.code)
			assert.Contains(t, got.stderr, c.says)
		})
	}
}
