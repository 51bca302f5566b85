package auth_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"crms/httpapi/auth"
)

func BenchmarkVerifyRemembered(b *testing.B) {
	s := newSecret()
	v := newVerifier(b, s.config(b))
	token := s.sign(b, "", claimsWith(nil))
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := v.Verify(token); err != nil {
				b.Error(err)
			}
		}
	})
}

func BenchmarkVerifyRememberedAmongMany(b *testing.B) {
	s := newSecret()
	v := newVerifier(b, s.config(b))
	var tokens []string
	for n := range 10_000 {
		tokens = append(tokens, s.sign(b, "", claimsWith(jwt.MapClaims{"userId": fmt.Sprint("user-", n)})))
		if _, err := v.Verify(tokens[n]); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		if _, err := v.Verify(tokens[n%len(tokens)]); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkVerifyAnew moves the clock on so that nothing is remembered.
func BenchmarkVerifyAnew(b *testing.B) {
	for _, s := range signers(b) {
		b.Run(s.method.Alg(), func(b *testing.B) {
			clock := new(clock)
			config := s.config(b)
			config.Now = clock.now
			v, err := auth.NewVerifier(context.Background(), config)
			if err != nil {
				b.Fatal(err)
			}
			token := s.sign(b, "", claimsWith(jwt.MapClaims{"exp": noon.AddDate(1000, 0, 0).Unix()}))
			b.ReportAllocs()
			for b.Loop() {
				clock.advance(time.Minute)
				if _, err := v.Verify(token); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkVerifyRefused(b *testing.B) {
	s := newSecret()
	v := newVerifier(b, s.config(b))
	token := newSecret().sign(b, "", claimsWith(nil))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := v.Verify(token); err == nil {
			b.Fatal("accepted")
		}
	}
}

// BenchmarkRecall is what the API asks first for each request.
func BenchmarkRecall(b *testing.B) {
	s := newSecret()
	v := newVerifier(b, s.config(b))
	token := s.sign(b, "", claimsWith(nil))
	if _, err := v.Verify(token); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := v.Recall(token); !ok {
			b.Fatal("forgotten")
		}
	}
}
