// Command server runs the token service until it is told to stop.
package main

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"example.com/auth-service/internal/api"
	"example.com/auth-service/internal/config"
	"example.com/auth-service/internal/token"
)

const keyVariable = "AUTH_SIGNING_KEY"

func main() {
	path := flag.String("config", "/etc/app/config.yaml", "the configuration file")
	flag.Parse()
	if err := run(*path); err != nil {
		fmt.Fprintln(os.Stderr, "auth-service:", err)
		os.Exit(1)
	}
}

func run(path string) error {
	settings, err := config.Load(path)
	if err != nil {
		return err
	}
	var level slog.Level
	if err := level.UnmarshalText([]byte(settings.Log.Level)); err != nil {
		return fmt.Errorf("log.level: %w", err)
	}
	log := slog.New(slog.NewJSONHandler(os.Stdout, &slog.HandlerOptions{Level: level}))
	key, err := signingKey(settings.Tokens.KeyFile, log)
	if err != nil {
		return err
	}
	server := &http.Server{
		Addr:              fmt.Sprintf(":%d", settings.Server.Port),
		Handler:           api.Handler(token.New(key, settings.Tokens.Issuer, settings.Tokens.Lifetime)),
		ReadHeaderTimeout: 5 * time.Second,
	}
	stopping, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	failed := make(chan error, 1)
	go func() { failed <- server.ListenAndServe() }()
	log.Info("listening", "port", settings.Server.Port)
	select {
	case err := <-failed:
		return err
	case <-stopping.Done():
	}
	ending, cancel := context.WithTimeout(context.Background(), settings.Server.ShutdownTimeout)
	defer cancel()
	if err := server.Shutdown(ending); err != nil && !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	log.Info("stopped")
	return nil
}

// signingKey takes the key from the environment, else from a file. Without either it makes one, so that the service
// starts anywhere; its tokens are then worth nothing after a restart or to another instance.
func signingKey(file string, log *slog.Logger) ([]byte, error) {
	if key := os.Getenv(keyVariable); key != "" {
		return []byte(key), nil
	}
	if file != "" {
		return os.ReadFile(file)
	}
	log.Warn("no signing key is configured: tokens are valid for this process alone", "variable", keyVariable)
	key := make([]byte, 32)
	_, err := rand.Read(key)
	return key, err
}
