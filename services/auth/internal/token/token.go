// Package token issues and verifies short-lived signed tokens.
package token

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"time"
)

// ErrInvalid says that a token was not issued here or was changed on the way.
var ErrInvalid = errors.New("token is not valid")

// ErrExpired says that a token was valid once.
var ErrExpired = errors.New("token has expired")

// Claims is what a token asserts.
type Claims struct {
	Subject string `json:"sub"`
	Issuer  string `json:"iss"`
	Expires int64  `json:"exp"`
}

// Authority signs with one key. The zero value is of no use; make one with New.
type Authority struct {
	key      []byte
	issuer   string
	lifetime time.Duration
	now      func() time.Time
}

// New returns an authority whose tokens live for lifetime.
func New(key []byte, issuer string, lifetime time.Duration) *Authority {
	return &Authority{key: key, issuer: issuer, lifetime: lifetime, now: time.Now}
}

// Issue returns a token for a subject: the claims and their signature, each in unpadded base64, joined by a dot.
func (a *Authority) Issue(subject string) (string, Claims, error) {
	claims := Claims{Subject: subject, Issuer: a.issuer, Expires: a.now().Add(a.lifetime).Unix()}
	body, err := json.Marshal(claims)
	if err != nil {
		return "", claims, err
	}
	payload := base64.RawURLEncoding.EncodeToString(body)
	return payload + "." + base64.RawURLEncoding.EncodeToString(a.sign(payload)), claims, nil
}

// Verify returns a token's claims, or ErrInvalid or ErrExpired.
func (a *Authority) Verify(token string) (Claims, error) {
	var claims Claims
	payload, signature, found := strings.Cut(token, ".")
	if !found {
		return claims, ErrInvalid
	}
	given, err := base64.RawURLEncoding.DecodeString(signature)
	if err != nil || !hmac.Equal(given, a.sign(payload)) {
		return claims, ErrInvalid
	}
	body, err := base64.RawURLEncoding.DecodeString(payload)
	if err != nil || json.Unmarshal(body, &claims) != nil || claims.Issuer != a.issuer {
		return Claims{}, ErrInvalid
	}
	if a.now().Unix() >= claims.Expires {
		return Claims{}, ErrExpired
	}
	return claims, nil
}

func (a *Authority) sign(payload string) []byte {
	mac := hmac.New(sha256.New, a.key)
	mac.Write([]byte(payload))
	return mac.Sum(nil)
}
