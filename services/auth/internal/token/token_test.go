package token

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestVerify(t *testing.T) {
	authority := New([]byte("key"), "here", time.Minute)
	token, _, err := authority.Issue("ada")
	if err != nil {
		t.Fatal(err)
	}
	payload, signature, _ := strings.Cut(token, ".")
	foreign, _, _ := New([]byte("other"), "here", time.Minute).Issue("ada")
	elsewhere, _, _ := New([]byte("key"), "elsewhere", time.Minute).Issue("ada")

	tests := []struct {
		name, token string
		want        error
	}{
		{"as issued", token, nil},
		{"another key", foreign, ErrInvalid},
		{"another issuer", elsewhere, ErrInvalid},
		{"changed claims", "x" + payload + "." + signature, ErrInvalid},
		{"no signature", payload, ErrInvalid},
		{"empty", "", ErrInvalid},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			claims, err := authority.Verify(test.token)
			if !errors.Is(err, test.want) {
				t.Fatalf("Verify() error = %v, want %v", err, test.want)
			}
			if test.want == nil && claims.Subject != "ada" {
				t.Errorf("subject = %q, want ada", claims.Subject)
			}
		})
	}
}

func TestVerifyExpired(t *testing.T) {
	authority := New([]byte("key"), "here", time.Minute)
	token, _, err := authority.Issue("ada")
	if err != nil {
		t.Fatal(err)
	}
	authority.now = func() time.Time { return time.Now().Add(2 * time.Minute) }
	if _, err := authority.Verify(token); !errors.Is(err, ErrExpired) {
		t.Errorf("Verify() error = %v, want %v", err, ErrExpired)
	}
}
