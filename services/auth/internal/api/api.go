// Package api is the service over HTTP.
package api

import (
	"encoding/json"
	"net/http"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"example.com/auth-service/internal/token"
)

const bodyLimit = 16 << 10

// Handler returns the routes of the service, with metrics of their own.
func Handler(authority *token.Authority) http.Handler {
	registry := prometheus.NewRegistry()
	tokens := promauto.With(registry).NewCounterVec(prometheus.CounterOpts{
		Name: "auth_tokens_total",
		Help: "Tokens by what was done with them and how it went.",
	}, []string{"action", "result"})

	router := chi.NewRouter()
	router.Use(middleware.RequestID, middleware.Recoverer, middleware.RequestSize(bodyLimit))
	router.Get("/health", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, http.StatusOK, map[string]string{"status": "ok"})
	})
	router.Handle("/metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	router.Post("/v1/tokens", func(w http.ResponseWriter, r *http.Request) {
		var request struct {
			Subject string `json:"subject"`
		}
		if err := json.NewDecoder(r.Body).Decode(&request); err != nil || request.Subject == "" {
			tokens.WithLabelValues("issue", "refused").Inc()
			problem(w, http.StatusBadRequest, "a JSON body with a subject is needed")
			return
		}
		issued, claims, err := authority.Issue(request.Subject)
		if err != nil {
			tokens.WithLabelValues("issue", "error").Inc()
			problem(w, http.StatusInternalServerError, "the token could not be issued")
			return
		}
		tokens.WithLabelValues("issue", "ok").Inc()
		reply(w, http.StatusCreated, map[string]any{"token": issued, "expires": claims.Expires})
	})
	router.Post("/v1/verify", func(w http.ResponseWriter, r *http.Request) {
		var request struct {
			Token string `json:"token"`
		}
		if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
			problem(w, http.StatusBadRequest, "a JSON body with a token is needed")
			return
		}
		claims, err := authority.Verify(request.Token)
		if err != nil {
			tokens.WithLabelValues("verify", "refused").Inc()
			problem(w, http.StatusUnauthorized, err.Error())
			return
		}
		tokens.WithLabelValues("verify", "ok").Inc()
		reply(w, http.StatusOK, claims)
	})
	return router
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func problem(w http.ResponseWriter, status int, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"status": status, "title": http.StatusText(status), "detail": detail})
}
