package api

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"example.com/auth-service/internal/token"
)

func call(t *testing.T, handler http.Handler, method, path, body string) (int, map[string]any) {
	t.Helper()
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, httptest.NewRequest(method, path, strings.NewReader(body)))
	var answer map[string]any
	if strings.Contains(recorder.Header().Get("Content-Type"), "json") {
		if err := json.Unmarshal(recorder.Body.Bytes(), &answer); err != nil {
			t.Fatal(err)
		}
	}
	return recorder.Code, answer
}

func TestRoutes(t *testing.T) {
	handler := Handler(token.New([]byte("key"), "here", time.Minute))
	tests := []struct {
		name, method, path, body string
		want                     int
	}{
		{"health", "GET", "/health", "", http.StatusOK},
		{"metrics", "GET", "/metrics", "", http.StatusOK},
		{"no subject", "POST", "/v1/tokens", "{}", http.StatusBadRequest},
		{"no JSON", "POST", "/v1/verify", "token", http.StatusBadRequest},
		{"bad token", "POST", "/v1/verify", `{"token":"x.y"}`, http.StatusUnauthorized},
		{"unknown route", "GET", "/v2", "", http.StatusNotFound},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got, _ := call(t, handler, test.method, test.path, test.body); got != test.want {
				t.Errorf("status = %d, want %d", got, test.want)
			}
		})
	}
}

func TestIssuedTokenVerifies(t *testing.T) {
	handler := Handler(token.New([]byte("key"), "here", time.Minute))
	status, issued := call(t, handler, "POST", "/v1/tokens", `{"subject":"ada"}`)
	if status != http.StatusCreated {
		t.Fatalf("status = %d, want 201", status)
	}
	body, err := json.Marshal(map[string]any{"token": issued["token"]})
	if err != nil {
		t.Fatal(err)
	}
	status, claims := call(t, handler, "POST", "/v1/verify", string(body))
	if status != http.StatusOK || claims["sub"] != "ada" {
		t.Errorf("verify = %d %v, want 200 for ada", status, claims)
	}
}
